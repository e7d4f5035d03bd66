import { open } from "node:fs/promises";

/*
 * Where things are in the first two pages of an LMDB file, the meta pages (mdb.c: MDB_page,
 * MDB_meta), in bytes. All numbers are in the machine's byte order, little-endian wherever Hyperion runs.
 */
const FLAGS = 0x12;
const MAGIC = 0x18;
const VERSION = 0x1c;
const PAGE_SIZE = 0x30;
const META_BYTES = 0xa0;

const META_FLAG = 0x08;
const MAGIC_NUMBER = 0xbeefc0de;
const DATA_VERSION = 2;

/**
 * Throws when a file is there and LMDB would not take it for its own. The lmdb library does not
 * survive being told so by LMDB: it frees the environment twice and the process dies.
 */
export async function checkHeader(path: string): Promise<void> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    if ((await file.stat()).size === 0) return;
    const read = async (position: number) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(META_BYTES), 0, META_BYTES, position);
      return buffer.subarray(0, bytesRead);
    };
    const first = await read(0);
    if (!isMeta(first) || !isMeta(await read(first.readUInt32LE(PAGE_SIZE)))) {
      throw new Error(`${path} is damaged or not a state store; move it away to start with an empty one`);
    }
  } finally {
    await file.close();
  }
}

function isMeta(page: Buffer): boolean {
  return (
    page.length === META_BYTES &&
    (page.readUInt16LE(FLAGS) & META_FLAG) !== 0 &&
    page.readUInt32LE(MAGIC) === MAGIC_NUMBER &&
    page.readUInt16LE(VERSION) === DATA_VERSION
  );
}

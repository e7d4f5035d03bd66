import { mkdir, open as openFile, rm, statfs } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import { open, type RootDatabase } from "lmdb";
import { HyperionError, reasonOf } from "../../../model/errors.ts";
import { checkHeader } from "./header.ts";

/** One file in the state directory; LMDB puts `hyperion.mdb-lock` beside it. */
export const STORE_FILE = "hyperion.mdb";

/**
 * Address space that the store's file is mapped into, in bytes. It is no memory until it is used,
 * and it grows when the file does.
 */
const MAP_BYTES = 64 * 1024 * 1024;

/** What must be free in the state directory for the daemon to start: room to write something down. */
const PROBE_BYTES = 64 * 1024;

/** The key/value file under {@link LmdbStore}: keys as bytes, values as JSON text with a version in front. */
export type Database = RootDatabase<string, Buffer>;

/** Opens the file, making the directory (mode 0700) where it is missing. Throws E705. */
export async function openDatabase(stateDirectory: string): Promise<Database> {
  try {
    const path = join(stateDirectory, STORE_FILE);
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    await probe(join(stateDirectory, `.probe-${process.pid}`));
    await checkHeader(path);
    const options = {
      path,
      // Container labels are nobody else's business. (Missing from lmdb's typings.)
      permissionsMode: 0o600,
      encoding: "string" as const,
      keyEncoding: "binary" as const,
      useVersions: true,
      mapSize: MAP_BYTES,
      maxDbs: 1,
      // A commit is then complete only after fdatasync, which is what a resolved transaction promises.
      overlappingSync: false,
      // Grouping is LmdbStore's; lmdb's own leaves a promise behind that nobody can catch when a commit fails.
      eventTurnBatching: false,
    };
    return open<string, Buffer>(options);
  } catch (error) {
    throw new HyperionError("E705", { path: stateDirectory, reason: systemReason(error) }, { cause: error });
  }
}

/** The operating system's own words for an error number, or the text of any other error. */
export function systemReason(error: unknown): string {
  const found = error as { code?: unknown; errno?: unknown } | undefined;
  if (typeof found?.errno === "number") return getSystemErrorMessage(found.errno);
  // lmdb gives errno as a positive `code`; its own codes are negative and come with a text.
  if (typeof found?.code === "number" && found.code > 0) return getSystemErrorMessage(-found.code);
  return reasonOf(error);
}

/**
 * As {@link systemReason}, for a write to the state directory: LMDB reports a write that the disk
 * had room for only in part as EIO, which would send the reader after a broken disk.
 */
export async function writeReason(error: unknown, stateDirectory: string): Promise<string> {
  const { EIO, ENOSPC } = constants.errno;
  if ((error as { code?: unknown } | undefined)?.code !== EIO) return systemReason(error);
  const free = await statfs(stateDirectory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
  return getSystemErrorMessage(free < PROBE_BYTES ? -ENOSPC : -EIO);
}

/**
 * Writes and removes a file. LMDB maps its lock file, and touching a mapped page that the file
 * system has no room for kills the process instead of failing.
 */
async function probe(path: string): Promise<void> {
  try {
    const file = await openFile(path, "w", 0o600);
    try {
      await file.writeFile(Buffer.alloc(PROBE_BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

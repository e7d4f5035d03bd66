import { open } from "node:fs/promises";
import { type ComposeFiles, FILE_SIZE_MAX_BYTES } from "../compose/index.ts";

/** The name that stands for standard input. */
const STANDARD_INPUT = "-";

/** This machine's files, and the process's standard input. */
export class DiskFiles implements ComposeFiles {
  readonly directory: string;
  readonly #standardInput: AsyncIterable<Uint8Array>;

  /** @param directory absolute: where the command runs. */
  constructor(directory: string, standardInput: AsyncIterable<Uint8Array>) {
    this.directory = directory;
    this.#standardInput = standardInput;
  }

  async read(path: string): Promise<string | undefined> {
    if (path === STANDARD_INPUT) return textOf(this.#standardInput);
    try {
      const file = await open(path);
      try {
        if ((await file.stat()).isDirectory()) return undefined;
        return await textOf(file.createReadStream({ autoClose: false }));
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw error;
    }
  }
}

/** Rejects for more than {@link FILE_SIZE_MAX_BYTES}, and for what is no UTF-8. */
async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > FILE_SIZE_MAX_BYTES) throw new Error(`it is larger than ${FILE_SIZE_MAX_BYTES} bytes`);
    read.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(read));
  } catch (error) {
    throw new Error("it is not UTF-8 text", { cause: error });
  }
}

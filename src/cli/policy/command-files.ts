import { stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ComposeFiles } from "../../compose/index.ts";
import { HyperionError, reasonOf } from "../../model/errors.ts";
import { DiskFiles } from "../compose-files.ts";

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-";

/** The files that one command reads and writes: standard input, which ends, is read once for all who name it. */
export class CommandFiles implements ComposeFiles {
  readonly directory: string;
  readonly #disk: DiskFiles;
  #standardInput: Promise<string | undefined> | undefined;

  /** @param directory absolute: where the command runs. */
  constructor(directory: string, standardInput: AsyncIterable<Uint8Array>) {
    this.directory = directory;
    this.#disk = new DiskFiles(directory, standardInput);
  }

  /** Those of this process. */
  static ofProcess(): CommandFiles {
    return new CommandFiles(process.cwd(), process.stdin);
  }

  read(path: string): Promise<string | undefined> {
    if (path !== STANDARD_INPUT) return this.#disk.read(path);
    this.#standardInput ??= this.#disk.read(path);
    return this.#standardInput;
  }

  /** The text of a file that must be there, by a path from the command line. Throws E185. */
  async need(path: string): Promise<string> {
    let text: string | undefined;
    try {
      text = await this.read(this.#absolute(path));
    } catch (error) {
      throw new HyperionError("E185", { path, reason: reasonOf(error) }, { cause: error });
    }
    if (text === undefined) throw new HyperionError("E185", { path, reason: "there is no such file" });
    return text;
  }

  /** Throws E185. */
  async write(path: string, text: string): Promise<void> {
    try {
      await writeFile(this.#absolute(path), text);
    } catch (error) {
      throw new HyperionError("E185", { path, reason: reasonOf(error) }, { cause: error });
    }
  }

  async isDirectory(path: string): Promise<boolean> {
    const found = await stat(this.#absolute(path)).catch(() => undefined);
    return found?.isDirectory() === true;
  }

  #absolute(path: string): string {
    return path === STANDARD_INPUT ? path : resolve(this.directory, path);
  }
}

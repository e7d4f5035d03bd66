import { stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ComposeFiles } from "../../compose/index.ts";
import { HyperionError, reasonOf } from "../../model/errors.ts";
import { DiskFiles } from "../compose-files.ts";

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-";

/** A path of the command line as messages name it. */
export function shownPath(path: string): string {
  return path === STANDARD_INPUT ? "stdin" : path;
}

/** The files that one command reads and writes. Each is read once, for all who name it: pipes come to an end. */
export class CommandFiles implements ComposeFiles {
  readonly directory: string;
  readonly #disk: DiskFiles;
  readonly #texts = new Map<string, Promise<string | undefined>>();

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
    let reading = this.#texts.get(path);
    if (reading === undefined) {
      reading = this.#disk.read(path);
      this.#texts.set(path, reading);
    }
    return reading;
  }

  /** The text of a file that must be there, by a path from the command line. Throws E185. */
  async need(path: string): Promise<string> {
    let text: string | undefined;
    try {
      text = await this.read(this.#absolute(path));
    } catch (error) {
      throw new HyperionError("E185", { path, reason: reasonOf(error) }, { cause: error });
    }
    if (text !== undefined) return text;
    const reason = (await this.isDirectory(path)) ? "it is a directory" : "there is no such file";
    throw new HyperionError("E185", { path, reason });
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

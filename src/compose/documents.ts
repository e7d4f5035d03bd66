import { isAbsolute, relative, resolve } from "node:path";
import { reasonOf } from "../model/errors.ts";
import { readYaml, type YamlNode } from "../yaml/index.ts";
import { type DotenvProblem, parseDotenv, type Setting } from "./dotenv.ts";
import { fault } from "./fault.ts";
import type { ComposeFiles } from "./files.ts";
import type { Lookup } from "./template.ts";

/** Standard input, as a name of a file. */
export const STANDARD_INPUT = "-";
/** Most files that one project is read from, each as often as it is mentioned. */
export const FILES_MAX = 500;

/** The files of a project, by absolute path: read once, counted each time. */
export class Documents {
  readonly #files: ComposeFiles;
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #roots = new Map<string, readonly YamlNode[]>();
  #count = 0;

  constructor(files: ComposeFiles) {
    this.#files = files;
  }

  /** What relative paths of the command line are relative to. */
  get directory(): string {
    return this.#files.directory;
  }

  /** A file as messages name it: as short as it is clear from where the command runs. */
  nameOf(path: string): string {
    if (path === STANDARD_INPUT) return "stdin";
    const short = relative(this.directory, path);
    return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
  }

  /** Throws E160 when there is such a file and it cannot be read. */
  async text(path: string): Promise<string | undefined> {
    this.#count += 1;
    if (this.#count > FILES_MAX) {
      throw fault("E160", this.nameOf(path), `the project is read from more than ${FILES_MAX} files`);
    }
    const known = this.#texts.get(path);
    const reading = known ?? Promise.resolve(this.#files.read(path));
    if (known === undefined) this.#texts.set(path, reading);
    try {
      return await reading;
    } catch (error) {
      throw fault("E160", this.nameOf(path), `cannot be read: ${reasonOf(error)}`);
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.text(path)) !== undefined;
  }

  /** The documents of a YAML file. Throws E160 when there is no such file or it is not YAML. */
  async yaml(path: string): Promise<readonly YamlNode[]> {
    const text = await this.text(path);
    if (text === undefined) throw fault("E160", this.nameOf(path), "there is no such file");
    const known = this.#roots.get(path);
    if (known !== undefined) return known;
    const { roots } = readYaml(text, this.nameOf(path));
    this.#roots.set(path, roots);
    return roots;
  }

  /** The settings of an env file or a label file. Throws E160 when there is none or it is wrong. */
  async settings(path: string, lookup: Lookup): Promise<ReadonlyMap<string, Setting>> {
    const text = await this.text(path);
    if (text === undefined) throw fault("E160", this.nameOf(path), "there is no such file");
    const settings = parseDotenv(text, lookup);
    if (settings instanceof Map) return settings;
    const problem = settings as DotenvProblem;
    throw fault("E160", { file: this.nameOf(path), line: problem.line, column: 1 }, problem.text);
  }
}

/** A path as the file that mentions it means it; `~` is the home directory. */
export function absolutePath(directory: string, path: string, home: string | undefined): string {
  const isHome = home !== undefined && (path === "~" || path.startsWith("~/"));
  return resolve(directory, isHome ? `${home}${path.slice(1)}` : path);
}

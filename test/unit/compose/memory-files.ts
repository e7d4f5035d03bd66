import type { ComposeFiles } from "../../../src/compose/index.ts";

/** Files by absolute path, and no disk. */
export class MemoryFiles implements ComposeFiles {
  readonly directory: string;
  readonly #texts: ReadonlyMap<string, string>;

  constructor(directory: string, texts: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.#texts = new Map(Object.entries(texts));
  }

  async read(path: string): Promise<string | undefined> {
    return this.#texts.get(path);
  }
}

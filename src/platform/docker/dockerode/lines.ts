/** Cuts a stream of text into its lines, whatever the chunks are; holds no more than one unfinished line. */
export class LineSplitter {
  readonly #lengthMax: number;
  #unfinished = "";

  /** @param lengthMax longest line, in UTF-16 units. */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** The lines that `chunk` completes, without their line ends. Throws RangeError for one that is too long. */
  push(chunk: string): string[] {
    const lines = (this.#unfinished + chunk).split("\n");
    this.#unfinished = lines.pop() ?? "";
    if ([this.#unfinished, ...lines].some((line) => line.length > this.#lengthMax)) {
      this.#unfinished = "";
      throw new RangeError(`a line is longer than ${this.#lengthMax} characters`);
    }
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }
}

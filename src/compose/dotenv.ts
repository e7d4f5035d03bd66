import { fillTemplate, type Lookup, type TemplateFault } from "./template.ts";

/** One variable of an env file, or one label of a label file. */
export interface Setting {
  readonly value: string;
  /** Where its name stands, counted from 1. */
  readonly line: number;
}

/** What is wrong with an env file. */
export interface DotenvProblem {
  readonly line: number;
  /** A phrase without a full stop. */
  readonly text: string;
}

/** Most text that an env file may come to, its variables filled in, in UTF-16 units. */
export const SETTINGS_LENGTH_MAX = 4 * 1024 * 1024;

const SPACE = /[\t\v\f\r \u0085\u00a0]*/y;
const BLANK = /(?:[\s\u0085]|#[^\n]*)*/y;
const EXPORT = /export\s+/y;
const NAME_END = /[=:\n]/g;
const FOREIGN = /[^\p{L}\p{N}_.\-[\]\t\v\f\r \u0085\u00a0]/u;
const ESCAPE = /\\(?:[abfnrtv$"\\]|0[0-7]{3})/g;
const ESCAPED: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // For the template that the value is: an escaped dollar begins no variable.
  $: "$$",
};

/**
 * Reads an env file as compose does: `NAME=value`, `export NAME=value`, `NAME: value`, a bare `NAME` that
 * takes what `lookup` knows, quotes, escapes, comments, and variables of `lookup` and of earlier lines.
 *
 * @returns the settings in the order of the file, a later one of the same name instead of an earlier.
 */
export function parseDotenv(text: string, lookup: Lookup): ReadonlyMap<string, Setting> | DotenvProblem {
  try {
    return new DotenvReader(text.replace(/^\ufeff/, ""), lookup).read();
  } catch (error) {
    if (error instanceof Unreadable) return error.problem;
    throw error;
  }
}

class Unreadable extends Error {
  readonly problem: DotenvProblem;

  constructor(problem: DotenvProblem) {
    super(problem.text);
    this.problem = problem;
  }
}

class DotenvReader {
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #settings = new Map<string, Setting>();
  #position = 0;
  #length = 0;
  /** Lines are counted on from the position last asked for. */
  #counted = { position: 0, line: 1 };

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = (name) => lookup(name) ?? this.#settings.get(name)?.value;
  }

  read(): ReadonlyMap<string, Setting> {
    for (;;) {
      this.#skip(BLANK);
      if (this.#position >= this.#text.length) return this.#settings;
      this.#statement();
    }
  }

  #statement(): void {
    const line = this.#line();
    this.#skip(EXPORT);
    const start = this.#position;
    NAME_END.lastIndex = start;
    const end = NAME_END.exec(this.#text)?.index ?? this.#text.length;
    const written = this.#text.slice(start, end);
    const foreign = FOREIGN.exec(written);
    if (foreign !== null) {
      this.#fail(line, `character ${JSON.stringify(foreign[0])} does not belong into the name of a variable`);
    }
    const name = written.trimEnd();
    if (name.includes(" ")) this.#fail(line, `the name of a variable has no spaces: ${JSON.stringify(name)}`);
    const isBare = end >= this.#text.length || this.#text[end] === "\n";
    this.#position = Math.min(end + 1, this.#text.length);
    if (isBare) {
      const value = this.#lookup(name);
      if (value !== undefined) this.#set(name, value, line);
      return;
    }
    this.#skip(SPACE);
    this.#set(name, this.#value(line), line);
  }

  #value(line: number): string {
    const quote = this.#text[this.#position];
    if (quote === "'") return this.#quoted("'", line);
    if (quote === '"') return this.#filled(resolveEscapes(this.#quoted('"', line)), line);
    const newline = this.#text.indexOf("\n", this.#position);
    const end = newline < 0 ? this.#text.length : newline;
    const [written = ""] = this.#text.slice(this.#position, end).split(" #", 1);
    this.#position = end;
    return this.#filled(written.trimEnd(), line);
  }

  /** Up to the next quote that no backslash stands before; backslashes before anything else stay. */
  #quoted(quote: string, line: number): string {
    const parts: string[] = [];
    let isEscaped = false;
    let from = this.#position + 1;
    for (let i = from; i < this.#text.length; i++) {
      const character = this.#text[i];
      if (character === quote && !isEscaped) {
        parts.push(this.#text.slice(from, i));
        this.#position = i + 1;
        return parts.join("");
      }
      if (character === quote) {
        parts.push(this.#text.slice(from, i - 1));
        from = i;
      }
      isEscaped = character === "\\" && !isEscaped;
    }
    return this.#fail(line, `the quote ${quote} is not closed`);
  }

  #filled(template: string, line: number): string {
    const filled = fillTemplate(template, this.#lookup);
    return "kind" in filled ? this.#fail(line, phraseOf(filled)) : filled.text;
  }

  #set(name: string, value: string, line: number): void {
    this.#length += value.length;
    if (this.#length > SETTINGS_LENGTH_MAX) {
      this.#fail(line, `the values come to more than ${SETTINGS_LENGTH_MAX} characters`);
    }
    this.#settings.set(name, { value, line });
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#position;
    this.#position += pattern.exec(this.#text)?.[0].length ?? 0;
  }

  #line(): number {
    let { position, line } = this.#counted;
    for (;;) {
      const newline = this.#text.indexOf("\n", position);
      if (newline < 0 || newline >= this.#position) break;
      position = newline + 1;
      line += 1;
    }
    this.#counted = { position, line };
    return line;
  }

  #fail(line: number, text: string): never {
    throw new Unreadable({ line, text });
  }
}

function resolveEscapes(text: string): string {
  return text.replace(ESCAPE, (sequence) => {
    const code = sequence.slice(1);
    return ESCAPED[code] ?? String.fromCharCode(Number.parseInt(code, 8) & 0xff);
  });
}

/** What is wrong with a template, as a phrase. */
export function phraseOf(fault: TemplateFault): string {
  switch (fault.kind) {
    case "syntax":
      return `a variable is written $NAME or \${NAME}, and a dollar $$`;
    case "required":
      return `variable ${fault.variable} is required${fault.reason === "" ? "" : `: ${fault.reason}`}`;
    case "size":
      return "its variables are nested too deeply, or come to too long a text";
  }
}

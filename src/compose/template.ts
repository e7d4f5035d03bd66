/** What a variable is set to; undefined when it is not set. */
export type Lookup = (variable: string) => string | undefined;

/** Why a template cannot be filled in. */
export type TemplateFault =
  | { readonly kind: "syntax" }
  /** `${VARIABLE:?reason}` without a value. */
  | { readonly kind: "required"; readonly variable: string; readonly reason: string }
  /** Longer than {@link TEXT_LENGTH_MAX}, or nested deeper than {@link NESTING_MAX}. */
  | { readonly kind: "size" };

export interface Filled {
  readonly text: string;
  /** Variables that are not set, and read as nothing because nothing else is said. */
  readonly unset: readonly string[];
}

/** Longest text that variables may make of one value, in UTF-16 units. */
export const TEXT_LENGTH_MAX = 1024 * 1024;
/** Deepest `${A:-${B:-${C}}}`. */
export const NESTING_MAX = 50;

const NAME = /[_a-z][_a-z0-9]*/iy;
const OPERATOR = /:?[-+?]/y;

/**
 * Replaces variables as compose does: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:+other}`,
 * `${A+other}`, `${A:?reason}`, `${A?reason}`, with `$$` for a dollar. A dollar before anything else stays.
 */
export function fillTemplate(template: string, lookup: Lookup): Filled | TemplateFault {
  if (!template.includes("$")) return { text: template, unset: [] };
  const unset = new Set<string>();
  try {
    return { text: new Filler(lookup).fill(template, 0, unset), unset: [...unset] };
  } catch (error) {
    if (error instanceof Unfillable) return error.fault;
    throw error;
  }
}

class Unfillable extends Error {
  readonly fault: TemplateFault;

  constructor(fault: TemplateFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

class Filler {
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  fill(template: string, nesting: number, unset: Set<string>): string {
    if (nesting > NESTING_MAX) throw new Unfillable({ kind: "size" });
    const lines = new Lines(template);
    const parts: string[] = [];
    let length = 0;
    const add = (part: string) => {
      length += part.length;
      if (length > TEXT_LENGTH_MAX) throw new Unfillable({ kind: "size" });
      parts.push(part);
    };
    let position = 0;
    for (;;) {
      const dollar = template.indexOf("$", position);
      if (dollar < 0) break;
      add(template.slice(position, dollar));
      const next = template[dollar + 1];
      if (next === "$") {
        add("$");
        position = dollar + 2;
      } else if (next === "{") {
        const { text, end } = this.#braced(template, dollar + 2, lines, nesting, unset);
        add(text);
        position = end;
      } else {
        const name = matchAt(NAME, template, dollar + 1);
        add(name === undefined ? "$" : this.#plain(name, unset));
        position = dollar + 1 + (name?.length ?? 0);
      }
    }
    add(template.slice(position));
    return parts.join("");
  }

  #plain(name: string, unset: Set<string>): string {
    const value = this.#lookup(name);
    if (value === undefined) unset.add(name);
    return value ?? "";
  }

  /** What stands at `start`, after the brace: a name, and perhaps an operator with a template of its own. */
  #braced(template: string, start: number, lines: Lines, nesting: number, unset: Set<string>) {
    const name = matchAt(NAME, template, start);
    if (name === undefined) throw new Unfillable({ kind: "syntax" });
    const afterName = start + name.length;
    if (template[afterName] === "}") return { text: this.#plain(name, unset), end: afterName + 1 };
    const operator = matchAt(OPERATOR, template, afterName);
    if (operator === undefined) throw new Unfillable({ kind: "syntax" });
    const body = afterName + operator.length;
    const last = lines.lastBrace(body);
    if (last < body) throw new Unfillable({ kind: "syntax" });
    const close = balancedBrace(template, body, last);
    // Filled in whether it is needed or not: compose refuses a wrong one in any case.
    const unsetInBody = new Set<string>();
    const other = this.fill(template.slice(body, close), nesting + 1, unsetInBody);
    const text = this.#choose(name, operator, other);
    if (text === other) for (const variable of unsetInBody) unset.add(variable);
    return { text, end: close + 1 };
  }

  #choose(name: string, operator: string, other: string): string {
    const value = this.#lookup(name);
    const isSet = value !== undefined && !(operator.startsWith(":") && value === "");
    if (operator.endsWith("+")) return isSet ? other : (value ?? "");
    if (isSet) return value;
    if (operator.endsWith("-")) return other;
    throw new Unfillable({ kind: "required", variable: name, reason: other });
  }
}

/** Finds the last closing brace of the line that a position is in; lines are looked at once. */
class Lines {
  readonly #text: string;
  #end = -1;
  #lastBrace = -1;

  constructor(text: string) {
    this.#text = text;
  }

  lastBrace(position: number): number {
    if (position > this.#end) {
      const newline = this.#text.indexOf("\n", position);
      this.#end = newline < 0 ? this.#text.length : newline;
      this.#lastBrace = this.#text.lastIndexOf("}", this.#end);
    }
    return this.#lastBrace;
  }
}

/**
 * The brace that closes a default, as compose counts: what follows an opening brace is skipped, and
 * where the count does not come out even, the default ends with the line's last brace.
 */
function balancedBrace(text: string, start: number, last: number): number {
  let open = 1;
  for (let i = start; i <= last; i++) {
    if (text[i] === "}") {
      open -= 1;
      if (open === 0) return i;
    } else if (text[i] === "{") {
      open += 1;
      i += 1;
    }
  }
  return last;
}

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

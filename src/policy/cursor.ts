import { nearest } from "../base/nearest.ts";
import { type Fault, quote, type Span } from "./problem.ts";
import type { Punctuation, Token } from "./token.ts";

/** Leaves the recursive descent at the first fault; caught by `parseRule` and never seen outside. */
export class Refusal extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.text);
    this.name = "Refusal";
    this.fault = fault;
  }
}

/** What makes a refusal at a place of the rule. */
export function refuse(code: Fault["code"], span: Span, text: string, suggestion?: string): Refusal {
  return new Refusal({ code, text, span, suggestion });
}

/** Reads the tokens of one rule from left to right. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #at = 0;

  /** @param length of the rule's text, where what is missing at its end would have stood. */
  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** The next token in lower case if it is a word: the language's own words have no case. */
  peekWord(ahead = 0): string | undefined {
    const token = this.peek(ahead);
    return token?.kind === "word" ? token.text.toLowerCase() : undefined;
  }

  /** Goes past the next token; `expected` says what should be there if there is none. */
  next(expected: string): Token {
    const token = this.peek();
    if (token === undefined) throw refuse("E102", this.here, `expected ${expected}`);
    this.#at += 1;
    return token;
  }

  /** Goes past a mark if it is next. */
  accept(kind: Punctuation): boolean {
    if (this.peek()?.kind !== kind) return false;
    this.#at += 1;
    return true;
  }

  /** Where the next token stands, or the end of the text. */
  get here(): Span {
    return this.peek()?.span ?? { start: this.#length, end: this.#length };
  }

  /** Where the last token ended. */
  get end(): number {
    return this.#tokens[this.#at - 1]?.span.end ?? 0;
  }

  /** A refusal of the next token, with the likeliest of `candidates`. */
  unexpected(expected: string, candidates: readonly string[]): Refusal {
    const token = this.peek();
    const suggestion = token?.kind === "word" ? nearest(token.text, candidates) : undefined;
    return refuse("E102", this.here, `expected ${expected}`, suggestion);
  }

  /** A value: a word, or anything in quotation marks. */
  value(expected: string): string {
    const token = this.next(expected);
    if (token.kind === "word" || token.kind === "string") return token.text;
    throw refuse("E102", token.span, `expected ${expected}, not ${quote(token.text)}`);
  }
}

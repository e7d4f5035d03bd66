import type { Fault, Span } from "./problem.ts";

/** Words keep their inner structure (`tcp/80`, `service:shop/api`, `fd00::/8`): only the grammar knows it. */
export interface Token {
  readonly kind: "word" | "string" | Punctuation;
  /** Of a string, what is between the quotation marks, without escapes. */
  readonly text: string;
  readonly span: Span;
}

export type Punctuation = "," | "&" | "!" | "!=" | "=" | "(" | ")";

const MARKS = ",&!=()";
const QUOTE = '"';
const ESCAPE = "\\";

/** True when `text` needs no quotation marks. */
export function isWord(text: string): boolean {
  return text !== "" && wordEnd(text, 0) === text.length;
}

/** `text` in quotation marks, as {@link tokenize} reads it back. */
export function quoteString(text: string): string {
  return QUOTE + text.replace(/["\\]/g, "\\$&") + QUOTE;
}

/** Splits a rule into tokens. The only fault at this level is a string that does not end. */
export function tokenize(text: string): readonly Token[] | Fault {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (isSpace(char)) {
      at += 1;
      continue;
    }
    const token =
      char === QUOTE ? stringAt(text, at) : MARKS.includes(char) ? markAt(text, at) : wordAt(text, at);
    if (token === undefined) {
      const span = { start: at, end: text.length };
      return { code: "E102", text: "the quoted text does not end", span, suggestion: undefined };
    }
    tokens.push(token);
    at = token.span.end;
  }
  return tokens;
}

function markAt(text: string, start: number): Token {
  const mark = text.startsWith("!=", start) ? "!=" : text.charAt(start);
  return { kind: mark as Punctuation, text: mark, span: { start, end: start + mark.length } };
}

function wordAt(text: string, start: number): Token {
  const end = wordEnd(text, start);
  return { kind: "word", text: text.slice(start, end), span: { start, end } };
}

/** What a word is made of; a value that has other characters must be quoted. */
function wordEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length) {
    const char = text.charAt(end);
    if (char === QUOTE || MARKS.includes(char) || isSpace(char)) break;
    end += 1;
  }
  return end;
}

function stringAt(text: string, start: number): Token | undefined {
  let inner = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === QUOTE) return { kind: "string", text: inner, span: { start, end: at + 1 } };
    if (char === ESCAPE) at += 1;
    inner += text.charAt(at);
  }
  return undefined;
}

function isSpace(char: string): boolean {
  return char <= " " || (char > "~" && char.trim() === "");
}

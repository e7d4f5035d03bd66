import type { Fault, Span } from "./problem.ts";

/** Words keep their inner structure (`tcp/80`, `service:shop/api`, `fd00::/8`): only the grammar knows it. */
export type Token =
  | { readonly kind: "word"; readonly text: string; readonly span: Span }
  | { readonly kind: "string"; readonly text: string; readonly span: Span }
  | { readonly kind: Punctuation; readonly text: string; readonly span: Span };

export type Punctuation = "," | "&" | "!" | "!=" | "=" | "(" | ")";

/** What a word is made of; a value that has other characters must be quoted. */
const WORD = /[^\s,&!=()"]+/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const PUNCTUATION = /!=|[,&!=()]/y;
const SPACE = /\s*/y;

/** True when `text` needs no quotation marks. */
export function isWord(text: string): boolean {
  return text !== "" && matchAt(WORD, text, 0) === text;
}

/** `text` in quotation marks, as {@link tokenize} reads it back. */
export function quoteString(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Splits a rule into tokens. The only fault at this level is a string that does not end. */
export function tokenize(text: string): readonly Token[] | Fault {
  const tokens: Token[] = [];
  let at = matchAt(SPACE, text, 0).length;
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token === undefined) {
      const span = { start: at, end: text.length };
      return { code: "E102", text: "the quoted text does not end", span, suggestion: undefined };
    }
    tokens.push(token);
    at = token.span.end + matchAt(SPACE, text, token.span.end).length;
  }
  return tokens;
}

function tokenAt(text: string, start: number): Token | undefined {
  const word = matchAt(WORD, text, start);
  if (word !== "") return { kind: "word", text: word, span: { start, end: start + word.length } };
  const mark = matchAt(PUNCTUATION, text, start);
  if (mark !== "") {
    return { kind: mark as Punctuation, text: mark, span: { start, end: start + mark.length } };
  }
  const quoted = matchAt(STRING, text, start);
  if (quoted === "") return undefined;
  const inner = quoted.slice(1, -1).replace(/\\([\s\S])/g, "$1");
  return { kind: "string", text: inner, span: { start, end: start + quoted.length } };
}

function matchAt(pattern: RegExp, text: string, start: number): string {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? "";
}

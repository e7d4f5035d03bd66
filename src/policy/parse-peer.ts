import { nearest } from "../base/nearest.ts";
import { HyperionError } from "../model/errors.ts";
import { parseIp } from "../model/ip.ts";
import { parsePrefix } from "../model/prefix.ts";
import type { Alternative, Atom, LabelAtom, NameKind, Term, WordKind } from "./ast.ts";
import { checkSatisfiable } from "./contradiction.ts";
import { type Cursor, refuse } from "./cursor.ts";
import { isLabelKey, isName } from "./label-keys.ts";
import { quote, type Span } from "./problem.ts";
import type { Token } from "./token.ts";

const WORD_KINDS: readonly string[] = [
  "any",
  "containers",
  "world",
  "host",
  "project",
  "service",
] satisfies WordKind[];
const NAMED_KINDS = ["service:", "project:", "group:", "container:"];

/** `alternative {"," alternative}`, after `from` or `to`. */
export function parseAlternatives(cursor: Cursor): readonly Alternative[] {
  const alternatives: Alternative[] = [];
  do {
    const start = cursor.here.start;
    const terms: Term[] = [];
    do terms.push(parseTerm(cursor));
    while (cursor.accept("&"));
    const alternative = { terms, span: { start, end: cursor.end } };
    checkSatisfiable(alternative);
    alternatives.push(alternative);
  } while (cursor.accept(","));
  return alternatives;
}

function parseTerm(cursor: Cursor): Term {
  const start = cursor.here.start;
  const negated = cursor.accept("!");
  const atom = parseAtom(cursor);
  return { negated, atom, span: { start, end: cursor.end } };
}

function parseAtom(cursor: Cursor): Atom {
  const token = cursor.next('a selector, like "any" or "service:api"');
  if (token.kind !== "word")
    throw refuse("E102", token.span, `expected a selector, not ${quote(token.text)}`);
  const label = parseLabelAtom(cursor, token);
  if (label !== undefined) return label;
  const word = token.text.toLowerCase();
  if (WORD_KINDS.includes(word)) return { kind: word as WordKind, span: token.span };
  if (looksLikeAddress(token.text)) return parseAddress(token.text, token.span);
  const colon = token.text.indexOf(":");
  if (colon < 0) throw unknownWord(token);
  return parseNamed(token, word.slice(0, colon), token.text.slice(colon + 1), colon);
}

function parseNamed(token: Token, kind: string, name: string, colon: number): Atom {
  const span = token.span;
  const known = NAMED_KINDS.includes(`${kind}:`);
  if (!known) {
    const likely = nearest(`${kind}:`, NAMED_KINDS);
    const suggestion = likely === undefined ? undefined : likely + name;
    throw refuse("E130", span, `unknown kind of selector ${quote(`${kind}:`)}`, suggestion);
  }
  const nameSpan = { start: span.start + colon + 1, end: span.end };
  const parts = kind === "service" ? name.split("/") : [name];
  if (parts.length > 2 || !parts.every(isName)) {
    throw refuse("E102", nameSpan, `expected the name of a ${kind} after "${kind}:"`);
  }
  const [first = "", second] = parts;
  switch (kind) {
    case "service":
      return second === undefined
        ? { kind: "service-named", project: undefined, service: first, span }
        : { kind: "service-named", project: first, service: second, span };
    case "project":
      return { kind: "project-named", project: first, span };
    default:
      return { kind: kind as NameKind, name: first, span };
  }
}

/** `KEY = VALUE`, `KEY != VALUE`, `KEY in(VALUE, …)` or `has(KEY)`; undefined when `token` begins none. */
function parseLabelAtom(cursor: Cursor, token: Token): LabelAtom | undefined {
  const start = token.span.start;
  const key = token.text;
  if (cursor.peek()?.kind === "(" && key.toLowerCase() === "has") {
    cursor.accept("(");
    const inner = labelKey(cursor.value("a label key"), { start: start + key.length + 1, end: cursor.end });
    expectClosing(cursor);
    return { kind: "label-has", key: inner, span: { start, end: cursor.end } };
  }
  const isIn = cursor.peekWord() === "in" && cursor.peek(1)?.kind === "(";
  const mark = cursor.peek()?.kind;
  if (!isIn && mark !== "=" && mark !== "!=") return undefined;
  labelKey(key, token.span);
  cursor.next("an operator");
  if (isIn) {
    cursor.accept("(");
    const values = [cursor.value("a value")];
    while (cursor.accept(",")) values.push(cursor.value("a value"));
    expectClosing(cursor);
    return { kind: "label-in", key, values, span: { start, end: cursor.end } };
  }
  const value = cursor.value(`a value after "${mark}"`);
  return { kind: mark === "=" ? "label-is" : "label-is-not", key, value, span: { start, end: cursor.end } };
}

function labelKey(key: string, span: Span): string {
  if (!isLabelKey(key)) throw refuse("E102", span, `${quote(key)} cannot be a label key`);
  return key;
}

function expectClosing(cursor: Cursor): void {
  if (!cursor.accept(")")) throw refuse("E102", cursor.here, 'expected ")"');
}

/** True for a word that would be a selector after `from` or `to`. */
export function looksLikeSelector(text: string): boolean {
  const word = text.toLowerCase();
  const named = NAMED_KINDS.some((kind) => word.startsWith(kind));
  return named || WORD_KINDS.includes(word) || looksLikeAddress(text);
}

/** Names have no dots and colons in this arrangement: `10.`…, or two colons. */
function looksLikeAddress(text: string): boolean {
  return /^\d+\.[\d./]+$/.test(text) || /^[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:./]*$/i.test(text);
}

function parseAddress(text: string, span: Span): Atom {
  try {
    if (text.includes("/")) return { kind: "prefix", prefix: parsePrefix(text), span };
    return { kind: "address", address: parseIp(text), span };
  } catch (error) {
    if (!(error instanceof HyperionError)) throw error;
    const what = text.includes("/") ? "a subnet, like 10.1.0.0/16" : "an address";
    throw refuse("E102", span, `${quote(text)} is not ${what}`);
  }
}

function unknownWord(token: Token): Error {
  const name = token.text;
  const likely = nearest(name, WORD_KINDS);
  const advice = isName(name) ? `; write service:${name}, group:${name} or container:${name}` : "";
  return refuse(
    "E130",
    token.span,
    `unknown selector ${quote(name)}${likely === undefined ? advice : ""}`,
    likely,
  );
}

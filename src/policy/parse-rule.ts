import type { Direction, Verdict } from "../model/posture.ts";
import { type Alternative, PRIO_DEFAULT, PRIO_MAX, type Rule } from "./ast.ts";
import { Cursor, Refusal, refuse } from "./cursor.ts";
import { looksLikeSelector, parseAlternatives } from "./parse-peer.ts";
import { PROTOCOL_WORDS, parseProtocols } from "./parse-protocols.ts";
import type { Fault } from "./problem.ts";
import { tokenize } from "./token.ts";

/** Longest rule, in characters: what a label can reasonably hold, and a bound on every message. */
export const RULE_LENGTH_MAX = 16_384;

export type ParsedRule =
  | { readonly rule: Rule; readonly fault?: undefined }
  | { readonly rule?: undefined; readonly fault: Fault };

const OPTION_WORDS = ["on", "prio", "log", "audit", "comment"];
const PEER_WORDS = ["from", "to"];
const PEER_AND_OPTION_WORDS = [...PEER_WORDS, ...OPTION_WORDS];

/** Reads one rule. The first fault found is returned, never thrown. */
export function parseRule(text: string, direction: Direction): ParsedRule {
  const { value, fault } = parseText(text, (cursor) => readRule(cursor, direction));
  return value === undefined ? { fault } : { rule: value };
}

export type ParsedText<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: Fault };

/** Reads a whole text; what `read` refuses is returned. */
export function parseText<T>(text: string, read: (cursor: Cursor) => T): ParsedText<T> {
  if (text.length > RULE_LENGTH_MAX) {
    const span = { start: RULE_LENGTH_MAX, end: text.length };
    const tooLong = `the text is longer than ${RULE_LENGTH_MAX} characters`;
    return { fault: { code: "E102", text: tooLong, span, suggestion: undefined } };
  }
  const tokens = tokenize(text);
  if (!isTokens(tokens)) return { fault: tokens };
  try {
    return { value: read(new Cursor(tokens, text.length)) };
  } catch (error) {
    if (error instanceof Refusal) return { fault: error.fault };
    throw error;
  }
}

function isTokens(
  outcome: ReturnType<typeof tokenize>,
): outcome is Extract<typeof outcome, readonly unknown[]> {
  return Array.isArray(outcome);
}

function readRule(cursor: Cursor, direction: Direction): Rule {
  const start = cursor.here.start;
  const action = readAction(cursor);
  const startsPeerOrOption = PEER_AND_OPTION_WORDS.includes(cursor.peekWord() ?? "");
  const protocols = cursor.done || startsPeerOrOption ? [] : readProtocols(cursor);
  const peer = readPeer(cursor, direction);
  const options = readOptions(cursor, direction, peer !== undefined);
  return { action, protocols, peer: peer ?? [], ...options, span: { start, end: cursor.end } };
}

function readAction(cursor: Cursor): Verdict {
  const word = cursor.peekWord();
  if (word !== "allow" && word !== "deny") {
    throw cursor.unexpected('"allow" or "deny"', ["allow", "deny"]);
  }
  cursor.next("an action");
  return word;
}

function readProtocols(cursor: Cursor): Rule["protocols"] {
  const word = cursor.peekWord();
  // A bare word that is no protocol could be anything, so the message lists all that may stand here.
  if (word === undefined || (/^[a-z]+$/.test(word) && !PROTOCOL_WORDS.includes(word))) {
    const candidates = [...PROTOCOL_WORDS, ...PEER_AND_OPTION_WORDS];
    throw cursor.unexpected('a protocol, "from", "to" or an option', candidates);
  }
  return parseProtocols(cursor);
}

function readPeer(cursor: Cursor, direction: Direction): readonly Alternative[] | undefined {
  const word = cursor.peekWord();
  if (word !== "from" && word !== "to") return undefined;
  demandPreposition(cursor, direction);
  cursor.next("a peer");
  return parseAlternatives(cursor);
}

function prepositionOf(direction: Direction): string {
  return direction === "ingress" ? "from" : "to";
}

function demandPreposition(cursor: Cursor, direction: Direction): void {
  const right = prepositionOf(direction);
  if (cursor.peekWord() === right) return;
  throw refuse("E121", cursor.here, `${direction} rules take "${right}"`, right);
}

type Options = Pick<Rule, "on" | "prio" | "log" | "audit" | "comment">;

function readOptions(cursor: Cursor, direction: Direction, hasPeer: boolean): Options {
  const options: { -readonly [Key in keyof Options]: Options[Key] } = {
    on: undefined,
    prio: PRIO_DEFAULT,
    log: false,
    audit: false,
    comment: undefined,
  };
  const given = new Set<string>();
  while (!cursor.done) {
    const word = readOptionWord(cursor, direction, hasPeer, given);
    if (word === "on") options.on = readNetwork(cursor);
    else if (word === "prio") options.prio = readPrio(cursor);
    else if (word === "comment") options.comment = readComment(cursor);
    else options[word] = true;
  }
  return options;
}

function readOptionWord(
  cursor: Cursor,
  direction: Direction,
  hasPeer: boolean,
  given: Set<string>,
): keyof Options {
  const word = cursor.peekWord() ?? "";
  if (PEER_WORDS.includes(word)) {
    demandPreposition(cursor, direction);
    throw refuse("E102", cursor.here, `"${word}" may stand once, before the options`);
  }
  if (!OPTION_WORDS.includes(word)) {
    if (hasPeer || given.size > 0) throw cursor.unexpected("an option", OPTION_WORDS);
    const expected = '"from", "to" or an option';
    const text = cursor.peek()?.text ?? "";
    if (!looksLikeSelector(text)) throw cursor.unexpected(expected, PEER_AND_OPTION_WORDS);
    throw refuse("E102", cursor.here, `expected ${expected}`, `${prepositionOf(direction)} ${text}`);
  }
  if (given.has(word)) throw refuse("E102", cursor.here, `"${word}" is given twice`);
  given.add(word);
  cursor.next("an option");
  return word as keyof Options;
}

function readNetwork(cursor: Cursor): string {
  const { here } = cursor;
  const name = cursor.value("the name of a network");
  if (name === "") throw refuse("E102", here, "expected the name of a network");
  return name;
}

function readPrio(cursor: Cursor): number {
  const token = cursor.next(`a priority from 0 to ${PRIO_MAX}`);
  const prio = token.kind === "word" && /^\d{1,6}$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (!(prio <= PRIO_MAX)) throw refuse("E102", token.span, `expected a priority from 0 to ${PRIO_MAX}`);
  return prio;
}

function readComment(cursor: Cursor): string {
  const token = cursor.next("a comment in quotation marks");
  if (token.kind === "string") return token.text;
  throw refuse("E102", token.span, "expected a comment in quotation marks");
}

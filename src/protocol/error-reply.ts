import {
  ERRORS,
  type HyperionError,
  isHyperionError,
  MESSAGE_LENGTH_MAX,
  reasonOf,
} from "../model/errors.ts";

/** Longest message in lines, and the longest of its lines but the first. */
const LINES_MAX = 32;
const FURTHER_LINE_LENGTH_MAX = 500;

/** What an engine of any version shows its user: network calls read `Err`, IPAM calls `Error`. */
export interface ErrorReply {
  readonly status: number;
  readonly body: { readonly Err: string; readonly Error: string };
}

/**
 * The reply to a call that failed. Everything is 500 but an unknown method: the engine takes 404 for
 * "this driver has no such call", which a newer engine may well ask.
 */
export function encodeError(error: unknown): ErrorReply {
  const [first = "", ...further] = isComposed(error)
    ? error.message.split("\n", LINES_MAX)
    : [reasonOf(error)];
  const lines = [
    lineOf(first, MESSAGE_LENGTH_MAX),
    ...further.map((line) => lineOf(line, FURTHER_LINE_LENGTH_MAX)),
  ];
  const message = lines.join("\n").trim();
  return {
    status: isHyperionError(error, "E204") ? 404 : 500,
    body: { Err: message, Error: message },
  };
}

/** A message that is a text of its own, with a caret that points into the line above it. */
function isComposed(error: unknown): error is HyperionError {
  return isHyperionError(error) && ERRORS[error.code].message === "{text}";
}

/** Docker shows a line as it is, so it is of bounded length with nothing to upset a terminal. */
function lineOf(text: string, lengthMax: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trimEnd();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}

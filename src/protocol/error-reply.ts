import { isHyperionError, MESSAGE_LENGTH_MAX, reasonOf } from "../model/errors.ts";

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
  const message = oneLine(reasonOf(error));
  return {
    status: isHyperionError(error, "E204") ? 404 : 500,
    body: { Err: message, Error: message },
  };
}

/** Docker shows the message as it is, so it is one line of bounded length with nothing to upset a terminal. */
function oneLine(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length <= MESSAGE_LENGTH_MAX ? line : `${line.slice(0, MESSAGE_LENGTH_MAX - 1)}…`;
}

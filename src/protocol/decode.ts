import type { z } from "zod";
import { HyperionError, reasonOf } from "../model/errors.ts";
import { excerpt } from "./fields.ts";

/** Largest request body in bytes, 1 MiB included. Real ones have a few KiB: options and published ports. */
export const REQUEST_BYTES_MAX = 1_048_576;

/** Words of a parser's complaint that tell somebody who mistyped nothing more. */
const NOISE = /^Invalid input: |^Invalid (?=\w)/;

/**
 * Reads a request body, which says nothing of its type: the engine sends no Content-Type.
 * Undefined for an empty one. Throws E200, E203.
 */
export function parseBody(method: string, body: Uint8Array): unknown {
  if (body.byteLength > REQUEST_BYTES_MAX) {
    throw new HyperionError("E203", { method, limit: REQUEST_BYTES_MAX });
  }
  if (body.byteLength === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new HyperionError("E200", { method, reason: excerptOf(reasonOf(error)) }, { cause: error });
  }
}

/**
 * Checks a body against its schema. Throws E201 when there is no body, which is how an engine
 * retries a call whose connection broke: it has nothing left to send. Throws E202 with the path of
 * the first field that is wrong.
 */
export function decode<Schema extends z.ZodType>(
  method: string,
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  if (body === undefined) throw new HyperionError("E201", { method });
  const result = schema.safeParse(body, {
    error: (issue) => (issue.input === undefined ? "is missing" : undefined),
  });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new HyperionError("E202", {
    method,
    path: jsonPath(issue?.path ?? []),
    reason: (issue?.message ?? "is wrong").replace(NOISE, ""),
  });
}

/** `IPv4Data[0].Pool`; keys that are no identifiers are quoted: `Options["com.docker.network.generic"]`. */
function jsonPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    const key = String(step);
    return /^[A-Za-z_]\w{0,63}$/.test(key) ? `.${key}` : `[${excerpt(key)}]`;
  });
  return steps.length === 0 ? "body" : steps.join("").replace(/^\./, "");
}

/** What V8 says of bad JSON quotes the input, line ends included. */
function excerptOf(reason: string): string {
  return reason.replace(/\s+/g, " ").slice(0, 100);
}

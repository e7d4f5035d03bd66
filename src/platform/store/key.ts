import { HyperionError } from "../../model/errors.ts";

/** Longest key, in bytes of UTF-8. */
export const KEY_BYTES_MAX = 512;

/** The bytes of a key, which are also its sort order. Throws E709 for a key that no store can hold. */
export function encodeKey(key: string, operation: string): Buffer {
  const bytes = Buffer.from(key, "utf8");
  const problem = problemOf(key, bytes);
  if (problem !== undefined) {
    const shown = JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
    throw new HyperionError("E709", { operation, reason: `key ${shown} ${problem}` });
  }
  return bytes;
}

function problemOf(key: string, bytes: Buffer): string | undefined {
  if (bytes.length === 0) return "is empty";
  if (bytes.length > KEY_BYTES_MAX) return `is longer than ${KEY_BYTES_MAX} bytes`;
  // A lone surrogate would be written as U+FFFD, and two different keys would be one.
  if (!key.isWellFormed()) return "is not well-formed Unicode";
  return undefined;
}

import { readFile, stat } from "node:fs/promises";
import { HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import type { PolicyBook, PolicyContent } from "./policy-book.ts";
import { readPolicyFile } from "./policy-file.ts";

/** Largest policy file, and largest policy on the admin socket, in bytes. */
export const POLICY_BYTES_MAX = 1_048_576;

/**
 * Puts the policies of these files into the book: what the daemon's configuration says is said anew
 * at each start. Returns the names of those that changed. Throws E170 with the reason, E709.
 */
export async function applyPolicyFiles(
  book: PolicyBook,
  paths: readonly string[],
): Promise<readonly string[]> {
  const contents = new Map<string, PolicyContent>();
  const files = new Map<string, string>();
  for (const path of paths) {
    const { name, tier, rules } = await readAt(path);
    const other = files.get(name);
    if (other !== undefined) {
      throw new HyperionError("E170", { path, reason: `policy ${name} is in ${other}, too` });
    }
    files.set(name, path);
    contents.set(name, { tier, rules });
  }
  try {
    return await book.putAll(contents);
  } catch (error) {
    if (isHyperionError(error, "E709")) throw error;
    throw new HyperionError("E170", { path: paths.join(", "), reason: reasonOf(error) }, { cause: error });
  }
}

async function readAt(path: string) {
  try {
    return readPolicyFile(await readPolicyText(path), path, undefined).texts;
  } catch (error) {
    throw new HyperionError("E170", { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** The text of a file of bearable size. Throws an Error that says why not. */
export async function readPolicyText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > POLICY_BYTES_MAX) throw new Error(`it is larger than ${POLICY_BYTES_MAX} bytes`);
  return readFile(path, "utf8");
}

import { existsSync } from "node:fs";
import { libraryPath } from "../src/platform/native/library-path.ts";

/**
 * True when a suite has to be left out because this machine lacks something, having said so. With
 * TEST_REQUIRE_ALL=1, as in CI, nothing may be left out: then it throws.
 */
export function lacking(what: string, there: boolean, remedy: string): boolean {
  if (there) return false;
  const sentence = `no ${what}; ${remedy}`;
  if (process.env.TEST_REQUIRE_ALL === "1") throw new Error(sentence);
  console.warn(`skipped: ${sentence}`);
  return true;
}

export function lacksNativeLibrary(): boolean {
  return lacking("native library", existsSync(libraryPath()), "run npm run build:native");
}

export function lacksRoot(): boolean {
  return lacking("root", process.geteuid?.() === 0, "run the tests with sudo");
}

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

it("the design of the DOCA data plane names every assumption that the code makes, and no other", () => {
  const made = read("native/src/backend/doca/assumptions.h").matchAll(/^#define (ASSUME_\w+)/gm);
  const named = read("docs/design/doca.md").matchAll(/`(ASSUME_\w+)`/g);
  const names = (matches: Iterable<RegExpMatchArray>) => [...new Set([...matches].map((m) => m[1]))].sort();
  expect(names(named)).toEqual(names(made));
});

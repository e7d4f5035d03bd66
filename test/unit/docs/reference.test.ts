import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { meaningOf, saysNothing } from "../../../scripts/reference/errors.ts";
import { ATOMS, LABELS } from "../../../scripts/reference/labels.ts";
import { referencePages } from "../../../scripts/reference.ts";
import { ERRORS, type ErrorCode } from "../../../src/model/errors.ts";
import { parseLabels, parseRule, readLabelKey } from "../../../src/policy/index.ts";

describe("docs/reference", () => {
  it.each(referencePages())("%s is what the tables in the code say (npm run docs)", (path, text) => {
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("has no page that nobody makes", () => {
    const [first = ""] = referencePages().map(([path]) => dirname(path));
    expect(readdirSync(first).sort()).toEqual(
      referencePages()
        .map(([path]) => basename(path))
        .sort(),
    );
  });

  it("has every label that the parser knows, and no other", () => {
    // What an unknown label is told: all that there are.
    const said = readLabelKey("hyperion.zzzzzzzzzzzz").fault?.text ?? "";
    const known = [...said.matchAll(/(?:hyperion)?(\.[a-z]+(?:\.\w+)?)/g)].map(([, key]) => `hyperion${key}`);
    expect(known).toHaveLength(9);
    expect(LABELS.map(({ key }) => key).sort()).toEqual(known.sort());
  });

  it("gives values that are values", () => {
    for (const { key, values } of LABELS) {
      for (const value of values) {
        expect(parseLabels({ [key]: value }, "label").problems, `${key}: ${value}`).toEqual([]);
      }
    }
  });

  it("gives selectors that are selectors", () => {
    for (const atom of ATOMS.flatMap(([atoms]) => atoms)) {
      expect(parseRule(`allow any from ${atom}`, "ingress").fault, atom).toBeUndefined();
    }
  });

  it("says of every error what it means", () => {
    const silent = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => saysNothing(meaningOf(code)));
    expect(silent).toEqual([]);
  });
});

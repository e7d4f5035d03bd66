import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LABELS, REFERENCE_PATH, referencePage } from "../../../scripts/reference.ts";
import { readLabelKey } from "../../../src/policy/index.ts";

describe("docs/reference.md", () => {
  it("is what the tables in the code say (npm run docs)", () => {
    expect(readFileSync(REFERENCE_PATH, "utf8")).toBe(referencePage());
  });

  it("names labels that the parser knows", () => {
    for (const [key] of LABELS) {
      expect(readLabelKey(key.replace("RULE", "web").replace("KEY", "tier")).fault, key).toBeUndefined();
    }
  });
});

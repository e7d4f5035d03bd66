import { describe, expect, it } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import { CASES } from "./cases.ts";
import frozen from "./frozen.json" with { type: "json" };
import { readCase } from "./ours.ts";
import { type Projection, projectOurs } from "./projection.ts";

const outcomes: Readonly<Record<string, Projection | { readonly refusal: string }>> = frozen.cases;

describe(`loadProject, against docker compose ${frozen.version}`, () => {
  it("knows what compose made of every case", () => {
    expect(CASES.map(({ name }) => name)).toEqual(Object.keys(outcomes));
  });

  it.each(CASES)("$name", async (one) => {
    const expected = outcomes[one.name];
    const reading = readCase(one);
    if (expected === undefined || "refusal" in expected) {
      await expect(reading).rejects.toBeInstanceOf(HyperionError);
    } else {
      expect(projectOurs(await reading)).toEqual(expected);
    }
  });
});

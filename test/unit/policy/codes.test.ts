import { describe, expect, it } from "vitest";
import { ERRORS, MESSAGE_LENGTH_MAX } from "../../../src/model/errors.ts";
import type { ContainerId } from "../../../src/model/ids.ts";
import {
  formatProblem,
  PROBLEM_MEANINGS,
  parseAdminPolicy,
  readPolicy,
  WARNINGS,
} from "../../../src/policy/index.ts";
import { TRUST } from "./subjects.ts";

/** One label for each code that a label can have. */
const CULPRITS: Readonly<Record<string, readonly [label: string, value: string]>> = {
  E101: ["hyperion.polcy", "default-deny"],
  E102: ["hyperion.ingress.sql", "allow tcp/5432 form service:api"],
  E117: ["hyperion.ingress.sql", "allow tcp/65536"],
  E121: ["hyperion.egress.sql", "allow tcp/5432 from any"],
  E130: ["hyperion.ingress.sql", "allow tcp/5432 from grp:api"],
  E131: ["hyperion.ingress.sql", "allow tcp/5432 from service:api"],
  E133: ["hyperion.ingress.sql", "allow tcp/5432 from group:x & 10.0.0.0/8"],
  E140: ["hyperion.ingress.twice", "allow tcp/1"],
  E150: ["hyperion.mode", "enfroce"],
};

describe("the codes", () => {
  it.each(Object.entries(CULPRITS))("%s is what is wrong with %j", (code, [label, value]) => {
    const container = {
      id: "c" as ContainerId,
      name: "shop-db-1",
      labels: { [label]: value },
      inherited: [],
    };
    const driverOptions = { "hyperion.ingress.twice": "allow tcp/1" };
    const { problems } = readPolicy(driverOptions, container, TRUST, []);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    const [problem] = problems;
    if (problem === undefined) throw new Error("no problem");
    const [first = "", ...rest] = formatProblem(problem, "shop-db-1").split("\n");
    expect(first).toBe(`${code} shop-db-1: label ${label}`);
    expect(rest).toHaveLength(problem.span === undefined ? 1 : 2);
    const [long = ""] = formatProblem(problem, "x".repeat(500)).split("\n");
    expect(long.length).toBeLessThan(MESSAGE_LENGTH_MAX);
  });

  it("have a meaning each, and each meaning a way to come about", () => {
    const ofPolicies = ["E171", "E176"];
    // E510 is the data plane's to say: test/unit/pipeline.
    expect(Object.keys(PROBLEM_MEANINGS).sort()).toEqual(
      [...Object.keys(CULPRITS), ...ofPolicies, "E510"].sort(),
    );
    const rule = { name: "a", applies: "any", ingress: "deny" };
    const { problems } = parseAdminPolicy({ tier: "", rules: [rule, rule] }, "p");
    expect(problems.map(({ code }) => code).sort()).toEqual(ofPolicies);
    for (const code of Object.keys(PROBLEM_MEANINGS)) expect(ERRORS).toHaveProperty(code);
  });

  it("of warnings are apart from those of errors", () => {
    for (const code of Object.keys(WARNINGS)) expect(code).toMatch(/^W\d{3}$/);
  });
});

import { describe, expect, it } from "vitest";
import { formatProblem, type Problem, parseLabels } from "../../../src/policy/index.ts";

function problemOf(label: string, value: string): Problem {
  const [problem] = parseLabels({ [label]: value }, "label").problems;
  if (problem === undefined) throw new Error("no problem");
  return problem;
}

describe("formatProblem", () => {
  it("shows code, container, label, the text with a caret, and a suggestion", () => {
    const problem = problemOf("hyperion.ingress.sql", "allow tcp/5432 form service:api");
    expect(formatProblem(problem, "shop-db-1")).toBe(
      [
        "E102 shop-db-1: label hyperion.ingress.sql",
        "  allow tcp/5432 form service:api",
        '                 ^^^^ expected "from", "to" or an option; did you mean "from"?',
      ].join("\n"),
    );
  });

  it("shows no text where the key is wrong", () => {
    expect(formatProblem(problemOf("hyperion.ingres.sql", "allow"), "db")).toBe(
      'E101 db: label hyperion.ingres.sql\n  unknown label; did you mean "hyperion.ingress.sql"?',
    );
  });

  it("puts the caret below characters that are wider than others", () => {
    const problem = problemOf("hyperion.ingress.sql", 'allow from tier="前端" form x');
    expect(formatProblem(problem, "db")).toContain(`\n${" ".repeat(25)}^^^^ expected`);
  });

  it("marks the end where something is missing", () => {
    expect(formatProblem(problemOf("hyperion.ingress.sql", "allow from"), "db")).toContain(
      "\n  allow from\n            ^ expected a selector",
    );
  });

  it("shows of a long text what is around the fault, on one line", () => {
    const value = `allow\ttcp/${"80,".repeat(200)}80 form any comment "${"z".repeat(300)}"`;
    const [, text = "", caret = ""] = formatProblem(problemOf("hyperion.ingress.a", value), "db").split("\n");
    expect(text.length).toBeLessThan(110);
    expect(text.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1)).toBe("form");
  });

  it("names driver options as such", () => {
    const [problem] = parseLabels({ "hyperion.mode": "x" }, "driver_opts").problems;
    expect(problem && formatProblem(problem, "db")).toMatch(/^E150 db: driver option hyperion\.mode\n/);
  });

  it("keeps its first line, which Docker shows, under 200 characters whatever the names are", () => {
    const problem = problemOf(`hyperion.${"x".repeat(500)}`, "y".repeat(500));
    expect(formatProblem(problem, "c".repeat(300)).split("\n")[0]?.length).toBeLessThan(200);
  });
});

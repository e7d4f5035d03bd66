import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printPolicyFile, readPolicyFile } from "../../../src/admin/index.ts";

const TEXT = `# Ours.
tier: admin
rules:
  - name: no-telnet
    applies: containers
    ingress: deny tcp/23 from any log
  - {name: closed, applies: "group:vault", policy: default-deny}
`;

function problemsOf(text: string, file = "dir/base.yaml"): string {
  try {
    readPolicyFile(text, file, undefined);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was read");
}

/** The places, one of each problem. */
const places = (text: string) =>
  [...problemsOf(text).matchAll(/base\.yaml(:\d+:\d+)?/g)].map(([, place]) => place);

describe("readPolicyFile", () => {
  it("reads texts, under the name of the file or the one that is given", () => {
    const { texts, document } = readPolicyFile(TEXT, "/etc/hyperion/base.yaml", undefined);
    expect(texts).toEqual({
      name: "base",
      tier: "admin",
      rules: [
        { name: "no-telnet", applies: "containers", ingress: "deny tcp/23 from any log" },
        { name: "closed", applies: "group:vault", posture: "default-deny" },
      ],
    });
    expect(document).toMatchObject({ name: "base", tier: "admin" });
    expect(readPolicyFile(`name: own\n${TEXT}`, "base.yaml", undefined).texts.name).toBe("own");
    expect(readPolicyFile(`name: own\n${TEXT}`, "base.yaml", "given").document).toMatchObject({
      name: "given",
    });
  });

  it.each([
    ["a rule", TEXT.replace("from", "form"), [":6:26"]],
    ["a rule in quotes", TEXT.replace("deny tcp/23 from any log", '"deny tcp/23 form any"'), [":6:27"]],
    ["a selector in braces", TEXT.replace("group:vault", "grup:vault"), [":7:30"]],
    ["a key", TEXT.replace("ingress:", "ingres:"), [":6:5"]],
    ["a word", TEXT.replace("admin", "amdin"), [":2:7"]],
    ["something that lacks", TEXT.replace("    applies: containers\n", ""), [":4:5"]],
    ["everything", "- a\n", [":1:1"]],
    ["nothing", "# Nothing yet.\n", [undefined]],
  ])("says where %s is wrong", (_, text, expected) => {
    expect(places(text)).toEqual(expected);
  });

  it("refuses what is not one policy in YAML", () => {
    expect(problemsOf("tier: [")).toMatch(/^dir\/base\.yaml:1:\d+: /);
    expect(problemsOf(`${TEXT}---\n${TEXT}`)).toMatch(/^dir\/base\.yaml:10:1: a file holds one policy/);
    expect(problemsOf(TEXT, "Base Policy.yaml")).toContain('"Base Policy" is no name of a policy');
  });
});

describe("printPolicyFile", () => {
  const print = (rules: Parameters<typeof printPolicyFile>[0]["rules"]) =>
    printPolicyFile({ name: "base", version: 3, tier: "admin", appliedAtMs: 0, rules });

  it("writes what can be applied again", () => {
    const { rules } = readPolicyFile(TEXT, "base.yaml", undefined).texts;
    expect(print(rules)).toBe(`# Version 3, applied 1970-01-01T00:00:00.000Z
name: base
tier: admin
rules:
  - name: no-telnet
    applies: containers
    ingress: deny tcp/23 from any log
  - name: closed
    applies: group:vault
    policy: default-deny
`);
    expect(readPolicyFile(print([]), "x.yaml", undefined).texts).toEqual({
      name: "base",
      tier: "admin",
      rules: [],
    });
  });

  it("writes every comment so that it reads the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (comment) => {
        const text = `deny tcp comment ${JSON.stringify(comment)}`;
        const rules = [{ name: "r", applies: "containers", ingress: text }];
        const read = () => readPolicyFile(print(rules), "x.yaml", undefined).texts.rules;
        // Not every text is a rule; but what is one comes back letter by letter.
        let problem: string | undefined;
        try {
          expect(read()).toEqual(rules);
        } catch (error) {
          problem = (error as { code?: string }).code;
          if (problem === undefined) throw error;
        }
        expect([undefined, "E102"]).toContain(problem);
      }),
      { numRuns: 300 },
    );
  });
});

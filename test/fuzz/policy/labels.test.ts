import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerId } from "../../../src/model/ids.ts";
import {
  formatProblem,
  parseRule,
  printRule,
  readPolicy,
  summarizeProblem,
} from "../../../src/policy/index.ts";

/** Words of the language, near misses and rubbish, so that the parser is taken deep and not only refused at once. */
const scraps = fc.oneof(
  fc.constantFrom(
    ..."allow deny tcp udp icmp icmp6 any from to on prio log audit comment containers world host project service".split(
      " ",
    ),
    ..."tcp/80 80 80-90 90-80 tcp/ icmp/8 icmp/8:0 0 65536 1e9 service:a service:a/b service: group:x has in".split(
      " ",
    ),
    ..."10.0.0.0/8 10.0.0.0/33 1.2.3 :: ::/0 fd00::1 ::ffff:1.2.3.4 a::b::c 1.2.3.4.5/8 , & ! != = ( ) \\".split(
      " ",
    ),
    " ",
    '"',
    '"a b"',
    '"a\\"',
    "\n",
    "\u0000",
    "\u2028",
    "é",
    "💥",
    "__proto__",
    "constructor",
  ),
  fc.string({ maxLength: 5, unit: "binary" }),
);
const texts = fc.oneof(
  fc.array(scraps, { maxLength: 14 }).map((parts) => parts.join(" ")),
  fc.array(scraps, { maxLength: 14 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 300, unit: "binary" }),
);
const keys = fc.oneof(
  fc.constantFrom(
    "hyperion.policy",
    "hyperion.mode",
    "hyperion.group",
    "hyperion.offload",
    "hyperion.rate.ingress",
    "hyperion.ingress.a",
    "hyperion.egress.b",
    "hyperion.label.k",
    "hyperion.ingress.",
    "hyperion.",
    "hyperion",
    "com.docker.compose.project",
    "com.docker.swarm.service.name",
    "com.docker.stack.namespace",
    "__proto__",
  ),
  texts.map((text) => `hyperion.${text}`),
  texts.map((text) => `hyperion.ingress.${text}`),
  texts,
);
const labels = fc
  .array(fc.tuple(keys, texts), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));

describe("reading labels", () => {
  it("never throws, and says what is wrong in messages that can be shown", () => {
    fc.assert(
      fc.property(labels, labels, fc.string(), (driverOptions, containerLabels, name) => {
        const container = { id: "c" as ContainerId, name, labels: containerLabels, inherited: [] };
        for (const problem of readPolicy(
          driverOptions,
          container,
          { identityLabels: ["app"], trustImageLabels: false },
          [],
        ).problems) {
          expect(problem.code).toMatch(/^E1\d\d$/);
          const { start, end } = problem.span ?? { start: 0, end: 0 };
          expect(0 <= start && start <= end && end <= problem.value.length).toBe(true);
          const summary = summarizeProblem(problem, name);
          expect(summary.length).toBeLessThan(200);
          expect(summary).not.toMatch(/[\r\n]/);
          const lines = formatProblem(problem, name).split("\n");
          expect(lines).toHaveLength(problem.span === undefined ? 2 : 3);
          expect(lines[0]?.length).toBeLessThan(200);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("prints every rule that it accepts as one that it accepts", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { rule } = parseRule(`allow ${text}`, "ingress");
        if (rule === undefined) return;
        const printed = printRule(rule, "ingress");
        const again = parseRule(printed, "ingress").rule;
        expect(again && printRule(again, "ingress")).toBe(printed);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes a long text in stride", () => {
    const started = performance.now();
    for (const scrap of ["(", '"', "a ", "a,", "tcp/80,", "!", "service:", "1.", ":", "group:x & "]) {
      parseRule(`allow tcp/80 from ${scrap.repeat(10_000)}`, "ingress");
      parseRule(`allow ${scrap.repeat(16_000 / scrap.length)}`, "ingress");
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerId } from "../../../src/model/ids.ts";
import {
  formatProblem,
  formatWarning,
  type Place,
  parseAdminPolicy,
  parseRule,
  parseSelector,
  printPeer,
  printRule,
  type Remark,
  readPolicy,
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

/** What every message must be, whatever it is about: whole, short enough for Docker, and on its lines. */
function expectShowable(problem: Remark<string> & Place, who: string): void {
  const { start, end } = problem.span ?? { start: 0, end: 0 };
  expect(0 <= start && start <= end && end <= problem.value.length).toBe(true);
  const lines = formatProblem(problem, who).split("\n");
  expect(lines).toHaveLength(problem.span === undefined ? 2 : 3);
  expect(lines[0]?.length).toBeLessThan(200);
  expect(lines.join("")).not.toContain("\r");
}

describe("reading labels", () => {
  it("never throws, and says what is wrong in messages that can be shown", () => {
    fc.assert(
      fc.property(labels, labels, fc.string(), (driverOptions, containerLabels, name) => {
        const inherited = Object.keys(containerLabels).filter((_, i) => i % 3 === 0);
        const container = { id: "c" as ContainerId, name, labels: containerLabels, inherited };
        const settings = { identityLabels: ["app"], trustImageLabels: false };
        const { problems, warnings } = readPolicy(driverOptions, container, settings, []);
        for (const problem of problems) {
          expect(problem.code).toMatch(/^E1\d\d$/);
          expectShowable(problem, name);
        }
        for (const warning of warnings) {
          expect(inherited).toContain(warning.label);
          expect(formatWarning(warning, name).split("\n")).toHaveLength(2);
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

  it("prints every selector that it accepts as one that it accepts", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { value } = parseSelector(text);
        if (value === undefined) return;
        const printed = printPeer(value);
        expect(printPeer(parseSelector(printed).value ?? [])).toBe(printed);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes a long text in stride, and long conjunctions of what might contradict itself", () => {
    const started = performance.now();
    const scraps = ["(", '"', "a ", "a,", "tcp/80,", "!", "service:", "1.", ":", "group:x & "];
    const terms = ["!10.0.0.1 & ", "a!=b & ", "a in(b,c) & ", "!::1/128 & ", "service:a/b & ", "k=v & "];
    for (const scrap of [...scraps, ...terms]) {
      for (const text of [`from ${scrap.repeat(10_000)}`, scrap.repeat(16_000 / scrap.length)]) {
        parseRule(`allow tcp/80 ${text}`, "ingress");
        parseRule(`allow tcp/80 from ${text.slice(0, 16_300)}any`, "ingress");
        parseSelector(text);
      }
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

/** What a YAML or JSON document may come to. */
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    texts,
    fc.constantFrom<unknown>(null, undefined, true, 0, -1, Number.NaN, 10n, Symbol.iterator, new Date(0)),
    fc.array(tie("document"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom("name", "tier", "rules", "applies", "__proto__", "toString"),
      tie("document"),
    ),
    fc.dictionary(texts, tie("document"), { maxKeys: 3 }),
  ),
}));

const adminRule = fc.record(
  {
    name: fc.oneof(fc.constantFrom("a", "b"), document),
    applies: fc.oneof(fc.constantFrom("containers", "group:x"), texts, document),
    ingress: fc.oneof(texts, document),
    egress: fc.oneof(texts, document),
    policy: fc.oneof(fc.constantFrom("default-deny"), document),
  },
  { requiredKeys: [] },
);
const adminPolicy = fc.record(
  {
    name: document,
    tier: fc.oneof(fc.constantFrom("admin"), document),
    rules: fc.array(adminRule, { maxLength: 4 }),
  },
  { requiredKeys: ["rules"] },
);

describe("reading admin policies", () => {
  it("never throws, and says what is wrong in messages that can be shown", () => {
    fc.assert(
      fc.property(fc.oneof(document, adminPolicy), (anything) => {
        const { texts: read, policy, problems } = parseAdminPolicy(anything, "policy");
        expect(read === undefined).toBe(problems.length > 0);
        expect(policy === undefined).toBe(problems.length > 0);
        for (const problem of problems) expectShowable(problem, "policy.yaml");
      }),
      { numRuns: 3000 },
    );
  });
});

import { describe, expect, it } from "vitest";
import type { PolicyRuleFacts } from "../../../src/model/facts.ts";
import {
  ADMIN_RULES_MAX,
  checkAdminPolicies,
  decide,
  decidePosture,
  formatProblem,
  isPolicyName,
  type Owner,
  type PolicyTexts,
  parseAdminPolicy,
  parseSelector,
  readAdminPolicy,
  withAdminPolicies,
} from "../../../src/policy/index.ts";
import { composeLabels, ownerOf, subject } from "./subjects.ts";

const TELNET = { name: "no-telnet", applies: "containers", ingress: "deny tcp/23 from any log" };

function texts(tier: PolicyTexts["tier"], ...rules: readonly PolicyRuleFacts[]): PolicyTexts {
  return { name: `of-${tier}`, tier, rules };
}

/** The same endpoint under admin policies. */
function under(owner: Owner, ...policies: readonly PolicyTexts[]): Owner {
  const read = policies.map((one) => {
    const { policy, problems } = readAdminPolicy(one);
    expect(problems).toEqual([]);
    return policy;
  });
  return { ...owner, policy: withAdminPolicies(owner.policy, owner.subject, read) };
}

const SOMEONE = subject({ project: "shop", service: "web" });
const tcp = (port: number) => ({ protocol: "tcp", port }) as const;

describe("parseAdminPolicy", () => {
  it("reads the example of the specification", () => {
    const { texts, policy, problems } = parseAdminPolicy({ tier: "admin", rules: [TELNET] }, "base");
    expect(problems).toEqual([]);
    expect(texts).toEqual({ name: "base", tier: "admin", rules: [TELNET] });
    expect(policy?.rules[0]).toMatchObject({ name: "no-telnet", ingress: { action: "deny", log: true } });
  });

  it("reads a name, a posture and words in any case", () => {
    const rule = { name: "closed", applies: "GROUP:db", policy: "Default-Deny-Ingress" };
    const { texts } = parseAdminPolicy({ name: "mine", tier: "BASELINE", rules: [rule] }, "file");
    expect(texts).toEqual({
      name: "mine",
      tier: "baseline",
      rules: [{ name: "closed", applies: "GROUP:db", posture: "default-deny-ingress" }],
    });
  });

  const rule = (some: object) => ({ tier: "admin", rules: [{ ...TELNET, ...some }] });
  it.each<[string, unknown, (string | number)[], string | undefined]>([
    ["E176", "text", [], undefined],
    ["E176", null, [], undefined],
    ["E176", [], [], undefined],
    ["E176", { rules: [] }, ["tier"], undefined],
    ["E176", { tier: "admim", rules: [] }, ["tier"], "admin"],
    ["E176", { tier: "admin" }, ["rules"], undefined],
    ["E176", { tier: "admin", rules: {} }, ["rules"], undefined],
    ["E176", { tier: "admin", rule: [], rules: [] }, ["rule"], "rules"],
    ["E176", { tier: "admin", rules: [], name: "My Policy" }, ["name"], undefined],
    ["E176", { tier: "admin", rules: [], name: 7 }, ["name"], undefined],
    ["E176", { tier: "admin", rules: ["deny"] }, ["rules", 0], undefined],
    ["E176", { tier: "admin", rules: Array(ADMIN_RULES_MAX + 1).fill(TELNET) }, ["rules"], undefined],
    ["E176", rule({ name: "No Telnet" }), ["rules", 0, "name"], undefined],
    ["E176", rule({ name: undefined }), ["rules", 0, "name"], undefined],
    ["E176", rule({ applies: undefined }), ["rules", 0, "applies"], undefined],
    ["E176", rule({ applies: "" }), ["rules", 0, "applies"], undefined],
    ["E176", rule({ ingress: 23 }), ["rules", 0, "ingress"], undefined],
    ["E176", rule({ ingress: undefined }), ["rules", 0], undefined],
    ["E176", rule({ ingres: "deny" }), ["rules", 0, "ingres"], "ingress"],
    ["E176", rule({ policy: "default-dney" }), ["rules", 0, "policy"], "default-deny"],
    ["E102", rule({ ingress: "deny tcp/23 form any" }), ["rules", 0, "ingress"], "from"],
    ["E117", rule({ ingress: "deny tcp/0" }), ["rules", 0, "ingress"], undefined],
    ["E121", rule({ egress: "deny tcp/23 from any" }), ["rules", 0, "egress"], "to"],
    ["E130", rule({ applies: "grp:web" }), ["rules", 0, "applies"], "group:web"],
    ["E133", rule({ applies: "world" }), ["rules", 0, "applies"], undefined],
    ["E133", rule({ applies: "10.0.0.0/8" }), ["rules", 0, "applies"], undefined],
    ["E133", rule({ applies: "group:a & host" }), ["rules", 0, "applies"], undefined],
    ["E102", rule({ applies: "from group:a" }), ["rules", 0, "applies"], undefined],
    ["E102", rule({ applies: "group:a log" }), ["rules", 0, "applies"], undefined],
    ["E171", { tier: "admin", rules: [TELNET, TELNET] }, ["rules", 1, "name"], undefined],
  ])("%s: %j", (code, document, path, suggestion) => {
    const { texts, problems } = parseAdminPolicy(document, "base");
    expect(texts).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, path, suggestion, policy: "base", carrier: "admin policy" });
  });

  it("says where it stands, under the policy's name", () => {
    const [problem] = parseAdminPolicy(rule({ ingress: "deny tcp/23 form any" }), "base").problems;
    expect(problem && formatProblem(problem, "base.yaml")).toBe(
      [
        "E102 base.yaml: admin policy no-telnet.ingress",
        "  deny tcp/23 form any",
        '              ^^^^ expected "from", "to" or an option; did you mean "from"?',
      ].join("\n"),
    );
    const [shape] = parseAdminPolicy(7, "base").problems;
    expect(shape && formatProblem(shape, "base")).toBe(
      "E176 base: admin policy document\n  7\n  ^ expected a mapping with tier and rules",
    );
    const [other] = parseAdminPolicy(rule({ ingress: 23 }), "base").problems;
    expect(other && formatProblem(other, "base")).toBe(
      "E176 base: admin policy rules[0].ingress\n  23\n  ^^ expected a text",
    );
  });

  it("takes what YAML has and JSON has not", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [10n, Symbol.iterator, circle, new Map(), Number.NaN]) {
      const { problems } = parseAdminPolicy(rule({ ingress: value }), "p");
      expect(problems.map(({ code }) => code)).toEqual(["E176"]);
    }
  });

  it("reports everything that is wrong", () => {
    const document = {
      tier: "x",
      rules: [
        { ...TELNET, applies: "world" },
        { ...TELNET, ingress: "no" },
      ],
    };
    expect(parseAdminPolicy(document, "p").problems.map(({ code }) => code)).toEqual([
      "E176",
      "E133",
      "E102",
      "E171",
    ]);
  });

  it.each(["a", "base-1", "x".repeat(64)])("takes %s as a policy's name", (name) => {
    expect(isPolicyName(name)).toBe(true);
  });

  it.each(["", "-a", "a-", "A", "a b", "a/b", "..", "x".repeat(65)])("takes %j as none", (name) => {
    expect(isPolicyName(name)).toBe(false);
  });
});

describe("a problem's path", () => {
  it("leads to its rule also behind rules of the wrong shape", () => {
    const rules = [{ name: 1 }, TELNET, "x", { ...TELNET, name: "b", ingress: "deny to any" }, TELNET];
    const { problems } = parseAdminPolicy({ tier: "admin", rules }, "base");
    expect(problems.map(({ code, path }) => [code, ...path])).toEqual([
      ["E176", "rules", 0, "name"],
      ["E176", "rules", 0, "applies"],
      ["E176", "rules", 2],
      ["E121", "rules", 3, "ingress"],
      ["E171", "rules", 4, "name"],
    ]);
  });
});

describe("checkAdminPolicies", () => {
  it("wants names to be unique in tier and direction (E171), whichever policy they are in", () => {
    const base = texts("admin", TELNET);
    const again = { ...base, name: "again" };
    const [problem] = checkAdminPolicies([base, again]);
    expect(problem).toMatchObject({ code: "E171", policy: "again", path: ["rules", 0, "name"] });
    expect(problem?.text).toContain('also in admin policy "of-admin"');
    expect(checkAdminPolicies([base, texts("baseline", TELNET)])).toEqual([]);
    const egress = { name: "no-telnet", applies: "any", egress: "deny tcp/23" };
    expect(checkAdminPolicies([base, { ...again, rules: [egress] }])).toEqual([]);
    const posture = { name: "x", applies: "any", posture: "default-deny" as const };
    expect(checkAdminPolicies([texts("admin", posture, posture)])).toHaveLength(1);
  });
});

describe("parseSelector", () => {
  it.each([
    "containers",
    "any",
    "group:web & !service:db",
    "env in(a,b), has(x)",
    "from=x",
    "to in(a)",
    "project:shop",
  ])("reads %s", (text) => {
    expect(parseSelector(text).value?.length).toBeGreaterThan(0);
  });
});

describe("tiers", () => {
  const OPEN = ownerOf({
    ...composeLabels("shop", "db"),
    "hyperion.ingress.all": "allow tcp from any prio 0",
  });

  it("lets admin rules decide before a container's, whatever their prio", () => {
    const owner = under(OPEN, texts("admin", { ...TELNET, ingress: "deny tcp/23 from any prio 1000" }));
    expect(decide(owner, "ingress", SOMEONE, tcp(23))).toMatchObject({
      verdict: "deny",
      rule: { tier: "admin", name: "no-telnet" },
    });
    expect(decide(owner, "ingress", SOMEONE, tcp(80)).rule).toMatchObject({ tier: "container", name: "all" });
  });

  it("lets baseline rules decide after a container's", () => {
    const owner = under(OPEN, texts("baseline", { ...TELNET, ingress: "deny from any prio 0" }));
    expect(decide(owner, "ingress", SOMEONE, tcp(23)).rule).toMatchObject({ tier: "container" });
    const udp = { protocol: "udp", port: 1 } as const;
    expect(decide(owner, "ingress", SOMEONE, udp).rule).toMatchObject({ tier: "baseline" });
  });

  it("speaks to those alone that `applies` selects, as seen from themselves", () => {
    const closing = (applies: string) =>
      under(OPEN, texts("admin", { ...TELNET, applies })).policy.rules.length === 2;
    expect(["any", "containers", "project", "service:db", "project:shop", "!group:x"].map(closing)).toEqual(
      Array(6).fill(true),
    );
    expect(["service:web", "group:x", "project:blog", "has(env)"].map(closing)).toEqual(Array(4).fill(false));
  });

  it("takes what is the owner's from the endpoint that it applies to", () => {
    const rule = { name: "db", applies: "containers", ingress: "deny tcp/1 from service:web" };
    const shop = under(ownerOf(composeLabels("shop", "db")), texts("admin", rule));
    const blog = under(ownerOf(composeLabels("blog", "db")), texts("admin", rule));
    const alone = under(ownerOf({}), texts("admin", rule));
    expect([shop, blog, alone].map((owner) => decide(owner, "ingress", SOMEONE, tcp(1)).verdict)).toEqual([
      "deny",
      "allow",
      "allow",
    ]);
  });

  it("limits rules to the network that they name", () => {
    const rule = { name: "x", applies: "any", ingress: "deny tcp/1 on back" };
    const owner = under(OPEN, texts("admin", rule));
    expect(decide(owner, "ingress", SOMEONE, tcp(1)).verdict).toBe("allow");
    const back = { ...owner, network: { name: "back", compose: undefined, posture: undefined } };
    expect(decide(back, "ingress", SOMEONE, tcp(1)).verdict).toBe("deny");
  });
});

describe("postures", () => {
  const says = (tier: PolicyTexts["tier"], name: string, posture: PolicyRuleFacts["posture"]) =>
    texts(tier, { name, applies: "any", ...(posture === undefined ? {} : { posture }) });
  const LABELLED = ownerOf({ "hyperion.policy": "default-allow" });
  const network = (posture: Owner["network"]["posture"]) => ({ name: "n", compose: undefined, posture });

  it("puts an admin posture before every other", () => {
    const owner = under(LABELLED, says("admin", "closed", "default-deny"));
    expect(decidePosture(owner, "ingress")).toEqual({ verdict: "deny", by: "admin", rule: "closed" });
  });

  it("puts a baseline posture after the network's and before the daemon's", () => {
    const base = says("baseline", "quiet", "default-deny");
    expect(decidePosture(under(LABELLED, base), "egress")).toEqual({ verdict: "allow", by: "label" });
    const plain = under(ownerOf({}), base);
    expect(decidePosture(plain, "egress")).toEqual({ verdict: "deny", by: "baseline", rule: "quiet" });
    const open = { ...plain, network: network("default-allow") };
    expect(decidePosture(open, "egress")).toEqual({ verdict: "allow", by: "network" });
  });

  it("leaves the direction of which it does not speak to the next", () => {
    const owner = under(LABELLED, says("admin", "closed", "default-deny-egress"));
    expect(decidePosture(owner, "ingress")).toEqual({ verdict: "allow", by: "label" });
    expect(decidePosture(owner, "egress")).toEqual({ verdict: "deny", by: "admin", rule: "closed" });
  });

  it("lets the stricter of two win, in whichever order they come", () => {
    const open = says("admin", "a-open", "default-allow");
    const closed = says("admin", "z-closed", "default-deny-ingress");
    for (const policies of [
      [open, closed],
      [closed, open],
    ]) {
      const owner = under(ownerOf({}), ...policies);
      expect(decidePosture(owner, "ingress")).toEqual({ verdict: "deny", by: "admin", rule: "z-closed" });
      expect(decidePosture(owner, "egress")).toEqual({ verdict: "allow", by: "admin", rule: "a-open" });
    }
  });

  it.each(["admin", "baseline"] as const)("is closed by an allow rule of tier %s", (tier) => {
    const owner = under(ownerOf({}), texts(tier, { name: "web", applies: "any", ingress: "allow tcp/80" }));
    expect(decidePosture(owner, "ingress")).toEqual({ verdict: "deny", by: "allow-rule", tier, rule: "web" });
    expect(decidePosture(owner, "egress")).toEqual({ verdict: "allow", by: "daemon" });
  });
});

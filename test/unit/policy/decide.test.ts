import { describe, expect, it } from "vitest";
import type { Probe } from "../../../src/policy/decide.ts";
import { decide, decidePosture, type Posture } from "../../../src/policy/index.ts";
import { composeLabels, ownerOf, subject } from "./subjects.ts";

const PROJECT = composeLabels("shop", "db");
const API = subject({ project: "shop", service: "api", groups: new Set(["app"]) });
const WEB = subject({ project: "shop", service: "web" });
const SQL: Probe = { protocol: "tcp", port: 5432 };

describe("decide", () => {
  it("lets a rule decide for whom it names and the posture for the rest", () => {
    const owner = ownerOf({ ...PROJECT, "hyperion.ingress.sql": "allow tcp/5432 from service:api" });
    expect(decide(owner, "ingress", API, SQL)).toMatchObject({ verdict: "allow", rule: { name: "sql" } });
    expect(decide(owner, "ingress", WEB, SQL)).toMatchObject({
      verdict: "deny",
      posture: { by: "allow-rule", rule: "sql" },
    });
    expect(decide(owner, "ingress", undefined, SQL).verdict).toBe("deny");
    expect(decide(owner, "ingress", API, { protocol: "tcp", port: 22 }).verdict).toBe("deny");
    expect(decide(owner, "egress", API, SQL)).toEqual({
      verdict: "allow",
      posture: { verdict: "allow", by: "daemon" },
    });
  });

  it.each([
    ["lower prio first", "deny tcp from any", "allow tcp from any prio 10", "allow"],
    ["deny before allow at equal prio", "allow tcp from group:app", "deny tcp from any", "deny"],
    ["whatever the names are", "deny tcp from any", "allow tcp from any", "deny"],
    ["prio before deny", "deny tcp from any prio 501", "allow tcp from any", "allow"],
  ])("%s", (_, a, b, verdict) => {
    for (const [first, second] of [
      [a, b],
      [b, a],
    ] as const) {
      const owner = ownerOf({ "hyperion.ingress.a": first, "hyperion.ingress.b": second });
      expect(decide(owner, "ingress", API, SQL).verdict).toBe(verdict);
    }
  });

  it("among equal denials takes one that enforces before one that audits, whatever the names are", () => {
    for (const [a, b] of [
      ["deny tcp", "deny tcp log audit"],
      ["deny tcp log audit", "deny tcp"],
    ] as const) {
      const owner = ownerOf({ "hyperion.ingress.a": a, "hyperion.ingress.b": b });
      expect(decide(owner, "ingress", API, SQL).rule?.rule.audit).toBe(false);
    }
  });

  it.each<[string, readonly Probe[], readonly Probe[]]>([
    [
      "allow tcp/80-90,100",
      [
        { protocol: "tcp", port: 80 },
        { protocol: "tcp", port: 90 },
        { protocol: "tcp", port: 100 },
      ],
      [
        { protocol: "tcp", port: 91 },
        { protocol: "udp", port: 80 },
      ],
    ],
    [
      "allow sctp",
      [{ protocol: "sctp", port: 1 }],
      [
        { protocol: "tcp", port: 1 },
        { protocol: "other", port: 0 },
      ],
    ],
    [
      "allow icmp",
      [
        { protocol: "icmp", port: 0x0800 },
        { protocol: "icmp6", port: 0x8000 },
      ],
      [{ protocol: "tcp", port: 0x0800 }],
    ],
    ["allow icmp6", [{ protocol: "icmp6", port: 0x8000 }], [{ protocol: "icmp", port: 0x8000 }]],
    [
      "allow icmp/8",
      [
        { protocol: "icmp", port: 0x0800 },
        { protocol: "icmp", port: 0x0805 },
      ],
      [
        { protocol: "icmp", port: 0x0900 },
        { protocol: "icmp6", port: 0x0800 },
      ],
    ],
    ["allow icmp/3:4", [{ protocol: "icmp", port: 0x0304 }], [{ protocol: "icmp", port: 0x0303 }]],
    [
      "allow icmp6/128",
      [{ protocol: "icmp6", port: 0x8000 }],
      [
        { protocol: "icmp6", port: 0x8100 },
        { protocol: "icmp", port: 0x8000 },
      ],
    ],
    [
      "allow",
      [
        { protocol: "other", port: 0 },
        { protocol: "tcp", port: 0 },
        { protocol: "icmp6", port: 1 },
      ],
      [],
    ],
  ])("%s covers what it says", (rule, covered, rest) => {
    const owner = ownerOf({ "hyperion.egress.x": rule });
    for (const probe of covered) expect(decide(owner, "egress", API, probe).verdict).toBe("allow");
    for (const probe of rest) expect(decide(owner, "egress", API, probe).verdict).toBe("deny");
  });

  it("limits a rule and its effect on the posture to the network that it names", () => {
    const labels = { ...PROJECT, "hyperion.ingress.sql": "allow tcp/5432 from service:api on back" };
    const on = (name: string | undefined) =>
      ownerOf(labels, { network: { compose: undefined, name, posture: undefined } });
    expect(decide(on("shop_back"), "ingress", WEB, SQL).verdict).toBe("deny");
    expect(decide(on("back"), "ingress", WEB, SQL).verdict).toBe("deny");
    expect(decide(on("shop_front"), "ingress", WEB, SQL).verdict).toBe("allow");
    expect(decide(on("blog_back"), "ingress", API, SQL)).toMatchObject({ posture: { by: "daemon" } });
  });
});

describe("decidePosture", () => {
  const ALLOW = { "hyperion.ingress.a": "allow tcp/80 from world" };
  it.each<[string, Record<string, string>, Posture | undefined, Posture, object, object]>([
    [
      "nothing said",
      {},
      undefined,
      "default-allow",
      { verdict: "allow", by: "daemon" },
      { verdict: "allow", by: "daemon" },
    ],
    [
      "the daemon closes",
      {},
      undefined,
      "default-deny-egress",
      { verdict: "allow", by: "daemon" },
      { verdict: "deny", by: "daemon" },
    ],
    [
      "an allow rule closes its direction",
      ALLOW,
      undefined,
      "default-allow",
      { verdict: "deny", by: "allow-rule", tier: "container", rule: "a" },
      { verdict: "allow", by: "daemon" },
    ],
    [
      "a deny rule closes nothing",
      { "hyperion.ingress.a": "deny tcp/80" },
      undefined,
      "default-allow",
      { verdict: "allow", by: "daemon" },
      { verdict: "allow", by: "daemon" },
    ],
    [
      "the network's posture comes before the rules",
      ALLOW,
      "default-allow",
      "default-deny",
      { verdict: "allow", by: "network" },
      { verdict: "allow", by: "network" },
    ],
    [
      "the label before the network's",
      { "hyperion.policy": "default-deny" },
      "default-allow",
      "default-allow",
      { verdict: "deny", by: "label" },
      { verdict: "deny", by: "label" },
    ],
    [
      "one direction leaves the other to the network",
      { "hyperion.policy": "default-deny-egress" },
      "default-deny",
      "default-allow",
      { verdict: "deny", by: "network" },
      { verdict: "deny", by: "label" },
    ],
    [
      "and to the rules",
      { ...ALLOW, "hyperion.policy": "default-deny-egress" },
      undefined,
      "default-allow",
      { verdict: "deny", by: "allow-rule", tier: "container", rule: "a" },
      { verdict: "deny", by: "label" },
    ],
    [
      "default-allow opens although rules allow",
      { ...ALLOW, "hyperion.policy": "default-allow" },
      undefined,
      "default-deny",
      { verdict: "allow", by: "label" },
      { verdict: "allow", by: "label" },
    ],
  ])("%s", (_, labels, posture, defaultPosture, ingress, egress) => {
    const owner = ownerOf(labels, { network: { compose: undefined, name: "n", posture }, defaultPosture });
    expect(decidePosture(owner, "ingress")).toEqual(ingress);
    expect(decidePosture(owner, "egress")).toEqual(egress);
  });
});

import { describe, expect, it } from "vitest";
import { type Finding, lint, type PublishedPorts } from "../../../src/policy/index.ts";
import { adminPolicy, lintInput } from "./parties.ts";

type Networks = Parameters<typeof lintInput>[0];

function findings(
  services: Networks[string],
  rest: Parameters<typeof lintInput>[1] = {},
): readonly Finding[] {
  return lint(lintInput({ shop_default: services }, rest));
}

/** Egress left open, so that W210 is not in the way. */
const CLOSED = { "hyperion.policy": "default-deny-ingress" };

/** What is underlined, with the code. */
function underlined(all: readonly Finding[]): readonly string[] {
  return all.map(({ code, span, value = "" }) => `${code} ${span ? value.slice(span.start, span.end) : ""}`);
}

describe("lint", () => {
  it("has nothing to say of what is well", () => {
    const db = { ...CLOSED, "hyperion.ingress.sql": "allow tcp/5432 from service:web, group:app" };
    expect(findings({ "shop/web": { "hyperion.group": "app" }, "shop/db": db })).toEqual([]);
  });

  it("passes on the problems of labels, and the warnings of reading them", () => {
    const input = lintInput({ shop_default: { "shop/web": {} } });
    const remark = { text: "x", span: undefined, suggestion: undefined, label: "hyperion.mod", value: "" };
    const problem = { ...remark, code: "E101", carrier: "label" } as const;
    const warning = { ...remark, code: "W401", carrier: "label" } as const;
    const services = input.services.map((service) => ({
      ...service,
      problems: [problem],
      warnings: [warning],
      attachments: [{ network: "shop_default", driverOptions: {}, problems: [problem] }],
    }));
    expect(lint({ ...input, services })).toEqual([
      { ...problem, severity: "error", who: "shop/web" },
      { ...problem, severity: "error", who: "shop/web", network: "shop_default" },
      { ...warning, severity: "warning", who: "shop/web" },
    ]);
  });
});

describe("W203: a CIDR overlaps a pool of Hyperion", () => {
  it.each([
    ["allow from 10.144.1.0/24", "10.144.1.0/24"],
    ["allow from 203.0.113.1, 10.0.0.0/8", "10.0.0.0/8"],
    ["allow from 10.144.0.7", "10.144.0.7"],
    ["deny from !10.144.0.0/12", "10.144.0.0/12"],
  ])("warns of %s", (rule, span) => {
    const found = findings({ "shop/web": { "hyperion.ingress.in": rule } });
    expect(underlined(found)).toEqual([`W203 ${span}`]);
    expect(found[0]?.text).toContain("10.144.0.0/12 of the daemon's pools");
  });

  it("is content with other subnets", () => {
    expect(findings({ "shop/web": { "hyperion.ingress.in": "allow from 10.1.0.0/16, fd00::/8" } })).toEqual(
      [],
    );
  });
});

describe("W204: allow and deny tie", () => {
  const tie = (allow: string, deny: string, more: Networks[string] = {}) =>
    findings({
      "shop/db": { ...CLOSED, "hyperion.ingress.a": allow, "hyperion.ingress.d": deny },
      "shop/web": { "hyperion.group": "app" },
      ...more,
    });

  it.each([
    ["the same peer", "allow tcp/80 from group:app", "deny tcp/80 from group:app"],
    ["everybody", "allow tcp/80 from service:web", "deny tcp/1-100 from any"],
    ["no peer", "allow tcp/80", "deny from service:web"],
    ["somebody who is both", "allow tcp/80 from service:web", "deny tcp/80 from group:app"],
    ["one inside the other", "allow tcp from service:web & group:app", "deny tcp from group:app"],
    ["addresses", "allow tcp from world", "deny tcp from 203.0.113.0/24"],
  ])("warns where both are about %s", (_, allow, deny) => {
    const found = tie(allow, deny);
    expect(found.map(({ code, label }) => `${code} ${label}`)).toEqual(["W204 hyperion.ingress.a"]);
    expect(found[0]?.text).toContain('"hyperion.ingress.d", which denies some of it and wins');
  });

  it.each([
    ["one comes first", "allow tcp/80 from group:app", "deny tcp/80 from group:app prio 400"],
    ["the ports differ", "allow tcp/80 from group:app", "deny tcp/81 from group:app"],
    ["nobody is both", "allow tcp/80 from service:web", "deny tcp/80 from service:db"],
    ["one is outside", "allow tcp/80 from group:app", "deny tcp/80 from world"],
    ["both allow", "allow tcp/80 from group:app", "allow tcp/80 from any"],
  ])("says nothing where %s", (_, allow, deny) => {
    expect(tie(allow, deny)).toEqual([]);
  });

  it("finds the one pair that ties among hundreds of services with many rules", () => {
    const rules = (direction: string, peer: string) =>
      Array.from({ length: 20 }, (_, i) => [
        `hyperion.${direction}.r${i}`,
        `${i % 2 === 0 ? "allow" : "deny"} tcp/${i + 1} ${peer}`,
      ]);
    const service = { ...CLOSED, ...Object.fromEntries(rules("ingress", "from any")) };
    const services = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`shop/s${i}`, service]));
    const tied = { ...service, "hyperion.ingress.tied": "deny tcp/3 from any" };
    const startMs = performance.now();
    const found = findings({ ...services, "shop/s7": tied });
    expect(found.map(({ who, label }) => `${who} ${label}`)).toEqual(["shop/s7 hyperion.ingress.r2"]);
    // A comparison of every rule with every other took ten seconds.
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it("asks one of many alike whom an admin policy's rules are about", () => {
    const services = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`shop/s${i}`, {}]));
    const rules = Array.from({ length: 60 }, (_, i) => ({
      name: `r${i}`,
      applies: "containers",
      ingress: `${i % 2 === 0 ? "allow" : "deny"} tcp/1 from group:nobody-${i}`,
    }));
    const startMs = performance.now();
    const found = findings(services, { policies: [adminPolicy({ tier: "admin", rules })] });
    expect(found.map(({ code }) => code)).toEqual(rules.map(() => "W305"));
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  it("knows that directions and tiers do not tie", () => {
    const policy = adminPolicy({
      tier: "admin",
      rules: [{ name: "no", applies: "containers", ingress: "deny tcp/80 from any" }],
    });
    const db = {
      ...CLOSED,
      "hyperion.ingress.a": "allow tcp/80 from service:web",
      "hyperion.egress.d": "deny tcp/80 to service:web",
    };
    expect(findings({ "shop/web": {}, "shop/db": db }, { policies: [policy] })).toEqual([]);
  });

  it("finds ties between rules of one admin tier", () => {
    const policy = adminPolicy({
      tier: "admin",
      rules: [
        { name: "yes", applies: "service:shop/web", ingress: "allow tcp/80 from any" },
        { name: "no", applies: "project:shop", ingress: "deny tcp/80 from any" },
      ],
    });
    expect(findings({ "shop/web": {} }, { policies: [policy] })).toMatchObject([
      { code: "W204", who: "house", carrier: "admin policy", label: "yes.ingress" },
    ]);
  });
});

describe("W210: egress closed and no rule for port 53", () => {
  it.each([
    ["a posture", { "hyperion.policy": "default-deny-egress" }, "hyperion.policy"],
    ["an allow rule", { "hyperion.egress.api": "allow tcp/443 to world" }, "hyperion.egress.api"],
    [
      "whole protocols to containers",
      { "hyperion.egress.api": "allow udp to containers" },
      "hyperion.egress.api",
    ],
    [
      "a posture, and a rule that denies port 53,",
      { "hyperion.policy": "default-deny-egress", "hyperion.egress.dns": "deny udp/53 to world" },
      "hyperion.policy",
    ],
  ])("warns where %s closes it", (_, labels, label) => {
    const found = findings({ "shop/web": labels });
    expect(found.map(({ code, label: at }) => `${code} ${at}`)).toEqual([`W210 ${label}`]);
  });

  it.each([
    ["egress is open", { "hyperion.policy": "default-deny-ingress" }],
    ["a rule says so", { "hyperion.egress.dns": "allow udp/53,tcp/53 to world" }],
    ["TCP alone", { "hyperion.egress.dns": "allow tcp/53 to 203.0.113.53" }],
    ["the name server is a container", { "hyperion.egress.dns": "allow udp/53 to service:web" }],
    ["everything may go to the world", { "hyperion.egress.all": "allow to world" }],
    ["it only audits", { "hyperion.policy": "default-deny-egress", "hyperion.mode": "audit" }],
  ])("says nothing where %s", (_, labels) => {
    expect(findings({ "shop/web": labels })).toEqual([]);
  });

  it("says nothing where there is no way out", () => {
    const labels = { "hyperion.policy": "default-deny-egress" };
    expect(findings({ "shop/web": labels }, { internal: ["shop_default"] })).toEqual([]);
  });
});

describe("W211: a published port that no rule lets the world reach", () => {
  const published = (...ports: Partial<PublishedPorts>[]) => ({
    published: {
      "shop/web": ports.map(
        (port) => ({ protocol: "tcp", first: 443, last: 443, hostOnly: false, ...port }) as const,
      ),
    },
  });

  it.each([
    ["the posture closes it", { "hyperion.policy": "default-deny-ingress" }, "hyperion.policy"],
    [
      "the rules let others in",
      { "hyperion.ingress.in": "allow tcp/443 from project" },
      "hyperion.ingress.in",
    ],
    ["the rule is about UDP", { "hyperion.ingress.in": "allow udp/443 from world" }, "hyperion.ingress.in"],
    ["a rule denies the world", { "hyperion.ingress.in": "deny tcp from world" }, undefined],
  ])("warns where %s", (_, labels, label) => {
    const found = findings({ "shop/web": labels }, published({}));
    expect(found.map(({ code, label: at, port }) => ({ code, at, port }))).toEqual([
      { code: "W211", at: label, port: 0 },
    ]);
    expect(found[0]?.text).toContain("add: allow tcp/443 from world");
  });

  it.each([
    ["nothing is closed", {}],
    ["a rule allows it", { "hyperion.ingress.in": "allow tcp/443 from world" }],
    ["some of the world may", { "hyperion.ingress.in": "allow tcp/400-500 from 203.0.113.0/24" }],
  ])("says nothing where %s", (_, labels) => {
    expect(findings({ "shop/web": labels }, published({}))).toEqual([]);
  });

  it("looks at the port's place, and asks for the machine where the port is its alone", () => {
    const labels = { "hyperion.ingress.in": "allow tcp/443 from world" };
    const found = findings({ "shop/web": labels }, published({}, { hostOnly: true }, { first: 1, last: 9 }));
    expect(found.map(({ code, port, text }) => `${code} ${port} ${text}`)).toEqual([
      "W211 1 tcp/443 is published, and no rule lets the host reach it; add: allow tcp/443 from host",
      "W211 2 tcp/1-9 is published, and no rule lets the world reach it; add: allow tcp/1-9 from world",
    ]);
  });

  it("names what of a range nobody reaches", () => {
    const labels = {
      "hyperion.ingress.low": "allow tcp/201-202 from 203.0.113.0/24",
      "hyperion.ingress.high": "allow tcp/205-300 from 198.51.100.0/24",
    };
    const [found] = findings({ "shop/web": labels }, published({ first: 200, last: 206 }));
    expect(found?.text).toContain("add: allow tcp/200,203-204 from world");
  });
});

describe("W305: a selector that matches nothing here", () => {
  it.each([
    ["allow from service:wbe", "service:wbe", "service:web"],
    ["allow from service:web, group:ap", "group:ap", "group:app"],
    ["allow from project:shpo", "project:shpo", "project:shop"],
    ["allow from container:shop-web-9", "container:shop-web-9", "container:shop-web-1"],
    ["allow from env=prod", "env=prod", undefined],
    ["allow from group:app & service:db", "group:app & service:db", undefined],
  ])("warns of %s", (rule, span, suggestion) => {
    const found = findings({
      "shop/web": { "hyperion.group": "app" },
      "shop/db": { "hyperion.ingress.in": rule },
    });
    expect(underlined(found)).toEqual([`W305 ${span}`]);
    expect(found[0]?.suggestion).toBe(suggestion);
  });

  it("knows the replicas of a service by name", () => {
    const db = { "hyperion.ingress.in": "allow from container:shop-web-2" };
    const rest = { containers: { "shop/web": ["shop-web-1", "shop-web-2"] } };
    expect(findings({ "shop/web": {}, "shop/db": db }, rest)).toEqual([]);
  });

  it("looks on the networks that the rule is about", () => {
    const db = { "hyperion.ingress.in": "allow from service:web" };
    const apart = lint(lintInput({ shop_back: { "shop/db": db }, shop_front: { "shop/web": {} } }));
    expect(apart.map(({ code, text }) => `${code} ${text}`)).toEqual([
      "W305 matches nobody that shop/db meets; shop/web is on other networks",
    ]);
    const nowhere = lint(
      lintInput({ shop_back: { "shop/db": { "hyperion.ingress.in": "allow on front" } } }),
    );
    expect(nowhere.map(({ code, text }) => `${code} ${text}`)).toEqual([
      'W305 shop/db is on no network "front"',
    ]);
  });

  it("asks of admin policies whom they apply to", () => {
    const policy = adminPolicy({
      tier: "admin",
      rules: [
        { name: "jump", applies: "group:jump, service:shop/web", ingress: "allow tcp/22 from group:ops" },
      ],
    });
    expect(findings({ "shop/web": {} }, { policies: [policy] })).toMatchObject([
      { code: "W305", who: "house", label: "jump.ingress", value: "allow tcp/22 from group:ops" },
      { code: "W305", who: "house", label: "jump.applies", value: "group:jump, service:shop/web" },
    ]);
  });
});

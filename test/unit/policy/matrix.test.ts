import { describe, expect, it } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import { matrix, outsideAt, parseProbe } from "../../../src/policy/index.ts";
import { adminPolicy, network, shop } from "./parties.ts";

const probes = (...texts: string[]) => texts.map(parseProbe);
const world = (...addresses: string[]) => addresses.map((text) => outsideAt(parseIp(text), new Set()));

describe("the matrix", () => {
  it("is the document that the specification shows", () => {
    const population = shop({
      "shop/web": {},
      "shop/db": { "hyperion.ingress.sql": "allow tcp/5432 from service:web" },
    });
    expect(matrix(population, probes("tcp/5432"), [])).toEqual({
      version: 1,
      verdicts: [
        {
          network: "shop_default",
          from: "shop/db",
          to: "shop/web",
          probe: "tcp/5432",
          verdict: "allow",
          egress: { verdict: "allow", by: "posture" },
          ingress: { verdict: "allow", by: "posture" },
        },
        {
          network: "shop_default",
          from: "shop/web",
          to: "shop/db",
          probe: "tcp/5432",
          verdict: "allow",
          egress: { verdict: "allow", by: "posture" },
          ingress: { verdict: "allow", by: "rule:sql" },
        },
      ],
    });
  });

  it("has one entry per network, ordered pair and probe, in an order of names", () => {
    const front = network("shop_front", { "shop/web": {}, "shop/api": {} });
    const back = network("shop_back", { "shop/api": {}, "shop/web": {}, "shop/db": {} });
    const { verdicts } = matrix({ networks: [front, back] }, probes("udp/53", "tcp/80"), []);
    expect(verdicts.map((one) => `${one.network} ${one.from} ${one.to} ${one.probe}`)).toEqual([
      "shop_back shop/api shop/db udp/53",
      "shop_back shop/api shop/db tcp/80",
      "shop_back shop/api shop/web udp/53",
      "shop_back shop/api shop/web tcp/80",
      "shop_back shop/db shop/api udp/53",
      "shop_back shop/db shop/api tcp/80",
      "shop_back shop/db shop/web udp/53",
      "shop_back shop/db shop/web tcp/80",
      "shop_back shop/web shop/api udp/53",
      "shop_back shop/web shop/api tcp/80",
      "shop_back shop/web shop/db udp/53",
      "shop_back shop/web shop/db tcp/80",
      "shop_front shop/api shop/web udp/53",
      "shop_front shop/api shop/web tcp/80",
      "shop_front shop/web shop/api udp/53",
      "shop_front shop/web shop/api tcp/80",
    ]);
  });

  it("lets what is outside be from and to, with a side of its own that allows by posture", () => {
    const population = shop({
      "shop/web": { "hyperion.ingress.https": "allow tcp/443 from 203.0.113.0/24" },
    });
    const { verdicts } = matrix(population, probes("tcp/443"), world("203.0.113.7", "2001:db8::7"));
    const posture = { verdict: "allow", by: "posture" };
    const shared = { network: "shop_default", probe: "tcp/443" };
    const to = (address: string) => ({
      ...shared,
      from: "shop/web",
      to: `world:${address}`,
      verdict: "allow",
      egress: posture,
      ingress: posture,
    });
    expect(verdicts).toEqual([
      to("203.0.113.7"),
      to("2001:db8::7"),
      {
        ...shared,
        from: "world:203.0.113.7",
        to: "shop/web",
        verdict: "allow",
        egress: posture,
        ingress: { verdict: "allow", by: "rule:https" },
      },
      {
        ...shared,
        from: "world:2001:db8::7",
        to: "shop/web",
        verdict: "deny",
        egress: posture,
        ingress: { verdict: "deny", by: "posture" },
      },
    ]);
  });

  it("has nothing outside on a network without a way out", () => {
    const inner = { ...network("shop_inner", { "shop/web": {}, "shop/db": {} }), hasWayOut: false };
    const { verdicts } = matrix({ networks: [inner] }, probes("tcp/80"), world("203.0.113.7"));
    expect(verdicts.map(({ from, to }) => `${from} ${to}`)).toEqual(["shop/db shop/web", "shop/web shop/db"]);
  });

  it("shows a denial that only audits as allow with audit, on its side and in all", () => {
    const { verdicts } = matrix(
      shop({
        "shop/web": {},
        "shop/db": { "hyperion.mode": "audit", "hyperion.policy": "default-deny-ingress" },
      }),
      probes("tcp/22"),
      [],
    );
    expect(verdicts).toMatchObject([
      { from: "shop/db", verdict: "allow" },
      {
        from: "shop/web",
        verdict: "allow",
        audit: true,
        egress: { verdict: "allow", by: "posture" },
        ingress: { verdict: "allow", by: "posture", audit: true },
      },
    ]);
    expect(verdicts[0]).not.toHaveProperty("audit");
    expect(verdicts[1]?.egress).not.toHaveProperty("audit");
  });

  it("names rules of admin policies by their tier", () => {
    const policies = [
      adminPolicy({
        tier: "admin",
        rules: [{ name: "out", applies: "service:shop/web", egress: "deny tcp/23" }],
      }),
      adminPolicy(
        { tier: "baseline", rules: [{ name: "in", applies: "containers", ingress: "deny tcp/23" }] },
        "base",
      ),
    ].map(({ policy }) => policy);
    const { verdicts } = matrix(shop({ "shop/web": {}, "shop/db": {} }, policies), probes("tcp/23"), []);
    expect(verdicts.find(({ from }) => from === "shop/web")).toMatchObject({
      verdict: "deny",
      egress: { verdict: "deny", by: "admin:out" },
      ingress: { verdict: "deny", by: "baseline:in" },
    });
  });

  it("asks for an echo in the protocol of what is outside", () => {
    const population = shop({ "shop/web": { "hyperion.ingress.ping": "allow icmp6/128 from world" } });
    const { verdicts } = matrix(population, probes("icmp"), world("203.0.113.7", "2001:db8::7"));
    const inward = verdicts.filter(({ to }) => to === "shop/web");
    expect(inward.map(({ from, verdict }) => `${from} ${verdict}`)).toEqual([
      "world:203.0.113.7 deny",
      "world:2001:db8::7 allow",
    ]);
  });
});

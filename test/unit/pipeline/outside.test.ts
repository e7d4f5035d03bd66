import { describe, expect, it } from "vitest";
import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import type { PolicyRow, Row } from "../../../src/model/rows.ts";
import { Compiler, type Desired, lookUp } from "../../../src/pipeline/index.ts";
import { classifyOutside } from "../../../src/pipeline/outside-classes.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "./facts.ts";

const NET = network("shop_default");
const WEB = { "hyperion.ingress.https": "allow tcp/443 from world" };
const SSH = { "hyperion.ingress.ssh": "allow tcp/22 from 10.20.0.0/16" };
const HOST = ["192.0.2.1", "10.20.0.1", "fe80::1"].map(parseIp);

/** Endpoint e<n> leaves by port 1000 + n, unless said otherwise. */
function world(endpoints: readonly EndpointFacts[], rest: Partial<Facts> = {}, networks = [NET]): Facts {
  return {
    ...facts(networks, endpoints),
    gateways: new Map(endpoints.map(({ id, index }) => [id, 1000 + index])),
    hostAddresses: new Set(HOST),
    ...rest,
  };
}

const compile = (facts: Facts) => new Compiler(SETTINGS).compile(facts, numbering());
const rowsOf = (desired: Desired): readonly Row[] => [...desired.groups.values()].flat();
const prefixes = (desired: Desired) =>
  (desired.groups.get("prefixes") ?? []).map((row) => row.table === "prefix" && row.prefix);
const gateways = (desired: Desired) =>
  rowsOf(desired).flatMap((row) =>
    row.table === "port" && row.kind === "gateway" ? [[row.port, row.endpoint]] : [],
  );
const outsideRows = (desired: Desired, policy = 1) =>
  (desired.groups.get(`outside:${policy}`) ?? []) as readonly PolicyRow[];

describe("ways out", () => {
  const A = network("a", {}, 2);
  const B = network("b", {}, 3);
  const on = (index: number, at = NET) => endpoint(index, at, container("web"));
  const one = (...endpoints: readonly EndpointFacts[]) => ({
    gateways: new Map(endpoints.map(({ id }) => [id, 2000])),
  });

  it("have a port row in a group of their own", () => {
    expect(compile(world([on(1)])).groups.get("gateway:1001")).toEqual([
      { table: "port", port: 1001, endpoint: 1, kind: "gateway" },
    ]);
  });

  it("are governed by the endpoint whose network comes first by name", () => {
    const endpoints = [on(1, B), on(2, A), on(3)];
    const networks = [NET, A, B];
    expect(gateways(compile(world(endpoints, one(...endpoints), networks)))).toEqual([[2000, 2]]);
    const nameless = { ...A, name: undefined, id: "z" as typeof A.id };
    const moved = [on(1, B), on(2, nameless), on(3)];
    expect(gateways(compile(world(moved, one(...moved), [NET, nameless, B])))).toEqual([[2000, 1]]);
  });

  it("are no business of networks that are internal or have no gateway", () => {
    const internal = { ...A, internal: true };
    const none = network("b", { gateway: "none" }, 3);
    const endpoints = [on(1, internal), on(2, none), on(3)];
    expect(gateways(compile(world(endpoints, one(...endpoints), [NET, internal, none])))).toEqual([
      [2000, 3],
    ]);
    const alone = [on(1, internal), on(2, none)];
    expect(gateways(compile(world(alone, one(...alone), [internal, none])))).toEqual([]);
  });

  it("go by the network's id where two have one name", () => {
    const twin = { ...network("twin", {}, 2), name: NET.name };
    const endpoints = [on(1, twin), on(2)];
    expect(gateways(compile(world(endpoints, one(...endpoints), [NET, twin])))).toEqual([[2000, 2]]);
    const swapped = [...endpoints].reverse();
    expect(gateways(compile(world(swapped, one(...swapped), [twin, NET])))).toEqual([[2000, 2]]);
  });

  it("keep their array while the endpoint that governs them is the same", () => {
    const compiler = new Compiler(SETTINGS);
    const numbers = numbering();
    const first = compiler.compile(world([on(1)]), numbers).groups.get("gateway:1001");
    const second = compiler.compile(world([on(1), on(2)]), numbers).groups.get("gateway:1001");
    expect(second).toBe(first);
  });
});

describe("prefixes", () => {
  it("are none where no rule of a way out tells apart who is outside", () => {
    const anyone = container("web", {
      "hyperion.ingress.a": "allow tcp/80",
      "hyperion.ingress.b": "deny from group:x",
    });
    expect(compile(world([endpoint(1, NET, anyone)])).groups.has("prefixes")).toBe(false);
    const inside = { gateways: new Map() };
    expect(compile(world([endpoint(1, NET, container("web", WEB))], inside)).groups.has("prefixes")).toBe(
      false,
    );
  });

  it("are those of the rules, the machine's addresses, and the rest", () => {
    const desired = compile(world([endpoint(1, NET, container("web", SSH))]));
    expect(prefixes(desired)).toEqual([
      "0.0.0.0/0",
      "10.20.0.0/16",
      "10.20.0.1/32",
      "192.0.2.1/32",
      "::/0",
      "fe80::1/128",
    ]);
  });

  it("have policy rows where a rule singles them out, and no others", () => {
    const desired = compile(world([endpoint(1, NET, container("web", { ...WEB, ...SSH }))]));
    const identities = new Map(
      (desired.groups.get("prefixes") ?? []).flatMap((row) =>
        row.table === "prefix" ? [[row.identity, row.prefix]] : [],
      ),
    );
    const found = outsideRows(desired).map(({ identity, port }) => [identities.get(identity), port]);
    expect(found.sort()).toEqual([
      ["0.0.0.0/0", 443],
      ["10.20.0.0/16", 22],
      ["10.20.0.0/16", 443],
      ["10.20.0.1/32", 22],
      ["::/0", 443],
    ]);
    expect(desired.groups.get("policy:1")).toEqual([]);
  });

  it("are one class where nothing tells them apart, however many addresses the machine has", () => {
    const rows = classifyOutside(new Set([parsePrefix("10.0.0.0/8")]), new Set(HOST));
    const classes = new Set(rows.map(({ outside }) => `${outside.prefix} ${outside.host}`));
    expect([...classes].sort()).toEqual([
      "0.0.0.0/0 false",
      "0.0.0.0/0 true",
      "10.0.0.0/8 false",
      "10.0.0.0/8 true",
      "::/0 false",
      "::/0 true",
    ]);
  });

  it("are policy rows of none whose endpoints have no way out", () => {
    const inner = endpoint(
      2,
      NET,
      container("db", { "hyperion.ingress.x": "allow tcp/1 from 10.20.0.0/16" }),
    );
    const outer = endpoint(1, NET, container("web", SSH));
    const desired = compile(world([outer, inner], { gateways: new Map([[outer.id, 1001]]) }));
    expect([...desired.groups.keys()].filter((name) => name.startsWith("outside:"))).toEqual(["outside:1"]);
  });
});

describe("what a change outside touches", () => {
  const changed = (before: Desired, after: Desired) =>
    [...new Set([...before.groups.keys(), ...after.groups.keys()])]
      .filter((name) => before.groups.get(name) !== after.groups.get(name))
      .sort();
  const web = endpoint(1, NET, container("web", WEB));
  const both = (before: Facts, after: Facts) => {
    const compiler = new Compiler(SETTINGS);
    const numbers = numbering();
    return changed(compiler.compile(before, numbers), compiler.compile(after, numbers));
  };

  it("is nothing where nothing changed, even in new maps", () => {
    expect(both(world([web]), world([web]))).toEqual([]);
  });

  it("is the prefixes alone where a machine that no rule singles out gets an address", () => {
    const more = new Set([...HOST, parseIp("198.51.100.7")]);
    expect(both(world([web]), world([web], { hostAddresses: more }))).toEqual(["prefixes"]);
  });

  it("is the rows about outside of those whom the new prefix concerns, and none about containers", () => {
    const ssh = endpoint(2, NET, container("ssh", SSH));
    expect(both(world([web]), world([web, ssh]))).toEqual([
      "endpoint:e2",
      "gateway:1002",
      "outside:1",
      "outside:2",
      "policy:2",
      "prefixes",
    ]);
  });

  it("is everything outside when the last rule that speaks of it goes", () => {
    const plain = endpoint(1, NET, container("web"));
    expect(both(world([web]), world([plain]))).toEqual([
      "endpoint:e1",
      "outside:1",
      "policy:1",
      "policy:2",
      "prefixes",
    ]);
  });
});

describe("lookUp", () => {
  const rows = rowsOf(compile(world([endpoint(1, NET, container("web", { ...SSH, ...WEB }))])));
  const ask = (address: string, port: number) =>
    lookUp(rows, 1, "ingress", parseIp(address), { protocol: "tcp", port });

  it("answers as the data plane does, with the identity by which it found out", () => {
    expect(ask("10.20.3.4", 22)).toMatchObject({ verdict: "allow", rule: 2, log: false, audit: false });
    expect(ask("10.21.3.4", 22)).toMatchObject({ verdict: "deny", rule: 0 });
    expect(ask("203.0.113.9", 443)).toMatchObject({ verdict: "allow", rule: 1 });
    expect(ask("192.0.2.1", 443)).toMatchObject({ verdict: "deny", rule: 0 });
    expect(ask("10.20.3.4", 22)?.identity).not.toBe(ask("10.20.0.1", 22)?.identity);
  });

  it("knows no endpoint that has no row", () => {
    expect(lookUp(rows, 9, "ingress", 1, { protocol: "tcp", port: 1 })).toBeUndefined();
  });

  it("lets nothing pass an endpoint in quarantine", () => {
    const held = rowsOf(compile(world([endpoint(1, NET, undefined)])));
    const found = lookUp(held, 1, "egress", parseIp("192.0.2.1"), { protocol: "tcp", port: 1 });
    expect(found).toEqual({ verdict: "deny", rule: 0, log: false, audit: false, identity: 0 });
  });
});

import { describe, expect, it } from "vitest";
import type { EndpointFacts } from "../../../src/model/facts.ts";
import type { EndpointId } from "../../../src/model/ids.ts";
import { parseInterfaceAddress } from "../../../src/model/ip.ts";
import type { EndpointRow, PolicyRow, Row } from "../../../src/model/rows.ts";
import { Compiler, type Desired, type Settings } from "../../../src/pipeline/index.ts";
import { composeLabels } from "../policy/subjects.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "./facts.ts";

const NET = network("shop_default");
const SQL = { "hyperion.ingress.sql": "allow tcp/5432 from group:app log" };
const APP = { "hyperion.group": "app" };

function compile(endpoints: readonly EndpointFacts[], settings: Partial<Settings> = {}, networks = [NET]) {
  return new Compiler({ ...SETTINGS, ...settings }).compile(facts(networks, endpoints), numbering());
}

const rowsOf = (desired: Desired): readonly Row[] => [...desired.groups.values()].flat();
const viewOf = (desired: Desired, index: number) => desired.endpoints.get(`e${index}` as EndpointId);
const endpointRow = (desired: Desired, index: number) =>
  rowsOf(desired).find((row): row is EndpointRow => row.table === "endpoint" && row.endpoint === index);
const policyRows = (desired: Desired, policy: number | undefined) =>
  rowsOf(desired).filter((row): row is PolicyRow => row.table === "policy" && row.policy === policy);

describe("rows", () => {
  it("describes a network, an endpoint, its port and its address", () => {
    const desired = compile([endpoint(2, NET, container("web"))]);
    expect(desired.groups.get("network:shop_default")).toEqual([
      { table: "network", network: 1, multicast: false, mtuBytes: 1500, members: 0, vni: 0 },
    ]);
    expect(desired.groups.get("endpoint:e2")).toEqual([
      { table: "port", port: 102, endpoint: 2, kind: "vf" },
      {
        table: "endpoint",
        endpoint: 2,
        generation: 0,
        network: 1,
        port: 102,
        identity: 1,
        policy: 1,
        egressDeny: false,
        ingressDeny: false,
        egressPrefixLengths: 0,
        ingressPrefixLengths: 0,
        mode: "enforce",
        software: false,
        mac: "02:00:00:00:00:02",
        ipv4: "10.1.0.2",
        ipv6: undefined,
        egressRate: 0,
        ingressRate: 0,
        egressBurst: 0,
        ingressBurst: 0,
      },
      {
        table: "neighbour",
        network: 1,
        address: "10.1.0.2",
        endpoint: 2,
        identity: 0,
        vtep: 0,
        mac: "02:00:00:00:00:02",
      },
    ]);
    expect(desired.groups.get("policy:1")).toEqual([]);
  });

  it("answers IPv6 neighbours for the global and the link-local address", () => {
    const ipv6 = parseInterfaceAddress("fd00:1::2/64");
    const desired = compile([endpoint(2, NET, container("web"), { ipv4: undefined, ipv6 })]);
    const neighbours = rowsOf(desired).filter(({ table }) => table === "neighbour");
    expect(neighbours.map((row) => row.table === "neighbour" && row.address)).toEqual([
      "fd00:1::2",
      "fe80::ff:fe00:2",
    ]);
  });

  it("writes the rules for anyone under identity 0 and the rest for who is there", () => {
    const labels = {
      ...SQL,
      "hyperion.ingress.ping": "allow icmp/8 from any",
      "hyperion.egress.x": "deny udp/53",
    };
    const desired = compile([
      endpoint(1, NET, container("db", labels)),
      endpoint(2, NET, container("api", APP)),
      endpoint(3, NET, container("web")),
    ]);
    const db = endpointRow(desired, 1);
    expect(db).toMatchObject({
      ingressDeny: true,
      egressDeny: false,
      ingressPrefixLengths: (1 << 16) | (1 << 8),
      egressPrefixLengths: 1 << 16,
    });
    const key = { table: "policy", policy: db?.policy, audit: false, log: false } as const;
    expect(policyRows(desired, db?.policy)).toEqual([
      {
        ...key,
        direction: "ingress",
        identity: 0,
        protocol: "icmp",
        port: 2048,
        prefixLength: 8,
        verdict: "allow",
        rule: 2,
      },
      {
        ...key,
        direction: "egress",
        identity: 0,
        protocol: "udp",
        port: 53,
        prefixLength: 16,
        verdict: "deny",
        rule: 3,
      },
      {
        ...key,
        direction: "ingress",
        identity: viewOf(desired, 2)?.identity,
        protocol: "tcp",
        port: 5432,
        prefixLength: 16,
        verdict: "allow",
        rule: 1,
        log: true,
      },
    ]);
    const rules = viewOf(desired, 1)?.rules ?? new Map();
    expect([...rules].map(([number, { name }]) => [number, name])).toEqual([
      [1, "sql"],
      [2, "ping"],
      [3, "x"],
    ]);
    expect(viewOf(desired, 1)?.posture?.ingress).toEqual({
      verdict: "deny",
      by: "allow-rule",
      tier: "container",
      rule: "sql",
    });
  });

  it("writes nothing for those who live on other networks", () => {
    const other = network("other", {}, 2);
    const desired = compile(
      [endpoint(1, NET, container("db", SQL)), endpoint(2, other, container("api", APP))],
      {},
      [NET, other],
    );
    expect(policyRows(desired, viewOf(desired, 1)?.policy)).toEqual([]);
  });

  it("gives equals one identity and one policy set, and others their own", () => {
    const desired = compile([
      endpoint(1, NET, container("db-1", SQL)),
      endpoint(2, NET, container("db-2", SQL)),
      endpoint(3, NET, container("db-3", { ...SQL, ...APP })),
      endpoint(4, NET, container("db-4", { ...SQL, "hyperion.policy": "default-deny" })),
    ]);
    const [a, b, c, d] = [1, 2, 3, 4].map((index) => viewOf(desired, index));
    expect(b).toMatchObject({ identity: a?.identity, policy: a?.policy });
    expect(c?.identity).not.toBe(a?.identity);
    expect(c?.policy).toBe(a?.policy);
    expect(d?.identity).toBe(a?.identity);
    expect(d?.policy).not.toBe(a?.policy);
  });

  it("keeps policy sets apart whose rules speak of the owner's project, and only those", () => {
    const policies = (rule: string) => {
      const of = (project: string, index: number) =>
        endpoint(
          index,
          NET,
          container(project, { ...composeLabels(project, "x"), "hyperion.ingress.a": rule }),
        );
      const desired = compile([of("shop", 1), of("blog", 2)]);
      return new Set([viewOf(desired, 1)?.policy, viewOf(desired, 2)?.policy]).size;
    };
    expect(policies("allow from service:web")).toBe(2);
    expect(policies("allow from service:x/web")).toBe(1);
  });

  it("keeps policy sets apart whose rules speak of the owner's service", () => {
    const rule = { "hyperion.ingress.twins": "allow from service" };
    const of = (service: string, index: number) =>
      endpoint(index, NET, container(`${service}-${index}`, { ...composeLabels("shop", service), ...rule }));
    const desired = compile([of("web", 1), of("web", 2), of("db", 3)]);
    const [one, two, other] = [1, 2, 3].map((index) => viewOf(desired, index)?.policy);
    expect(two).toBe(one);
    expect(other).not.toBe(one);
    const allowed = (policy: number | undefined) =>
      new Set(policyRows(desired, policy).map(({ identity }) => identity));
    expect(allowed(one)).toEqual(new Set([viewOf(desired, 1)?.identity]));
    expect(allowed(other)).toEqual(new Set([viewOf(desired, 3)?.identity]));
  });

  it("keeps policy sets apart whose rules are called otherwise: they are counted by name", () => {
    const desired = compile([
      endpoint(1, NET, container("a", { "hyperion.ingress.one": "allow tcp/1" })),
      endpoint(2, NET, container("b", { "hyperion.ingress.two": "allow tcp/1" })),
    ]);
    const names = [1, 2].map((index) => [...(viewOf(desired, index)?.rules.values() ?? [])][0]?.name);
    expect(names).toEqual(["one", "two"]);
  });

  it("tells containers apart by name only where a rule names one", () => {
    const twins = [endpoint(2, NET, container("api-1", APP)), endpoint(3, NET, container("api-2", APP))];
    const blind = compile([endpoint(1, NET, container("db", SQL)), ...twins]);
    expect(viewOf(blind, 2)?.identity).toBe(viewOf(blind, 3)?.identity);
    const rule = { "hyperion.ingress.one": "allow tcp/1 from container:api-2" };
    const desired = compile([endpoint(1, NET, container("db", rule)), ...twins]);
    const named = viewOf(desired, 3)?.identity;
    expect(viewOf(desired, 2)?.identity).not.toBe(named);
    expect(policyRows(desired, viewOf(desired, 1)?.policy).map(({ identity }) => identity)).toEqual([named]);
  });

  it("reads the same labels anew on a network of another name", () => {
    const back = network("back", {}, 2);
    const rule = container("c", { "hyperion.egress.a": "allow tcp/1 on back" });
    const desired = compile([endpoint(1, NET, rule), endpoint(2, back, rule)], {}, [NET, back]);
    expect(viewOf(desired, 1)?.rules.size).toBe(0);
    expect(viewOf(desired, 2)?.rules.size).toBe(1);
  });

  it("reads the same labels anew on a network of the same name that compose calls otherwise", () => {
    const keyed = { ...network("keyed", {}, 2), name: NET.name, compose: { project: "shop", key: "front" } };
    const rule = container("c", {
      ...composeLabels("shop", "c"),
      "hyperion.egress.a": "allow tcp/1 on front",
    });
    const desired = compile([endpoint(1, NET, rule), endpoint(2, keyed, rule)], {}, [NET, keyed]);
    expect(viewOf(desired, 1)?.rules.size).toBe(0);
    expect(viewOf(desired, 2)?.rules.size).toBe(1);
  });

  it("reads the same labels anew on a network of another posture", () => {
    const closed = { ...network("closed", { posture: "default-deny" }, 2), name: NET.name };
    const plain = container("c");
    const desired = compile([endpoint(1, NET, plain), endpoint(2, closed, plain)], {}, [NET, closed]);
    expect(viewOf(desired, 1)?.posture?.ingress).toEqual({ verdict: "allow", by: "daemon" });
    expect(viewOf(desired, 2)?.posture?.ingress).toEqual({ verdict: "deny", by: "network" });
  });

  it("passes rates and audit on", () => {
    const labels = { "hyperion.mode": "audit", "hyperion.rate.ingress": "8mbit burst 128kb" };
    expect(endpointRow(compile([endpoint(1, NET, container("c", labels))]), 1)).toMatchObject({
      mode: "audit",
      ingressRate: 1_000_000,
      ingressBurst: 131_072,
      egressRate: 0,
    });
  });

  it("says nothing of an endpoint whose network is not known", () => {
    const desired = compile([endpoint(1, network("gone"), container("c"))]);
    expect([...desired.groups.keys()]).toEqual(["network:shop_default"]);
    expect(desired.endpoints.size).toBe(0);
  });
});

describe("quarantine", () => {
  const CLOSED = { mode: "quarantine", egressDeny: true, ingressDeny: true };

  it("holds an endpoint without a container, and shows nobody its identity", () => {
    const open = { "hyperion.ingress.all": "allow from containers", "hyperion.policy": "default-allow" };
    const desired = compile([
      endpoint(1, NET, undefined, { driverOptions: open }),
      endpoint(2, NET, container("web", open)),
    ]);
    expect(endpointRow(desired, 1)).toMatchObject(CLOSED);
    expect(viewOf(desired, 1)).toMatchObject({
      quarantine: "unattributed",
      posture: undefined,
      problems: [],
    });
    const identities = policyRows(desired, viewOf(desired, 2)?.policy).map(({ identity }) => identity);
    expect(new Set(identities)).toEqual(new Set([viewOf(desired, 2)?.identity]));
    expect(policyRows(desired, viewOf(desired, 1)?.policy)).toEqual([]);
  });

  it("lets driver_opts alone govern where no container is required", () => {
    const driverOptions = { "hyperion.ingress.a": "allow tcp/80" };
    const desired = compile([endpoint(1, NET, undefined, { driverOptions })], { requireContainer: false });
    expect(endpointRow(desired, 1)).toMatchObject({ mode: "enforce", ingressDeny: true, egressDeny: false });
  });

  it("holds an endpoint whose labels are wrong, and says what is", () => {
    const desired = compile([endpoint(1, NET, container("c", { "hyperion.ingress.a": "allow tcp/0" }))]);
    expect(endpointRow(desired, 1)).toMatchObject(CLOSED);
    expect(viewOf(desired, 1)).toMatchObject({ quarantine: "problems", problems: [{ code: "E117" }] });
  });

  it("gives all that it holds one identity, named by rules or not", () => {
    const rule = { "hyperion.ingress.one": "allow tcp/1 from container:wrong-1" };
    const wrong = { "hyperion.mode": "x" };
    const desired = compile([
      endpoint(1, NET, container("db", rule)),
      endpoint(2, NET, container("wrong-1", wrong)),
      endpoint(3, NET, container("wrong-2", wrong)),
    ]);
    expect(viewOf(desired, 2)?.identity).toBe(viewOf(desired, 3)?.identity);
  });

  it("holds an endpoint whose rule names a network while the network's name is not known", () => {
    const labels = { "hyperion.ingress.a": "allow tcp/80 on shop_default" };
    const nameless = { ...NET, name: undefined };
    const held = compile([endpoint(1, nameless, container("c", labels))], {}, [nameless]);
    expect(viewOf(held, 1)?.quarantine).toBe("network-name");
    expect(endpointRow(held, 1)).toMatchObject(CLOSED);
    const known = compile([endpoint(1, NET, container("c", labels))]);
    expect(endpointRow(known, 1)).toMatchObject({ mode: "enforce", ingressDeny: true });
    const unconcerned = compile([endpoint(1, nameless, container("c", SQL))], {}, [nameless]);
    expect(endpointRow(unconcerned, 1)).toMatchObject({ mode: "enforce" });
  });
});

describe("multicast", () => {
  it("lists the members in slots without gaps, by index", () => {
    const loud = network("loud", { multicast: true });
    const desired = compile(
      [9, 3, 5].map((i) => endpoint(i, loud, container(`c${i}`))),
      {},
      [loud],
    );
    expect(desired.groups.get("network:loud")).toEqual([
      { table: "network", network: 1, multicast: true, mtuBytes: 1500, members: 3, vni: 0 },
      { table: "member", network: 1, slot: 0, endpoint: 3 },
      { table: "member", network: 1, slot: 1, endpoint: 5 },
      { table: "member", network: 1, slot: 2, endpoint: 9 },
    ]);
  });
});

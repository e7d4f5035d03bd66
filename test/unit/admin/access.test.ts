import { describe, expect, it } from "vitest";
import { accessBetween, PAIRS_COMPARED_MAX, PREFIXES_COMPARED_MAX } from "../../../src/admin/access.ts";
import { distinctAddresses } from "../../../src/admin/outside-ends.ts";
import { formatReach } from "../../../src/admin/reach-text.ts";
import type { EndpointFacts, Facts, PolicyRuleFacts } from "../../../src/model/facts.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import { Compiler } from "../../../src/pipeline/index.ts";
import type { ProbeRange } from "../../../src/policy/index.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "../pipeline/facts.ts";

const closed = network("closed", { gateway: "none" });
const open = network("open", {}, 2);
const opener = network("opener", {}, 3);

const service = (project: string, name: string, number: number, labels: Record<string, string> = {}) =>
  container(`${project}-${name}-${number}`, {
    "com.docker.compose.project": project,
    "com.docker.compose.service": name,
    "com.docker.compose.config-hash": "1",
    ...labels,
  });

/** What an admin policy of these rules changes. */
function access(known: Facts, ...rules: PolicyRuleFacts[]) {
  const policy = { name: "p", version: 1, tier: "admin", rules, appliedAtMs: 0 } as const;
  const compile = (some: Facts) => new Compiler(SETTINGS).compile(some, numbering());
  const after = { ...known, policies: new Map([["p", policy]]) };
  return accessBetween(known, compile(known), compile(after));
}

const lines = ({ pairs }: ReturnType<typeof access>) =>
  pairs.map(({ network, from, to, change, what }) => `${network}: ${from} -> ${to} ${change} ${what}`).sort();

const denying = (applies: string, ingress: string): PolicyRuleFacts => ({ name: "r", applies, ingress });

describe("accessBetween", () => {
  it("has a service for its replicas, and each that is not like the others by itself", () => {
    const endpoints = [
      endpoint(1, closed, service("shop", "web", 1)),
      endpoint(2, closed, service("shop", "web", 2)),
      endpoint(3, closed, service("shop", "db", 1)),
      endpoint(4, closed, service("shop", "db", 2, { "hyperion.group": "odd" })),
      endpoint(5, closed, container("tool")),
      endpoint(6, closed, undefined),
    ];
    expect(
      lines(access(facts([closed], endpoints), denying("service:shop/web", "deny tcp/22 from containers"))),
    ).toEqual([
      "closed: shop-db-1 -> shop/web loses tcp/22",
      "closed: shop-db-2 -> shop/web loses tcp/22",
      "closed: tool -> shop/web loses tcp/22",
    ]);
  });

  it("has what is outside on the one network that a container reaches it by", () => {
    const web = container("web");
    const on = (index: number, where: typeof open, rest: Partial<EndpointFacts> = {}) =>
      endpoint(index, where, web, rest);
    const endpoints = [on(1, closed), on(2, opener), on(3, open)];
    const known = {
      ...facts([closed, open, opener], endpoints),
      hostAddresses: new Set([parseIp("192.0.2.1")]),
    };
    expect(lines(access(known, denying("containers", "deny tcp/22 from world")))).toEqual([
      "open: world -> web loses tcp/22",
    ]);
    expect(lines(access(known, denying("containers", "deny tcp/22 from host")))).toEqual([
      "open: host -> web loses tcp/22",
    ]);
  });

  it("counts a pair that loses one thing and gains another twice", () => {
    const labels = { "hyperion.ingress.ssh": "allow tcp/22" };
    const endpoints = [endpoint(1, closed, container("web")), endpoint(2, closed, container("db", labels))];
    const found = access(facts([closed], endpoints), denying("container:db", "deny tcp/22"), {
      name: "more",
      applies: "container:db",
      ingress: "allow tcp/80",
    });
    expect(found).toMatchObject({ lost: 1, gained: 1, skipped: [] });
    expect(lines(found)).toEqual(["closed: web -> db gains tcp/80", "closed: web -> db loses tcp/22"]);
  });

  it("says what it does not compare", () => {
    const many = Array.from({ length: PAIRS_COMPARED_MAX ** 0.5 }, (_, n) =>
      endpoint(n + 1, closed, container(`c${n}`), { ipv4: undefined }),
    );
    const few = [endpoint(251, open, container("a")), endpoint(252, open, container("b"))];
    const found = access(
      facts([closed, open], [...many, ...few]),
      denying("containers", "deny tcp/22 from containers"),
    );
    expect(found).toMatchObject({ lost: 2, skipped: ["closed"] });
  });
});

describe("accessBetween and what is outside", () => {
  const web = (labels: Record<string, string> = {}) => endpoint(1, open, container("web", labels));
  const onHost = (endpoints: readonly EndpointFacts[], count: number): Facts => ({
    ...facts([open], endpoints),
    gateways: new Map([[endpoints[0]?.id ?? ("" as never), 9]]),
    hostAddresses: new Set(Array.from({ length: count }, (_, n) => parseIp(`192.0.2.${n}`))),
  });

  it("takes addresses of the host that no rule tells apart for one", () => {
    const rule = denying("containers", "deny tcp/22 from host");
    expect(lines(access(onHost([web()], 250), rule))).toEqual(["open: host -> web loses tcp/22"]);
    const named = (...prefixes: string[]) =>
      distinctAddresses(onHost([web()], 250).hostAddresses, prefixes.map(parsePrefix));
    expect([named().length, named("192.0.2.7/32").length, named("192.0.2.0/24", "::/0").length]).toEqual([
      1, 2, 1,
    ]);
    const one = denying("containers", "deny tcp/22 from 192.0.2.7");
    expect(lines(access(onHost([web()], 250), one))).toEqual(["open: host -> web loses tcp/22"]);
  });

  it("leaves it out where rules tell too many prefixes apart", () => {
    const prefixes = Array.from({ length: PREFIXES_COMPARED_MAX + 1 }, (_, n) => `10.${n}.0.0/16`).join(",");
    const many = web({ "hyperion.ingress.many": `allow tcp/80 from ${prefixes}` });
    const found = access(
      onHost([many, endpoint(2, open, container("b"))], 1),
      denying("containers", "deny tcp/80"),
    );
    expect(found.skipped).toEqual(["world and host"]);
    expect(lines(found)).toEqual(["open: web -> b loses tcp/80"]);
  });
});

describe("formatReach", () => {
  const range = (protocol: ProbeRange["protocol"], first: number, last: number): ProbeRange => ({
    protocol,
    first,
    last,
  });
  const whole = (["tcp", "udp", "sctp", "icmp", "icmp6"] as const).map((one) => range(one, 0, 0xffff));

  it.each([
    ["any", [...whole, range("other", 0, 0)]],
    ["tcp udp sctp icmp icmp6", whole],
    ["tcp/22,80-90 other", [range("tcp", 22, 22), range("tcp", 80, 90), range("other", 0, 0)]],
    ["tcp/1-22,24-65535", [range("tcp", 0, 22), range("tcp", 24, 0xffff)]],
    ["icmp/8", [range("icmp", 0x800, 0x8ff)]],
    ["icmp/0-7,9:1", [range("icmp", 0, 0x7ff), range("icmp", 0x901, 0x901)]],
    ["icmp6/8:1-8:255", [range("icmp6", 0x801, 0x8ff)]],
    ["", []],
  ])("writes %j", (text, reach) => {
    expect(formatReach(reach)).toBe(text);
  });
});

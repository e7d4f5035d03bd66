import { describe, expect, it } from "vitest";
import { applicableRules, Flattening, matches, type NumberedRule } from "../../../src/policy/index.ts";
import { toPrefixes } from "../../../src/policy/port-prefix.ts";
import { ownerOf, subject } from "./subjects.ts";

function flatten(labels: Record<string, string>) {
  const owner = ownerOf(labels);
  const rules: NumberedRule[] = applicableRules(owner, "ingress").map((rule, i) => ({ number: i + 1, rule }));
  const peers = rules.map(({ rule }) => rule.rule.peer);
  const unknown = peers.map((peer) => matches(peer, owner.subject, undefined));
  const flattening = new Flattening(rules, unknown);
  const brief = (entries: ReturnType<Flattening["unknown"]>) =>
    entries.map((e) => `${e.protocol} ${e.port}/${e.prefixLength} ${e.verdict} ${e.rule}`);
  return {
    flattening,
    unknown: brief(flattening.unknown()),
    of: (group: string) => {
      const remote = subject({ groups: new Set([group]) });
      const places = peers.flatMap((peer, i) =>
        !unknown[i] && matches(peer, owner.subject, remote) ? [i] : [],
      );
      return brief(flattening.exceptions(places));
    },
  };
}

describe("Flattening", () => {
  it("writes what the rules decide for anyone once, and only exceptions for others", () => {
    const { unknown, of } = flatten({
      "hyperion.ingress.app": "allow tcp/11211 from group:app",
      "hyperion.ingress.udp": "deny udp from any prio 10",
    });
    expect(unknown).toEqual(["udp 0/0 deny 1"]);
    expect(of("app")).toEqual(["tcp 11211/16 allow 2"]);
    expect(of("stranger")).toEqual([]);
  });

  it("cuts at every boundary, so that entries never overlap", () => {
    const { unknown, of } = flatten({
      "hyperion.ingress.a": "deny tcp/4-7 from any",
      "hyperion.ingress.b": "allow tcp/6 from group:app prio 1",
    });
    expect(unknown).toEqual(["tcp 4/15 deny 2", "tcp 6/16 deny 2", "tcp 7/16 deny 2"]);
    expect(of("app")).toEqual(["tcp 6/16 allow 1"]);
  });

  it("writes no exception where an earlier rule decides for everyone", () => {
    const { of } = flatten({
      "hyperion.ingress.a": "deny tcp from any prio 1",
      "hyperion.ingress.b": "allow tcp/6 from group:app",
    });
    expect(of("app")).toEqual([]);
  });

  it("spreads a rule for every protocol over all classes, and icmp over both", () => {
    expect(flatten({ "hyperion.ingress.a": "allow from any" }).unknown).toEqual(
      ["tcp", "udp", "sctp", "icmp", "icmp6", "other"].map((protocol) => `${protocol} 0/0 allow 1`),
    );
    expect(flatten({ "hyperion.ingress.a": "allow icmp from any" }).unknown).toEqual([
      "icmp 0/0 allow 1",
      "icmp6 0/0 allow 1",
    ]);
  });

  it("writes an ICMP type as 8 bits and a code as 16", () => {
    expect(flatten({ "hyperion.ingress.a": "allow icmp/8,icmp6/1:4" }).unknown).toEqual([
      "icmp 2048/8 allow 1",
      "icmp6 260/16 allow 1",
    ]);
  });

  it("tells the prefix lengths of all rules, whoever is there to match them", () => {
    const { flattening } = flatten({
      "hyperion.ingress.a": "allow tcp/8-15 from group:x",
      "hyperion.ingress.b": "allow icmp/8 from group:y",
    });
    expect(flattening.prefixLengths).toBe((1 << 13) | (1 << 8));
    expect(flatten({}).flattening.prefixLengths).toBe(0);
  });

  it("keeps log, and audit on denials alone", () => {
    const entries = flatten({
      "hyperion.ingress.a": "allow tcp/1 log audit",
      "hyperion.ingress.b": "deny tcp/2 log audit",
    }).flattening.unknown();
    expect(entries.map(({ port, log, audit }) => [port, log, audit])).toEqual([
      [1, true, false],
      [2, true, true],
    ]);
  });
});

describe("toPrefixes", () => {
  it.each([
    [0, 65535, ["0/0"]],
    [80, 80, ["80/16"]],
    [1, 6, ["1/16", "2/15", "4/15", "6/16"]],
    [1024, 65535, ["1024/6", "2048/5", "4096/4", "8192/3", "16384/2", "32768/1"]],
  ])("%i–%i", (first, last, expected) => {
    expect(toPrefixes({ first, last }).map(({ port, length }) => `${port}/${length}`)).toEqual(expected);
  });

  it("needs at most 30 for any interval", () => {
    expect(toPrefixes({ first: 1, last: 65534 })).toHaveLength(30);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefixFamily, prefixIncludes } from "../../../src/model/prefix.ts";
import {
  accessChanges,
  type End,
  isParty,
  judge,
  type Outside,
  type Population,
  type Probe,
  type Reach,
  reach,
} from "../../../src/policy/index.ts";
import * as any from "./arbitraries.ts";
import { outside, population } from "./populations.ts";

function contains(found: Reach, { protocol, port }: Probe): boolean {
  return found.some((range) => range.protocol === protocol && range.first <= port && port <= range.last);
}

/** No IPv4 address sends ICMPv6, and the other way round. */
function isPossible({ protocol }: Probe, ...ends: readonly End[]): boolean {
  const wrong = (end: Outside) => protocol === (prefixFamily(end.prefix) === 4 ? "icmp6" : "icmp");
  return !ends.some((end) => !isParty(end) && wrong(end));
}

const otherHasNoPort = (probe: Probe): Probe => (probe.protocol === "other" ? { ...probe, port: 0 } : probe);

describe("reach", () => {
  it("holds exactly the probes that are allowed", () => {
    const seen = { allow: 0, deny: 0 };
    fc.assert(
      fc.property(population, outside, fc.array(any.probe, { minLength: 5 }), (who, away, asked) => {
        const ends: End[] = [...(who.networks[0]?.parties ?? []), away];
        for (const from of ends) {
          for (const to of ends) {
            if (from === to) continue;
            const found = reach(from, to);
            for (const probe of asked.map(otherHasNoPort)) {
              if (!isPossible(probe, from, to)) continue;
              const { verdict } = judge(from, to, probe);
              expect(contains(found, probe)).toBe(verdict === "allow");
              seen[verdict] += 1;
            }
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(Math.min(seen.allow, seen.deny)).toBeGreaterThan(1000);
  });

  it("has ranges that ascend and do not touch", () => {
    fc.assert(
      fc.property(population, (who) => {
        const [a, b] = who.networks[0]?.parties ?? [];
        if (a === undefined || b === undefined) return;
        const found = reach(a, b);
        for (const [i, range] of found.entries()) {
          expect(range.first).toBeLessThanOrEqual(range.last);
          const next = found[i + 1];
          if (next?.protocol === range.protocol) expect(next.first).toBeGreaterThan(range.last + 1);
        }
      }),
    );
  });
});

/** Where a change for this address would be said: under the longest prefix that holds it. */
function changesFor(changes: ReturnType<typeof accessChanges>, network: string, from: End, to: End) {
  const isNamed = (end: End, name: string) =>
    isParty(end)
      ? end.name === name
      : end.host
        ? name === "host"
        : name === "world" || (name.startsWith("world:") && holds(name.slice("world:".length), end));
  return changes.filter((one) => one.network === network && isNamed(from, one.from) && isNamed(to, one.to));
}

function holds(place: string, { prefix }: Outside): boolean {
  const wide = place.includes("/") ? place : `${place}/${place.includes(":") ? 128 : 32}`;
  return prefixIncludes(wide as typeof prefix, prefix);
}

describe("changes of access", () => {
  it("are said wherever a verdict changes", () => {
    let changed = 0;
    fc.assert(
      fc.property(
        population,
        population,
        outside,
        fc.array(any.probe, { minLength: 3 }),
        (one, other, away, asked) => {
          const after: Population = {
            networks: one.networks.map((network, i) => ({
              ...network,
              parties: network.parties.map(
                (party, j) => other.networks[i]?.parties.find((_, k) => k === j) ?? party,
              ),
            })),
          };
          const host = away.host ? [away.prefix.split("/")[0] as never] : [];
          const changes = accessChanges(one, after, host);
          for (const [i, network] of one.networks.entries()) {
            const was: End[] = [...network.parties, ...(network.hasWayOut ? [away] : [])];
            const is: End[] = [...(after.networks[i]?.parties ?? []), ...(network.hasWayOut ? [away] : [])];
            for (const [a, from] of was.entries()) {
              for (const [b, to] of was.entries()) {
                const [later, laterTo] = [is[a], is[b]];
                if (a === b || later === undefined || laterTo === undefined) continue;
                const said = changesFor(changes, network.name, from, to);
                for (const probe of asked.map(otherHasNoPort)) {
                  if (!isPossible(probe, from, to)) continue;
                  const [before, now] = [
                    judge(from, to, probe).verdict,
                    judge(later, laterTo, probe).verdict,
                  ];
                  if (before === now) continue;
                  changed += 1;
                  const way = before === "allow" ? "lost" : "gained";
                  expect(said.some((change) => contains(change[way], probe))).toBe(true);
                }
              }
            }
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(changed).toBeGreaterThan(100);
  });

  it("are none without a change of verdicts between parties", () => {
    fc.assert(
      fc.property(population, population, (one, other) => {
        for (const { network, from, to, lost, gained } of accessChanges(one, other)) {
          const find = (who: Population, name: string) =>
            who.networks
              .find((candidate) => candidate.name === network)
              ?.parties.find((party) => party.name === name);
          const [a, b, c, d] = [find(one, from), find(one, to), find(other, from), find(other, to)];
          if (from.startsWith("party") && to.startsWith("party")) {
            const was = a && b ? reach(a, b) : [];
            const is = c && d ? reach(c, d) : [];
            for (const { protocol, first } of lost) {
              expect([
                contains(was, { protocol, port: first }),
                contains(is, { protocol, port: first }),
              ]).toEqual([true, false]);
            }
            for (const { protocol, last } of gained) {
              expect([
                contains(was, { protocol, port: last }),
                contains(is, { protocol, port: last }),
              ]).toEqual([false, true]);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerFacts, EndpointFacts, Facts } from "../../../src/model/facts.ts";
import type { EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { Compiler, LookupTables } from "../../../src/pipeline/index.ts";
import { type Probe, printRule } from "../../../src/policy/index.ts";
import { numbering, SETTINGS } from "../../unit/pipeline/facts.ts";
import * as any from "../policy/arbitraries.ts";
import { anyFacts, governing } from "./worlds.ts";

/*
 * What people rely on without saying it, held against the tables that packets meet.
 */

const probes = fc.array(any.probe, { minLength: 3, maxLength: 6 });

/** What becomes of a connection: `allow`, `deny`, or `audit` where it passes although it is denied. */
type Outcome = "allow" | "audit" | "deny";

/** The outcome of each side of each connection that there can be, by the names of its ends. */
function outcomes(world: Facts, asked: readonly Probe[]): ReadonlyMap<string, Outcome> {
  const desired = new Compiler(SETTINGS).compile(world, numbering());
  const tables = new LookupTables([...desired.groups.values()].flat());
  const found = new Map<string, Outcome>();
  const ask = (one: EndpointFacts, remote: Parameters<LookupTables["lookUp"]>[2], name: string) => {
    for (const direction of ["ingress", "egress"] as const) {
      for (const probe of asked) {
        const answer = tables.lookUp(one.index, direction, remote, probe);
        if (answer === undefined) throw new Error(`no row of ${one.id}`);
        const key = `${one.id} ${direction} ${name} ${probe.protocol}/${probe.port}`;
        found.set(key, answer.audit ? "audit" : answer.verdict);
      }
    }
  };
  const endpoints = [...world.endpoints.values()];
  for (const one of endpoints) {
    for (const other of endpoints) {
      if (other.networkId === one.networkId) ask(one, other.index, other.id);
    }
  }
  for (const one of governing(world).values()) {
    for (const address of any.ADDRESSES) ask(one, address, address);
  }
  return found;
}

/** The same world with other labels on its containers. */
function relabel(
  world: Facts,
  change: (container: ContainerFacts, id: EndpointId) => ContainerFacts["labels"],
): Facts {
  const endpoints = [...world.endpoints.values()].map((one) => {
    const { container } = one;
    return container === undefined
      ? one
      : { ...one, container: { ...container, labels: change(container, one.id) } };
  });
  return { ...world, endpoints: new Map(endpoints.map((one) => [one.id, one])) };
}

const isRule = (label: string) => /^hyperion\.(in|e)gress\./.test(label);

describe("laws", () => {
  it("one more allow takes no reach away, where postures are stated and nothing denies", () => {
    const more = fc.record({ direction: any.directions, rule: any.rule, on: fc.nat(5) });
    fc.assert(
      fc.property(
        anyFacts,
        any.statedPostures,
        more,
        probes,
        (world, postures, { direction, rule, on }, asked) => {
          const open = { ...world, policies: new Map() };
          const before = relabel(open, ({ labels }, id) => ({
            ...Object.fromEntries(
              Object.entries(labels).map(([key, value]) => [
                key,
                isRule(key) ? value.replace(/^deny/, "allow") : value,
              ]),
            ),
            "hyperion.policy": postures[Number(id.slice(1)) - 1] ?? "default-deny",
          }));
          const text = printRule({ ...rule, action: "allow" }, direction);
          const after = relabel(before, ({ labels }, id) =>
            id === `e${on + 1}` ? { ...labels, [`hyperion.${direction}.more`]: text } : labels,
          );
          const now = outcomes(after, asked);
          for (const [key, outcome] of outcomes(before, asked)) {
            if (outcome === "allow") expect([key, now.get(key)]).toEqual([key, "allow"]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("neither the order of labels, rules, endpoints and policies nor the names of rules matter", () => {
    fc.assert(
      fc.property(anyFacts, fc.infiniteStream(fc.nat()), probes, (world, numbers, asked) => {
        const next = () => numbers.next().value;
        const shuffled = <T>(items: Iterable<T>): readonly T[] =>
          [...items]
            .map((item) => [next(), item] as const)
            .sort(([a], [b]) => a - b)
            .map(([, item]) => item);
        const renamed = relabel(world, ({ labels }) => {
          let count = 0;
          return Object.fromEntries(
            shuffled(Object.entries(labels)).map(([key, value]) => {
              if (!isRule(key)) return [key, value];
              const name = `r${String(next() % 100)}-${++count}`;
              return [key.replace(/[^.]+$/, name), value];
            }),
          );
        });
        const other = {
          ...renamed,
          endpoints: new Map(shuffled(renamed.endpoints)),
          networks: new Map(shuffled(renamed.networks)),
          gateways: new Map(shuffled(renamed.gateways)),
          hostAddresses: new Set(shuffled(renamed.hostAddresses)),
          policies: new Map(
            shuffled(renamed.policies).map(([name, policy]) => [
              name,
              {
                ...policy,
                rules: shuffled(policy.rules).map((rule, i) => ({ ...rule, name: `${name}-${i}` })),
              },
            ]),
          ),
        };
        const before = [...outcomes(world, asked)].sort();
        expect([...outcomes(other, asked)].sort()).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  it("two projects side by side decide as each does alone, where they share no network", () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, probes, (left, right, asked) => {
        const moved = elsewhere(right);
        const around = { hostAddresses: left.hostAddresses, policies: left.policies };
        const alone = [
          { ...left, ...around },
          { ...moved, ...around },
        ].flatMap((world) => [...outcomes(world, asked)]);
        const together = outcomes(
          {
            ...around,
            networks: new Map([...left.networks, ...moved.networks]),
            endpoints: new Map([...left.endpoints, ...moved.endpoints]),
            gateways: new Map([...left.gateways, ...moved.gateways]),
          },
          asked,
        );
        expect([...together].sort()).toEqual(alone.sort());
      }),
      { numRuns: 50 },
    );
  });

  it("a container that goes takes its own row and column with it, and nothing else", () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(5), probes, (world, gone, asked) => {
        const id = `e${gone + 1}` as EndpointId;
        const endpoints = new Map(world.endpoints);
        const gateways = new Map(world.gateways);
        endpoints.delete(id);
        gateways.delete(id);
        const after = outcomes({ ...world, endpoints, gateways }, asked);
        for (const [key, outcome] of outcomes(world, asked)) {
          if (!key.split(" ").includes(id)) expect([key, after.get(key)]).toEqual([key, outcome]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** The same machine with other numbers and ids, so that it can stand beside one. Its networks keep their names. */
function elsewhere(world: Facts): Facts {
  const far = (id: NetworkId) => `${id}-far` as NetworkId;
  const own = (id: EndpointId) => `e${Number(id.slice(1)) + 10}` as EndpointId;
  return {
    ...world,
    networks: new Map(
      [...world.networks.values()].map((one) => [
        far(one.id),
        { ...one, id: far(one.id), index: one.index + 10 },
      ]),
    ),
    endpoints: new Map(
      [...world.endpoints.values()].map((one) => [
        own(one.id),
        {
          ...one,
          id: own(one.id),
          networkId: far(one.networkId),
          index: one.index + 10,
          port: one.port + 10,
        },
      ]),
    ),
    gateways: new Map([...world.gateways].map(([id, port]) => [own(id), port + 10])),
  };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import type { Direction } from "../../../src/model/posture.ts";
import type { EndpointRow, PolicyRow } from "../../../src/model/rows.ts";
import { Compiler, type Desired } from "../../../src/pipeline/index.ts";
import { decide, type Owner, type Probe, readPolicy } from "../../../src/policy/index.ts";
import { endpoint, facts, network, numbering, SETTINGS } from "../../unit/pipeline/facts.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "../policy/arbitraries.ts";
import { type Answer, disjoint, lookup } from "../policy/lookup.ts";

const NETWORKS = [
  network("shop_default", {}, 1),
  network("my net", { multicast: true, posture: "default-deny-ingress" }, 2),
];

const anyEndpoint = (index: number): fc.Arbitrary<EndpointFacts> =>
  fc
    .tuple(fc.constantFrom(...NETWORKS), fc.option(any.container, { nil: undefined, freq: 9 }))
    .map(([on, attached]) => endpoint(index, on, attached));

/** Up to six places, each with an endpoint that may be replaced, removed and come back. */
const anyFacts = fc
  .tuple(...[1, 2, 3, 4, 5, 6].map((index) => fc.option(anyEndpoint(index), { nil: undefined, freq: 4 })))
  .map((endpoints) =>
    facts(
      NETWORKS,
      endpoints.filter((one) => one !== undefined),
    ),
  );

/** Some endpoints of one world and the rest of another: the objects are shared, as facts are. */
const history = fc.array(fc.tuple(anyFacts, fc.nat(63)), { minLength: 2, maxLength: 6 }).map((steps) => {
  const worlds: Facts[] = [];
  for (const [next, mask] of steps) {
    const last = worlds.at(-1)?.endpoints ?? new Map();
    const kept = [...last.values()].filter(({ index }) => mask & (1 << (index - 1)));
    const fresh = [...next.endpoints.values()].filter(({ index }) => !(mask & (1 << (index - 1))));
    worlds.push(facts(NETWORKS, [...kept, ...fresh]));
  }
  return worlds;
});

function ownerOf({ container, networkId }: EndpointFacts): Owner {
  const { policy, subject } = readPolicy({}, container, TRUST, []);
  const { name, options } = get(new Map(NETWORKS.map((one) => [one.id, one])), networkId);
  return {
    policy,
    subject,
    network: { compose: undefined, name, posture: options.posture },
    defaultPosture: SETTINGS.defaultPosture,
  };
}

function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`nothing under ${String(key)}`);
  return value;
}

/** A data plane that holds what was compiled. */
class Tables {
  readonly policies: readonly PolicyRow[];
  readonly #endpoints: ReadonlyMap<number, EndpointRow>;

  constructor(desired: Desired) {
    const rows = [...desired.groups.values()].flat();
    this.policies = rows.filter((row) => row.table === "policy");
    this.#endpoints = new Map(rows.flatMap((row) => (row.table === "endpoint" ? [[row.endpoint, row]] : [])));
  }

  ask(of: EndpointFacts, direction: Direction, remote: EndpointFacts, probe: Probe): Answer {
    const row = get(this.#endpoints, of.index);
    const { identity } = get(this.#endpoints, remote.index);
    const set = this.policies.filter(({ policy }) => policy === row.policy);
    return direction === "ingress"
      ? lookup(set, direction, identity, probe, row.ingressPrefixLengths, row.ingressDeny ? "deny" : "allow")
      : lookup(set, direction, identity, probe, row.egressPrefixLengths, row.egressDeny ? "deny" : "allow");
  }
}

describe("compiling", () => {
  it("says of every pair of neighbours what the plain reading of their labels says", () => {
    fc.assert(
      fc.property(anyFacts, fc.array(any.probe, { minLength: 5 }), (world, probes) => {
        const desired = new Compiler(SETTINGS).compile(world, numbering());
        const tables = new Tables(desired);
        const attributed = [...world.endpoints.values()].filter(({ container }) => container !== undefined);
        for (const one of attributed) {
          const owner = ownerOf(one);
          const { rules } = get(desired.endpoints, one.id);
          for (const other of attributed.filter(({ networkId }) => networkId === one.networkId)) {
            const remote = ownerOf(other).subject;
            for (const probe of probes) {
              for (const direction of ["ingress", "egress"] as const) {
                const found = tables.ask(one, direction, other, probe);
                const plain = decide(owner, direction, remote, probe);
                expect([found.verdict, rules.get(found.rule)?.name]).toEqual([
                  plain.verdict,
                  plain.rule?.name,
                ]);
              }
            }
          }
        }
        for (const rows of Map.groupBy(tables.policies, ({ policy }) => policy).values()) {
          expect(disjoint(rows)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is a function of the facts, and not of what came before them", () => {
    fc.assert(
      fc.property(history, (worlds) => {
        const numbers = numbering();
        const compiler = new Compiler(SETTINGS);
        for (const world of worlds) {
          const found = compiler.compile(world, numbers);
          const afresh = new Compiler(SETTINGS).compile(world, numbers);
          expect(Object.fromEntries(found.groups)).toEqual(Object.fromEntries(afresh.groups));
          expect(Object.fromEntries(found.endpoints)).toEqual(Object.fromEntries(afresh.endpoints));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("changes no array whose rows did not change", () => {
    fc.assert(
      fc.property(history, (worlds) => {
        const numbers = numbering();
        const compiler = new Compiler(SETTINGS);
        let before: Desired | undefined;
        for (const world of worlds) {
          const after = compiler.compile(world, numbers);
          for (const [name, rows] of after.groups) {
            const known = before?.groups.get(name);
            // Endpoint facts that were replaced give new rows even if they say the same.
            if (!name.startsWith("policy:") || known === undefined) continue;
            if (JSON.stringify(known) === JSON.stringify(rows)) expect(known).toBe(rows);
          }
          before = after;
        }
      }),
      { numRuns: 100 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointFacts, Facts, NetworkFacts } from "../../../src/model/facts.ts";
import type { PolicyRow } from "../../../src/model/rows.ts";
import { Compiler, type Desired, LookupTables } from "../../../src/pipeline/index.ts";
import {
  decide,
  type Owner,
  outsideAt,
  type Probe,
  type Remote,
  readAdminPolicy,
  readPolicy,
} from "../../../src/policy/index.ts";
import { endpoint, facts, network, numbering, SETTINGS } from "../../unit/pipeline/facts.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "../policy/arbitraries.ts";
import { disjoint } from "../policy/tables.ts";

const NETWORKS: readonly NetworkFacts[] = [
  { ...network("shop_default", {}, 1), compose: { project: "shop", key: "default" } },
  network("my net", { multicast: true, posture: "default-deny-ingress" }, 2),
  { ...network("inside", { posture: "default-allow" }, 3), internal: true },
  network("alone", { gateway: "none" }, 4),
];
const DIRECTIONS = ["ingress", "egress"] as const;

const anyEndpoint = (index: number): fc.Arbitrary<EndpointFacts> =>
  fc
    .tuple(fc.constantFrom(...NETWORKS), fc.option(any.container, { nil: undefined, freq: 9 }))
    .map(([on, attached]) => endpoint(index, on, attached));

/** What is so besides endpoints; two of which are one container's where their ways out are one. */
const surroundings = fc.record({
  gateways: fc.array(fc.option(fc.constantFrom(1001, 1002, 1003), { freq: 9 }), {
    minLength: 6,
    maxLength: 6,
  }),
  hostAddresses: any.hostAddresses,
  policies: any.adminPolicies,
});

/** Up to six places, each with an endpoint that may be replaced, removed and come back. */
const anyFacts = fc
  .tuple(
    surroundings,
    ...[1, 2, 3, 4, 5, 6].map((index) => fc.option(anyEndpoint(index), { nil: undefined, freq: 4 })),
  )
  .map(([around, ...places]) => {
    const endpoints = places.filter((one) => one !== undefined);
    return worldOf(endpoints, around);
  });

type Surroundings = typeof surroundings extends fc.Arbitrary<infer T> ? T : never;

function worldOf(endpoints: readonly EndpointFacts[], around: Surroundings): Facts {
  return {
    ...facts(NETWORKS, endpoints),
    gateways: new Map(
      endpoints.flatMap(({ id, index }) => {
        const port = around.gateways[index - 1];
        return port === null || port === undefined ? [] : [[id, port] as const];
      }),
    ),
    hostAddresses: around.hostAddresses,
    policies: new Map(around.policies.map((policy) => [policy.name, policy])),
  };
}

/** Some endpoints of one world and the rest of another: the objects are shared, as facts are. */
const history = fc
  .array(fc.tuple(anyFacts, fc.nat(63), fc.nat(7)), { minLength: 2, maxLength: 6 })
  .map((steps) => {
    const worlds: Facts[] = [];
    for (const [next, mask, taken] of steps) {
      const last = worlds.at(-1) ?? next;
      const kept = [...last.endpoints.values()].filter(({ index }) => mask & (1 << (index - 1)));
      const fresh = [...next.endpoints.values()].filter(({ index }) => !(mask & (1 << (index - 1))));
      const endpoints = new Map([...kept, ...fresh].map((one) => [one.id, one]));
      worlds.push({
        networks: next.networks,
        endpoints,
        gateways: taken & 1 ? next.gateways : last.gateways,
        hostAddresses: taken & 2 ? next.hostAddresses : last.hostAddresses,
        policies: taken & 4 ? next.policies : last.policies,
      });
    }
    return worlds;
  });

function ownerOf({ container, networkId }: EndpointFacts, { policies }: Facts): Owner {
  const admin = [...policies.values()].map((one) => readAdminPolicy(one).policy);
  const { policy, subject } = readPolicy({}, container, TRUST, admin);
  const { name, compose, options } = get(new Map(NETWORKS.map((one) => [one.id, one])), networkId);
  return {
    policy,
    subject,
    network: { compose, name, posture: options.posture },
    defaultPosture: SETTINGS.defaultPosture,
  };
}

function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`nothing under ${String(key)}`);
  return value;
}

/** The endpoints that govern ways out, by the words of the design, port by port. */
function governing({ gateways, endpoints }: Facts): ReadonlyMap<number, EndpointFacts> {
  const byPort = Map.groupBy(gateways, ([, port]) => port);
  const chosen = [...byPort].flatMap(([port, ids]) => {
    const [first] = ids
      .map(([id]) => endpoints.get(id))
      .filter((one) => one !== undefined)
      .filter(({ networkId }) => networkId === "shop_default" || networkId === "my net")
      .sort((a, b) => (a.networkId < b.networkId ? -1 : Number(a.networkId > b.networkId)));
    return first === undefined ? [] : [[port, first] as const];
  });
  return new Map(chosen);
}

/** That the tables say what the plain reading of the labels says, flags and rule included. */
function expectPlain(
  desired: Desired,
  tables: LookupTables,
  world: Facts,
  one: EndpointFacts,
  [at, remote]: readonly [Parameters<LookupTables["lookUp"]>[2], Remote],
  probes: readonly Probe[],
): void {
  const owner = ownerOf(one, world);
  const view = get(desired.endpoints, one.id);
  expect(view.owner).toEqual(owner);
  for (const probe of probes) {
    for (const direction of DIRECTIONS) {
      const found = tables.lookUp(one.index, direction, at, probe);
      const plain = decide(owner, direction, remote, probe);
      const rule = view.rules.get(found?.rule ?? 0);
      const audits = owner.policy.mode !== "enforce" || plain.rule?.rule.audit === true;
      expect([found?.verdict, rule?.tier, rule?.name, found?.log, found?.audit]).toEqual([
        plain.verdict,
        plain.rule?.tier,
        plain.rule?.name,
        plain.rule?.rule.log ?? false,
        plain.verdict === "deny" && audits,
      ]);
    }
  }
}

const attributed = (world: Facts) =>
  [...world.endpoints.values()].filter(({ container }) => container !== undefined);

describe("compiling", () => {
  it("says of every pair of neighbours what the plain reading of their labels says", () => {
    fc.assert(
      fc.property(anyFacts, fc.array(any.probe, { minLength: 5 }), (world, probes) => {
        const desired = new Compiler(SETTINGS).compile(world, numbering());
        const rows = [...desired.groups.values()].flat();
        const tables = new LookupTables(rows);
        for (const one of attributed(world)) {
          for (const other of attributed(world).filter(({ networkId }) => networkId === one.networkId)) {
            const remote = ownerOf(other, world).subject;
            expectPlain(desired, tables, world, one, [other.index, remote], probes);
          }
        }
        expect(disjoint(rows.filter((row): row is PolicyRow => row.table === "policy"))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("says of whoever is outside what the plain reading of the labels at the way out says", () => {
    fc.assert(
      fc.property(
        anyFacts,
        fc.array(any.addresses, { minLength: 3 }),
        fc.array(any.probe, { minLength: 3 }),
        (world, addresses, probes) => {
          const desired = new Compiler(SETTINGS).compile(world, numbering());
          const rows = [...desired.groups.values()].flat();
          const ways = new Map(
            rows.flatMap((row) =>
              row.table === "port" && row.kind === "gateway" ? [[row.port, row.endpoint]] : [],
            ),
          );
          const expected = governing(world);
          expect(ways).toEqual(new Map([...expected].map(([port, { index }]) => [port, index])));
          const tables = new LookupTables(rows);
          for (const one of expected.values()) {
            if (one.container === undefined) continue;
            for (const address of addresses) {
              const outside = outsideAt(address, world.hostAddresses);
              expectPlain(desired, tables, world, one, [address, outside], probes);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never takes a container for one outside, nor one outside for a container", () => {
    fc.assert(
      fc.property(anyFacts, (world) => {
        const desired = new Compiler(SETTINGS).compile(world, numbering());
        const prefixes = new Set(
          (desired.groups.get("prefixes") ?? []).map((row) => "identity" in row && row.identity),
        );
        for (const { identity } of desired.endpoints.values()) expect(prefixes.has(identity)).toBe(false);
      }),
      { numRuns: 100 },
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
            if (name.startsWith("endpoint:") || known === undefined) continue;
            if (JSON.stringify(known) === JSON.stringify(rows)) expect(known).toBe(rows);
          }
          before = after;
        }
      }),
      { numRuns: 100 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import type { PolicyRow } from "../../../src/model/rows.ts";
import { Compiler, type Desired, LookupTables } from "../../../src/pipeline/index.ts";
import { decide, outsideAt, type Probe, type Remote } from "../../../src/policy/index.ts";
import { numbering, SETTINGS } from "../../unit/pipeline/facts.ts";
import * as any from "../policy/arbitraries.ts";
import { disjoint } from "../policy/tables.ts";
import { anyFacts, attributed, get, governing, history, ownerOf } from "./worlds.ts";

const DIRECTIONS = ["ingress", "egress"] as const;

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
      { numRuns: 100 },
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
      { numRuns: 150 },
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
      { numRuns: 100 },
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

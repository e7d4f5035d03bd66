import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ip } from "../../../src/model/ip.ts";
import type { MacAddress } from "../../../src/model/mac.ts";
import type { Prefix } from "../../../src/model/prefix.ts";
import type { EndpointRow, Row } from "../../../src/model/rows.ts";
import { Actual, type Step } from "../../../src/reconcile/actual.ts";
import { rowKey, rowValue } from "../../../src/reconcile/row-key.ts";

const MAC = "02:00:00:00:00:01" as MacAddress;

function endpointRow(endpoint: number, identity: number, policy: number): EndpointRow {
  return {
    table: "endpoint",
    endpoint,
    generation: 0,
    network: 1,
    port: endpoint,
    identity,
    policy,
    egressDeny: false,
    ingressDeny: false,
    egressPrefixLengths: 0,
    ingressPrefixLengths: 0,
    mode: "enforce",
    software: false,
    mac: MAC,
    ipv4: undefined,
    ipv6: undefined,
    egressRate: 0,
    ingressRate: 0,
    egressBurst: 0,
    ingressBurst: 0,
  };
}

/** Few keys and few values, so that owners collide, rows move and values come back. */
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.record({
    table: fc.constant("port" as const),
    port: fc.integer({ min: 1, max: 3 }),
    endpoint: fc.integer({ min: 1, max: 2 }),
    kind: fc.constantFrom("vf" as const, "gateway" as const),
  }),
  fc.record({
    table: fc.constant("prefix" as const),
    prefix: fc.constantFrom("10.0.0.0/8" as Prefix, "::/0" as Prefix),
    identity: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({
    table: fc.constant("neighbour" as const),
    network: fc.constant(1),
    address: fc.constantFrom("10.0.0.1" as Ip, "10.0.0.2" as Ip),
    endpoint: fc.integer({ min: 1, max: 2 }),
    identity: fc.constant(0),
    vtep: fc.constant(0),
    mac: fc.constant(MAC),
  }),
  fc.record({
    table: fc.constant("neighbour" as const),
    network: fc.constant(1),
    address: fc.constantFrom("10.0.0.1" as Ip, "10.0.0.2" as Ip),
    endpoint: fc.constant(0),
    identity: fc.integer({ min: 1, max: 2 }),
    vtep: fc.integer({ min: 1, max: 2 }),
    mac: fc.constant(MAC),
  }),
  fc.record({
    table: fc.constant("vtep" as const),
    vtep: fc.integer({ min: 1, max: 2 }),
    ipv4: fc.constantFrom("192.0.2.1" as Ip, "192.0.2.2" as Ip),
    mac: fc.constant(MAC),
  }),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }))
    .map(([endpoint, identity, policy]) => endpointRow(endpoint, identity, policy)),
  fc
    .tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom("allow" as const, "deny" as const),
    )
    .map(([policy, identity, verdict]) => ({
      table: "policy" as const,
      policy,
      direction: "ingress" as const,
      identity,
      protocol: "tcp" as const,
      port: 80,
      prefixLength: 16,
      verdict,
      rule: 1,
      log: false,
      audit: false,
    })),
);

/** One owner per key within a state, as the compiler guarantees. */
const state = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), row), { maxLength: 10 }).map((pairs) => {
  const byKey = new Map(pairs.map(([owner, one]) => [rowKey(one), { owner, row: one }]));
  const groups = new Map<string, Row[]>();
  for (const { owner, row: one } of byKey.values()) groups.set(owner, [...(groups.get(owner) ?? []), one]);
  return groups as ReadonlyMap<string, readonly Row[]>;
});

/** What a data plane would hold after taking the steps; `refuse` says which it does not take. */
function take(held: Map<string, Row>, steps: readonly Step[], refuse: (step: Step) => boolean = () => false) {
  const refused: Step[] = [];
  for (const step of steps) {
    if (refuse(step)) refused.push(step);
    else if (step.verb === "upsert") held.set(rowKey(step.row), step.row);
    else held.delete(rowKey(step.row));
  }
  return refused;
}

const contents = (rows: Iterable<Row>) =>
  [...rows].map((one) => `${rowKey(one)}=${rowValue(one)}`).sort((a, b) => (a < b ? -1 : 1));

describe("bringing the data plane to what is desired", () => {
  it("ends at the desired rows from any state, through any states", () => {
    fc.assert(
      fc.property(fc.array(row), fc.array(state, { minLength: 1, maxLength: 6 }), (left, states) => {
        const held = new Map(left.map((one) => [rowKey(one), one]));
        const actual = new Actual([...held.values()]);
        for (const desired of states) {
          take(held, actual.plan(desired));
          expect(contents(held.values())).toEqual(contents([...desired.values()].flat()));
          expect(contents(actual.rows())).toEqual(contents(held.values()));
        }
      }),
    );
  });

  it("takes no step where nothing changed", () => {
    fc.assert(
      fc.property(state, (desired) => {
        const actual = new Actual([]);
        actual.plan(desired);
        const copies = new Map([...desired].map(([owner, rows]) => [owner, [...rows]]));
        expect(actual.plan(copies)).toEqual([]);
      }),
    );
  });

  it("gets there in spite of refusals, once they end", () => {
    fc.assert(
      fc.property(
        fc.array(state, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (states, luck) => {
          const held = new Map<string, Row>();
          const actual = new Actual([]);
          for (const desired of states) {
            actual.failed(take(held, actual.plan(desired), () => luck.next().value === true));
          }
          const last = states.at(-1) ?? new Map();
          take(held, actual.plan(last));
          expect(contents(held.values())).toEqual(contents([...last.values()].flat()));
        },
      ),
    );
  });

  it("never uses a generation for two contents of an endpoint", () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 2, maxLength: 8 }), (states) => {
        const actual = new Actual([]);
        const seen = new Map<string, string>();
        for (const desired of states) {
          for (const { row: one } of actual.plan(desired)) {
            if (one.table !== "endpoint") continue;
            const generation = `${one.endpoint}/${one.generation}`;
            expect(seen.get(generation) ?? rowValue(one)).toBe(rowValue(one));
            seen.set(generation, rowValue(one));
          }
        }
      }),
    );
  });
});

describe("the order of steps", () => {
  it("programs what is pointed at before what points, and takes away the other way round", () => {
    const actual = new Actual([]);
    const port: Row = { table: "port", port: 1, endpoint: 1, kind: "vf" };
    const endpoint = endpointRow(1, 1, 1);
    const order = (steps: readonly Step[]) => steps.map((step) => step.row.table);
    expect(order(actual.plan(new Map([["a", [port, endpoint]]])))).toEqual(["endpoint", "port"]);
    expect(order(actual.plan(new Map()))).toEqual(["port", "endpoint"]);
  });
});

describe("rule sets that change in place", () => {
  const policy = (verdict: "allow" | "deny", identity: number): Row => ({
    table: "policy",
    policy: 1,
    direction: "ingress",
    identity,
    protocol: "tcp",
    port: 80,
    prefixLength: 16,
    verdict,
    rule: 1,
    log: false,
    audit: false,
  });

  it("give their endpoints a new generation", () => {
    const actual = new Actual([]);
    const before = actual.plan(
      new Map([
        ["e", [endpointRow(1, 1, 1)]],
        ["p", [policy("allow", 1)]],
      ]),
    );
    const after = actual.plan(
      new Map([
        ["e", [endpointRow(1, 1, 1)]],
        ["p", [policy("deny", 1)]],
      ]),
    );
    const generation = (steps: readonly Step[]) =>
      steps.map(({ row: one }) => (one.table === "endpoint" ? one.generation : 0)).reduce((a, b) => a + b, 0);
    expect(generation(after)).toBeGreaterThan(generation(before));
  });

  it("give none for an identity that came or went", () => {
    const actual = new Actual([]);
    const e1 = endpointRow(1, 1, 1);
    const e2 = endpointRow(2, 2, 2);
    actual.plan(
      new Map([
        ["e", [e1]],
        ["p", [policy("allow", 1)]],
      ]),
    );
    const came = actual.plan(
      new Map([
        ["e", [e1]],
        ["f", [e2]],
        ["p", [policy("allow", 1), policy("allow", 2)]],
      ]),
    );
    expect(came.filter(({ row: one }) => one.table === "endpoint")).toHaveLength(1);
    const went = actual.plan(
      new Map([
        ["e", [e1]],
        ["p", [policy("allow", 1)]],
      ]),
    );
    expect(went.map(({ verb, row: one }) => `${verb} ${one.table}`)).toEqual([
      "delete endpoint",
      "delete policy",
    ]);
  });
});

import fc from "fast-check";
import { expect } from "vitest";
import { Ipam } from "../../../src/ipam/ipam.ts";
import { reservedRole } from "../../../src/ipam/pool.ts";
import { isHyperionError } from "../../../src/model/errors.ts";
import { type Ip, ipFromBigInt } from "../../../src/model/ip.ts";
import {
  type Prefix,
  parsePrefix,
  prefixBits,
  prefixContains,
  prefixesOverlap,
  prefixFamily,
  prefixRange,
} from "../../../src/model/prefix.ts";
import { MemoryStore } from "../../../src/platform/store/memory/store.ts";
import type { AddressPurpose } from "../../../src/protocol/ipam-driver.ts";
import { FaultyStore, type Leaves } from "../../faults/faulty-store.ts";

const LOCAL = "hyperion-local";
export const DELAY_MS = 100;

interface Ask {
  readonly space: string;
  readonly pool: Prefix;
  readonly subPool: Prefix | undefined;
}

/** Small, so that they run out; two of them overlap; one is in both address spaces. */
const ASKS: readonly Ask[] = [
  { space: LOCAL, pool: parsePrefix("10.0.0.0/29"), subPool: undefined },
  { space: LOCAL, pool: parsePrefix("10.0.0.0/28"), subPool: undefined },
  { space: LOCAL, pool: parsePrefix("10.0.1.0/24"), subPool: parsePrefix("10.0.1.4/30") },
  { space: "hyperion-global", pool: parsePrefix("10.0.0.0/29"), subPool: undefined },
  { space: LOCAL, pool: parsePrefix("fd00::/125"), subPool: undefined },
];

const idOf = ({ space, pool, subPool }: Ask) => [space, pool, subPool].filter(Boolean).join("/");

interface Held {
  readonly purpose: AddressPurpose;
  readonly holders: number;
}

interface ModelPool {
  readonly ask: Ask;
  references: number;
  readonly held: Map<Ip, Held>;
  readonly releasedAtMs: Map<Ip, number>;
}

/** What the driver ought to hold: the simplest thing that could be right. */
export interface Model {
  nowMs: number;
  readonly pools: Map<string, ModelPool>;
}

/** The driver under test on a store that can be made to fail. */
export interface Bench {
  ipam: Ipam;
  readonly store: FaultyStore;
  readonly model: Model;
}

export const openIpam = (bench: Pick<Bench, "store" | "model">) =>
  Ipam.open(
    bench.store,
    { defaultPools: [], addressReuseDelayMs: DELAY_MS, isInUse: async () => true },
    () => bench.model.nowMs,
  );

export async function makeBench(): Promise<Bench> {
  const bench = { store: new FaultyStore(new MemoryStore()), model: { nowMs: 1_000, pools: new Map() } };
  const ipam = await openIpam(bench);
  for (const { space, pool, subPool } of [...ASKS].reverse()) {
    await lease({ space, pool, subPool }).run(bench.model, { ...bench, ipam });
  }
  return { ...bench, ipam };
}

type Step = fc.AsyncCommand<Model, Bench>;

/** The code of the error, undefined for success; anything but an error of ours fails the test. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isHyperionError(error)) throw error;
    return error.code;
  }
}

const step = (name: string, run: (model: Model, bench: Bench) => Promise<void>): Step => ({
  check: () => true,
  run,
  toString: () => name,
});

const lease = (ask: Ask): Step =>
  step(`lease ${idOf(ask)}`, async (model, { ipam }) => {
    const known = model.pools.get(idOf(ask));
    const overlaps = [...model.pools.values()].some(
      (other) =>
        other.ask.space === ask.space && other !== known && prefixesOverlap(other.ask.pool, ask.pool),
    );
    const request = { addressSpace: ask.space, pool: ask.pool, subPool: ask.subPool, v6: false, options: {} };
    const code = await codeOf(ipam.requestPool(request));
    if (code === "E709") return;
    expect(code).toBe(overlaps ? "E402" : undefined);
    if (overlaps) return;
    if (known === undefined) {
      model.pools.set(idOf(ask), { ask, references: 1, held: new Map(), releasedAtMs: new Map() });
    } else {
      known.references += 1;
    }
  });

const giveBack = (ask: Ask): Step =>
  step(`give back ${idOf(ask)}`, async (model, { ipam }) => {
    expect([undefined, "E709"]).toContain(await codeOf(ipam.releasePool(idOf(ask))));
    const known = model.pools.get(idOf(ask));
    if (known === undefined) return;
    known.references -= 1;
    if (known.references === 0) model.pools.delete(idOf(ask));
  });

const isResting = (model: Model, pool: ModelPool, ip: Ip) =>
  model.nowMs - (pool.releasedAtMs.get(ip) ?? Number.NEGATIVE_INFINITY) < DELAY_MS;

/** Address number `offset` of the prefix, 0 being its base. */
function prefixAt(prefix: Prefix, offset: bigint): Ip {
  return ipFromBigInt(prefixRange(prefix).first + offset, prefixFamily(prefix));
}

/** Every address that could be picked now. */
function pickable(model: Model, pool: ModelPool): Ip[] {
  const range = pool.ask.subPool ?? pool.ask.pool;
  const size = 1n << BigInt((range.includes(":") ? 128 : 32) - prefixBits(range));
  return Array.from({ length: Number(size) }, (_, i) => prefixAt(range, BigInt(i))).filter(
    (ip) =>
      reservedRole(pool.ask.pool, ip) === undefined && !pool.held.has(ip) && !isResting(model, pool, ip),
  );
}

function expectedCode(
  model: Model,
  pool: ModelPool | undefined,
  address: Ip | undefined,
): string | undefined {
  if (pool === undefined) return "E401";
  if (address === undefined) return pickable(model, pool).length === 0 ? "E403" : undefined;
  if (!prefixContains(pool.ask.pool, address)) return "E405";
  if (reservedRole(pool.ask.pool, address) !== undefined) return "E408";
  return pool.held.has(address) ? "E404" : undefined;
}

const request = (ask: Ask, purpose: AddressPurpose, offset: number | undefined): Step =>
  step(`request ${purpose} ${offset ?? "any"} of ${idOf(ask)}`, async (model, { ipam }) => {
    const pool = model.pools.get(idOf(ask));
    const address = offset === undefined ? undefined : prefixAt(ask.pool, BigInt(offset));
    const shared = [...(pool?.held ?? [])].find(
      ([ip, held]) =>
        purpose === "gateway" && held.purpose === "gateway" && (address === undefined || ip === address),
    );
    const free = pool === undefined ? [] : pickable(model, pool);
    const expected = shared === undefined ? expectedCode(model, pool, address) : undefined;
    let given: Ip | undefined;
    const code = await codeOf(
      ipam
        .requestAddress({
          poolId: idOf(ask),
          address,
          purpose,
          endpointName: undefined,
          mac: undefined,
          options: {},
        })
        .then((reply) => {
          given = reply.address.ip;
          expect(reply.address.bits).toBe(prefixBits(ask.pool));
        }),
    );
    if (code === "E709") return;
    expect(code).toBe(expected);
    if (given === undefined || pool === undefined) return;
    if (shared !== undefined) {
      expect([...pool.held].filter(([, held]) => held.purpose === "gateway").map(([ip]) => ip)).toContain(
        given,
      );
      const held = pool.held.get(given);
      pool.held.set(given, { purpose, holders: Math.min((held?.holders ?? 0) + 1, pool.references) });
      return;
    }
    // Not held, not outside, not reserved, and rested unless it was asked for.
    if (address === undefined) expect(free).toContain(given);
    else expect(given).toBe(address);
    pool.held.set(given, { purpose, holders: 1 });
    pool.releasedAtMs.delete(given);
  });

const release = (ask: Ask, offset: number): Step =>
  step(`release ${offset} of ${idOf(ask)}`, async (model, { ipam }) => {
    const ip = prefixAt(ask.pool, BigInt(offset));
    expect([undefined, "E709"]).toContain(
      await codeOf(ipam.releaseAddress({ poolId: idOf(ask), address: ip })),
    );
    const pool = model.pools.get(idOf(ask));
    const held = pool?.held.get(ip);
    if (pool === undefined || held === undefined) return;
    if (held.holders > 1) {
      pool.held.set(ip, { ...held, holders: held.holders - 1 });
      return;
    }
    pool.held.delete(ip);
    pool.releasedAtMs.set(ip, model.nowMs);
  });

const wait = (ms: number): Step =>
  step(`wait ${ms} ms`, async (model) => {
    model.nowMs += ms;
  });

const restart = step("restart", async (_, bench) => {
  const before = bench.ipam.pools();
  bench.ipam = await openIpam(bench);
  expect(sorted(bench.ipam.pools())).toEqual(sorted(before));
});

const fail = (n: number, leaves: Leaves): Step =>
  step(`transaction ${n} fails, leaving ${leaves}`, async (_, { store }) => store.failNth(n, leaves));

export const sorted = <T extends { readonly id: string }>(list: readonly T[]) =>
  [...list].sort((a, b) => a.id.localeCompare(b.id));

/** What each pool of the model holds, in the terms of {@link Ipam.pools}. */
export const summary = (model: Model) =>
  sorted([...model.pools].map(([id, pool]) => ({ id, references: pool.references, held: pool.held.size })));

const [main, ...others] = ASKS;
/** One pool gets most of the requests, so that it is seen full. */
const ask = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...(main ? [main] : [])) },
  { weight: 1, arbitrary: fc.constantFrom(...others) },
);
const offset = fc.integer({ min: 0, max: 8 });
const purpose = fc.constantFrom<AddressPurpose>("endpoint", "endpoint", "gateway", "auxiliary");

const requestAny = fc.tuple(ask, purpose, fc.constant(undefined)).map((args) => request(...args));
const requestOne = fc.tuple(ask, purpose, offset).map((args) => request(...args));
const releaseOne = fc.tuple(ask, offset).map((args) => release(...args));

/** Steps of a day without faults; what is said twice happens twice as often. */
export const steps: fc.Arbitrary<Step>[] = [
  fc.constantFrom(...ASKS).map(lease),
  fc.constantFrom(...ASKS).map(giveBack),
  requestAny,
  requestAny,
  requestAny,
  requestOne,
  requestOne,
  releaseOne,
  releaseOne,
  releaseOne,
  fc.integer({ min: 1, max: DELAY_MS }).map(wait),
];

export const restarts: fc.Arbitrary<Step> = fc.constant(restart);

export const faults: fc.Arbitrary<Step> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom<Leaves>("nothing", "everything"))
  .map((args) => fail(...args));

import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePrefix } from "../../../src/model/prefix.ts";
import { type Bench, faults, makeBench, openIpam, restarts, sorted, steps, summary } from "./model.ts";

const MANY = { maxCommands: 80, size: "max" } as const;

async function run(commands: Iterable<fc.AsyncCommand<Bench["model"], Bench>>): Promise<Bench> {
  const bench = await makeBench();
  await fc.asyncModelRun(() => ({ model: bench.model, real: bench }), commands);
  return bench;
}

const status = (bench: Bench) =>
  sorted(bench.ipam.pools()).map(({ id, references, held }) => ({ id, references, held }));

test("never two holders, never outside, rested before reuse, and the same after every restart", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...steps, restarts], MANY), async (commands) => {
      const bench = await run(commands);
      expect(status(bench)).toEqual(summary(bench.model));
    }),
    { numRuns: 300 },
  );
});

/** The next write to a pool repairs it, and the next lease removes what was given back. */
async function settle({ ipam, store, model }: Bench): Promise<void> {
  store.heal();
  const spare = { space: "hyperion-local", pool: parsePrefix("10.9.0.0/29"), subPool: undefined };
  for (const { space, pool, subPool } of [spare, ...[...model.pools.values()].map(({ ask }) => ask)]) {
    const { poolId } = await ipam.requestPool({ addressSpace: space, pool, subPool, v6: false, options: {} });
    await ipam.releasePool(poolId);
  }
}

test("transactions that fail lose nothing and leak nothing, once the store works again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...steps, faults], MANY), async (commands) => {
      const bench = await run(commands);
      await settle(bench);
      expect(status(bench)).toEqual(summary(bench.model));
      const reopened = await openIpam(bench);
      expect(sorted(reopened.pools())).toEqual(sorted(bench.ipam.pools()));
    }),
    { numRuns: 300 },
  );
});

test("killed in the middle of failing, it has every address that was given, and a sweep finds the rest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...steps, faults], MANY), async (commands) => {
      const bench = await run(commands);
      bench.store.heal();
      const reopened = await openIpam(bench);
      for (const [poolId, { ask, held }] of bench.model.pools) {
        for (const address of held.keys()) {
          const again = { poolId, address, endpointName: undefined, mac: undefined, options: {} };
          const refused = reopened.requestAddress({ ...again, purpose: "endpoint" });
          await expect(refused).rejects.toMatchObject({ code: "E404", details: { pool: ask.pool } });
        }
      }
      const known = new Set([...bench.model.pools.values()].flatMap(({ held }) => [...held.keys()]));
      bench.model.nowMs += 1;
      const swept = await reopened.sweep(known, 0);
      for (const ip of swept) expect(known).not.toContain(ip);
      expect(await reopened.sweep(known, 0)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

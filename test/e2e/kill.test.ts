import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { callPlugin, mustCall, type Outcome } from "./plugin-client.ts";
import { lacksYard, useYard } from "./yard.ts";

const ROUNDS = 20;
const CALLERS = 6;
const NETWORKS = 4;
const ENDPOINTS = 6;
const POOL = { AddressSpace: "hyperion-local", Pool: "10.200.0.0/24", SubPool: "", V6: false, Options: {} };

/** What a caller knows of a network, an endpoint or an address. `unsure`: the daemon died over the answer. */
type Knowledge = "there" | "gone" | "unsure";

/** Mulberry32: the same seed, the same luck. */
function luckOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const id = (kind: string, ...numbers: readonly number[]) => `${kind}${numbers.join("x")}`.padEnd(64, "0");
const networkId = (n: number) => id("a", n);
const endpointId = (n: number, e: number) => id("e", n, e);
const ADDRESS = /^10\.200\.0\.\d+\/24$/;

describe.skipIf(lacksYard())("a daemon that is killed again and again, in the middle of anything", () => {
  const yard = useYard("--vf-pool", "3", "--address-reuse-delay-ms", "0");
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
  const luck = luckOf(seed);
  const known = new Map<string, Knowledge>();
  /** Addresses that IPAM has answered with and not taken back. */
  const held = new Set<string>();
  let poolId = "";
  const outcomes = { answered: 0, refused: 0, unanswered: 0 };

  async function call(method: string, body: object): Promise<Outcome> {
    const outcome = await callPlugin(yard().pluginSocket, method, body);
    outcomes[outcome.kind]++;
    return outcome;
  }

  /** Makes or takes away one thing, and remembers what that came to. */
  async function change(key: string, method: string, body: object, after: Knowledge): Promise<void> {
    const before = known.get(key) ?? "gone";
    known.set(key, "unsure");
    const outcome = await call(method, body);
    if (outcome.kind === "answered") known.set(key, after);
    if (outcome.kind === "refused") known.set(key, before);
  }

  /** One caller owns one network at a time and its endpoints: Docker too sends no two calls for the same one. */
  async function callerOf(n: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const network = networkId(n);
      if (known.get(network) !== "there") {
        const body = {
          NetworkID: network,
          Options: {},
          IPv4Data: [{ AddressSpace: "", Pool: `10.${n}.0.0/24` }],
        };
        await change(network, "NetworkDriver.CreateNetwork", body, "there");
        continue;
      }
      const e = luck(ENDPOINTS);
      const ref = { NetworkID: network, EndpointID: endpointId(n, e) };
      if (known.get(ref.EndpointID) !== "there") {
        const options = luck(2) === 0 ? {} : { "hyperion.ingress.a": `allow tcp/${80 + luck(3)} from any` };
        const body = { ...ref, Interface: { Address: `10.${n}.0.${e + 2}/24` }, Options: options };
        // A repeated create with other options is no repetition: what is unsure goes first.
        if (known.get(ref.EndpointID) === "unsure") {
          await change(ref.EndpointID, "NetworkDriver.DeleteEndpoint", ref, "gone");
        } else await change(ref.EndpointID, "NetworkDriver.CreateEndpoint", body, "there");
      } else if (luck(3) === 0) {
        await call("NetworkDriver.Join", { ...ref, SandboxKey: "", Options: {} });
      } else {
        await change(ref.EndpointID, "NetworkDriver.DeleteEndpoint", ref, "gone");
      }
      if (luck(12) === 0) {
        for (let each = 0; each < ENDPOINTS; each++) known.set(endpointId(n, each), "unsure");
        await change(network, "NetworkDriver.DeleteNetwork", { NetworkID: network }, "gone");
        if (known.get(network) === "gone") {
          for (let each = 0; each < ENDPOINTS; each++) known.set(endpointId(n, each), "gone");
        }
      }
    }
  }

  async function ipamCaller(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (held.size > 20 || (held.size > 0 && luck(3) === 0)) {
        const address = [...held][luck(held.size)] ?? "";
        held.delete(address);
        await call("IpamDriver.ReleaseAddress", { PoolID: poolId, Address: address.split("/")[0] });
        continue;
      }
      const outcome = await call("IpamDriver.RequestAddress", { PoolID: poolId, Address: "", Options: {} });
      if (outcome.kind === "refused") throw new Error(outcome.error);
      if (outcome.kind === "unanswered") continue;
      const address = String(outcome.reply.Address);
      expect(address).toMatch(ADDRESS);
      expect(held, `seed ${seed}: ${address} was given out twice`).not.toContain(address);
      held.add(address);
    }
  }

  /** What the daemon shows is what it answered, and devices and tables follow. */
  async function expectAgreement(): Promise<void> {
    const { daemon } = yard();
    const networks = new Set((await daemon.query<{ id: string }[]>("networks")).map((each) => each.id));
    const endpoints = await daemon.endpoints();
    const shown = new Set([...networks, ...endpoints.map((each) => each.id)]);
    for (const [key, knowledge] of known) {
      if (knowledge === "unsure") known.set(key, shown.has(key) ? "there" : "gone");
      else expect(shown.has(key), `seed ${seed}: ${key} should be ${knowledge}`).toBe(knowledge === "there");
    }
    expect([...shown].filter((key) => known.get(key) !== "there")).toEqual([]);
    const status = await settled();
    expect(status.vfs.used).toBe(endpoints.length);
    const devices = await yard().representors();
    expect(devices).toHaveLength(status.vfs.used + status.vfs.warm);
    for (const { representor } of endpoints) expect(devices).toContain(representor);
  }

  interface Status {
    readonly reconciled: boolean;
    readonly reconcile: { readonly steps: number; readonly rows: number };
    readonly vfs: { readonly used: number; readonly warm: number };
  }

  async function settled(): Promise<Status> {
    for (let attempt = 0; ; attempt++) {
      const status = await yard().daemon.query<Status>("status");
      const devices = await yard().representors();
      const { used, warm } = status.vfs;
      if (status.reconciled && warm === 3 && devices.length === used + warm) return status;
      if (attempt === 50)
        throw new Error(`seed ${seed}: not settled: ${JSON.stringify({ status, devices })}`);
      await sleep(50);
    }
  }

  it("keeps what it answered and leaves nothing over", async () => {
    const { daemon } = yard();
    await daemon.start();
    const { PoolID } = await mustCall(yard().pluginSocket, "IpamDriver.RequestPool", POOL);
    poolId = String(PoolID);
    for (let round = 0; round < ROUNDS; round++) {
      let over = false;
      const isOver = () => over;
      const callers = [...Array(Math.min(CALLERS, NETWORKS)).keys()].map((n) => callerOf(n + 1, isOver));
      const work = Promise.allSettled([...callers, ipamCaller(isOver)]);
      // So many answers on, and a moment that no call has any say in: slow machines see as much as fast ones.
      const last = outcomes.answered + luck(50);
      while (outcomes.answered < last && outcomes.refused === 0) await sleep(1);
      await sleep(luck(6));
      await daemon.kill("SIGKILL");
      over = true;
      for (const outcome of await work) if (outcome.status === "rejected") throw outcome.reason;
      if (round % 3 === 2) {
        // In the middle of its start, too.
        const starting = daemon.start();
        await sleep(100 + luck(300));
        await daemon.kill("SIGKILL");
        await starting.catch(() => {});
      }
      await daemon.start();
      await expectAgreement();
    }

    // Otherwise nothing was at stake.
    expect(outcomes.answered).toBeGreaterThan(10 * ROUNDS);
    expect(outcomes.unanswered).toBeGreaterThan(ROUNDS);
    expect(outcomes.refused).toBe(0);

    // The data plane, read back, is exactly what the records say.
    await daemon.kill("SIGKILL");
    await daemon.start();
    expect((await settled()).reconcile.steps).toBe(0);
    await expectAgreement();

    for (let n = 1; n <= NETWORKS; n++) {
      const body = { NetworkID: networkId(n) };
      for (let e = 0; e < ENDPOINTS; e++) {
        await mustCall(yard().pluginSocket, "NetworkDriver.DeleteEndpoint", {
          ...body,
          EndpointID: endpointId(n, e),
        });
      }
      await mustCall(yard().pluginSocket, "NetworkDriver.DeleteNetwork", body);
    }
    await daemon.kill("SIGKILL");
    await daemon.start();
    expect(await settled()).toMatchObject({ reconcile: { steps: 0, rows: 0 }, vfs: { used: 0, warm: 3 } });
    expect(await daemon.query("networks")).toEqual([]);
    await daemon.stop();
    expect(await yard().representors()).toEqual([]);
  });
});

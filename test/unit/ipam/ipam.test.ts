import { beforeEach, describe, expect, test } from "vitest";
import { Ipam } from "../../../src/ipam/ipam.ts";
import { formatInterfaceAddress, type Ip, parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import { MemoryStore } from "../../../src/platform/store/memory/store.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import type { AddressPurpose } from "../../../src/protocol/ipam-driver.ts";
import { FaultyStore } from "../../faults/faulty-store.ts";

const LOCAL = "hyperion-local";
const GLOBAL = "hyperion-global";
const SETTINGS = {
  defaultPools: [
    { base: parsePrefix("10.200.0.0/23"), bits: 24 },
    { base: parsePrefix("fd00:1::/48"), bits: 64 },
  ],
  addressReuseDelayMs: 30_000,
  isInUse: async () => true,
};

let nowMs: number;
let store: FaultyStore;
let ipam: Ipam;
const openOn = (on: Store) => Ipam.open(on, SETTINGS, () => nowMs);

beforeEach(async () => {
  nowMs = 1_000_000;
  store = new FaultyStore(new MemoryStore());
  ipam = await openOn(store);
});

interface PoolAsk {
  space?: string;
  subPool?: string;
  v6?: boolean;
}
const pool = (prefix?: string, { space = LOCAL, subPool, v6 = false }: PoolAsk = {}) =>
  ipam.requestPool({
    addressSpace: space,
    pool: prefix === undefined ? undefined : parsePrefix(prefix),
    subPool: subPool === undefined ? undefined : parsePrefix(subPool),
    v6,
    options: {},
  });

interface AddressAsk {
  ip?: string | undefined;
  purpose?: AddressPurpose;
  name?: string;
}
const address = async (poolId: string, { ip, purpose = "endpoint", name }: AddressAsk = {}) => {
  const reply = await ipam.requestAddress({
    poolId,
    address: ip === undefined ? undefined : parseIp(ip),
    purpose,
    endpointName: name,
    mac: undefined,
    options: {},
  });
  return formatInterfaceAddress(reply.address);
};
const gateway = (poolId: string, ip?: string) => address(poolId, { ip, purpose: "gateway" });
const release = (poolId: string, ip: string) => ipam.releaseAddress({ poolId, address: parseIp(ip) });
const refused = (code: string) => ({ code });

describe("pools", () => {
  test("the one that is asked for, with an id that says so", async () => {
    expect(await pool("10.1.0.0/16")).toEqual({ poolId: `${LOCAL}/10.1.0.0/16`, pool: "10.1.0.0/16" });
    expect(await pool("fd00::/64", { subPool: "fd00::1:0/112" })).toEqual({
      poolId: `${LOCAL}/fd00::/64/fd00::1:0/112`,
      pool: "fd00::/64",
    });
  });

  test("asked for again, the same pool; gone with its last release", async () => {
    const { poolId } = await pool("10.1.0.0/16");
    expect((await pool("10.1.0.0/16")).poolId).toBe(poolId);
    await ipam.releasePool(poolId);
    await address(poolId);
    await expect(pool("10.1.1.0/24")).rejects.toMatchObject(refused("E402"));
    await ipam.releasePool(poolId);
    await expect(address(poolId)).rejects.toMatchObject(refused("E401"));
    expect(await store.list("")).toEqual([]);
    await pool("10.1.1.0/24");
  });

  test.each([
    ["10.1.0.0/16", {}, "10.1.128.0/17", {}],
    ["10.1.128.0/17", {}, "10.1.0.0/16", {}],
    ["10.1.0.0/16", {}, "10.1.0.0/16", { subPool: "10.1.1.0/24" }],
    ["fd00::/48", {}, "fd00::/64", {}],
  ])("%s %j and %s %j overlap: E402", async (one, oneAsk, other, otherAsk) => {
    await pool(one, oneAsk);
    await expect(pool(other, otherAsk)).rejects.toMatchObject({
      code: "E402",
      details: { pool: other, other: one },
    });
  });

  test("of different address spaces may overlap, and know nothing of each other", async () => {
    const local = await pool("10.1.0.0/16");
    const global = await pool("10.1.0.0/16", { space: GLOBAL });
    expect(global.poolId).not.toBe(local.poolId);
    expect(await address(local.poolId, { ip: "10.1.0.5" })).toBe("10.1.0.5/16");
    expect(await address(global.poolId, { ip: "10.1.0.5" })).toBe("10.1.0.5/16");
  });

  test("a foreign address space is refused", async () => {
    await expect(pool("10.1.0.0/16", { space: "LocalDefault" })).rejects.toMatchObject(refused("E205"));
  });

  test("without a subnet, the next default pool that nobody holds", async () => {
    const first = await pool();
    expect(first.pool).toBe("10.200.0.0/24");
    expect((await pool(undefined, { space: GLOBAL })).pool).toBe("10.200.1.0/24");
    await expect(pool()).rejects.toMatchObject(refused("E407"));
    expect((await pool(undefined, { v6: true })).pool).toBe("fd00:1::/64");
    await ipam.releasePool(first.poolId);
    expect((await pool()).pool).toBe("10.200.0.0/24");
  });

  test("an --ip-range must be inside the subnet: E406", async () => {
    for (const subPool of ["10.2.0.0/24", "10.0.0.0/8", "fd00::/64"]) {
      await expect(pool("10.1.0.0/16", { subPool })).rejects.toMatchObject(refused("E406"));
    }
    await expect(pool(undefined, { subPool: "10.9.0.0/24" })).rejects.toMatchObject(refused("E406"));
    expect(await store.list("")).toEqual([]);
  });

  test("releasing one that is not held is fine, whatever it is called", async () => {
    for (const poolId of ["", "register", `${LOCAL}/10.1.0.0/16`]) await ipam.releasePool(poolId);
    expect(store.transactions).toBe(0);
  });

  test("asked for side by side, none is given twice", async () => {
    const asked = await Promise.allSettled([pool(), pool(), pool(), pool("10.200.0.0/25")]);
    expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
  });

  test("are listed with their use", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    await gateway(poolId);
    await address(poolId);
    await release(poolId, "10.1.0.2");
    expect(ipam.pools()).toEqual([
      {
        id: poolId,
        addressSpace: LOCAL,
        pool: "10.1.0.0/24",
        subPool: undefined,
        references: 1,
        held: 1,
        resting: 1,
      },
    ]);
  });
});

describe("addresses", () => {
  test("follow one another behind the gateway, with the pool's prefix length", async () => {
    const { poolId } = await pool("10.1.0.0/29");
    expect(await gateway(poolId)).toBe("10.1.0.1/29");
    const given = [await address(poolId), await address(poolId), await address(poolId)];
    expect(given).toEqual(["10.1.0.2/29", "10.1.0.3/29", "10.1.0.4/29"]);
  });

  test("of an IPv6 /64 and an IPv4 /31", async () => {
    const six = await pool("fd00::/64");
    expect([await gateway(six.poolId), await address(six.poolId)]).toEqual(["fd00::1/64", "fd00::2/64"]);
    const link = await pool("10.1.0.0/31");
    expect([await gateway(link.poolId), await address(link.poolId)]).toEqual(["10.1.0.0/31", "10.1.0.1/31"]);
    await expect(address(link.poolId)).rejects.toMatchObject(refused("E403"));
  });

  test("end with E403, and a release alone does not help before the delay", async () => {
    const { poolId } = await pool("10.1.0.0/30");
    await address(poolId);
    await address(poolId);
    await expect(address(poolId)).rejects.toMatchObject({ code: "E403", details: { pool: "10.1.0.0/30" } });
    await release(poolId, "10.1.0.2");
    nowMs += 29_999;
    await expect(address(poolId)).rejects.toMatchObject(refused("E403"));
    nowMs += 1;
    expect(await address(poolId)).toBe("10.1.0.2/30");
  });

  test("that somebody asks for by name need not have rested", async () => {
    const { poolId } = await pool("10.1.0.0/30");
    await address(poolId, { ip: "10.1.0.2" });
    await release(poolId, "10.1.0.2");
    expect(await address(poolId, { ip: "10.1.0.2" })).toBe("10.1.0.2/30");
  });

  test("rest across a restart, and not for ever when the clock was set back", async () => {
    const { poolId } = await pool("10.1.0.0/31");
    await address(poolId);
    await address(poolId);
    await release(poolId, "10.1.0.1");
    nowMs += 20_000;
    ipam = await openOn(store);
    await expect(address(poolId)).rejects.toMatchObject(refused("E403"));
    nowMs -= 500_000;
    expect(await address(poolId)).toBe("10.1.0.1/31");
  });

  test("go round: a released one is the last to come back", async () => {
    const { poolId } = await pool("10.1.0.0/29");
    await address(poolId);
    await release(poolId, "10.1.0.1");
    nowMs += 60_000;
    const given = [];
    for (let i = 0; i < 6; i++) given.push(await address(poolId));
    expect(given.map((text) => text.split("/")[0])).toEqual([
      "10.1.0.2",
      "10.1.0.3",
      "10.1.0.4",
      "10.1.0.5",
      "10.1.0.6",
      "10.1.0.1",
    ]);
  });

  test("go on after a restart where they were", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    await address(poolId);
    nowMs += 1;
    await address(poolId);
    await release(poolId, "10.1.0.2");
    ipam = await openOn(store);
    nowMs += 60_000;
    expect(await address(poolId)).toBe("10.1.0.3/24");
  });

  test("in an --ip-range; gateway, auxiliary and static ones may be elsewhere in the subnet", async () => {
    const { poolId } = await pool("10.1.0.0/16", { subPool: "10.1.5.4/30" });
    expect(await gateway(poolId, "10.1.0.1")).toBe("10.1.0.1/16");
    expect(await address(poolId, { ip: "10.1.0.9", purpose: "auxiliary" })).toBe("10.1.0.9/16");
    expect(await address(poolId, { ip: "10.1.5.5", purpose: "auxiliary" })).toBe("10.1.5.5/16");
    expect(await address(poolId, { ip: "10.1.200.1" })).toBe("10.1.200.1/16");
    const given = [await address(poolId), await address(poolId), await address(poolId)];
    expect(given).toEqual(["10.1.5.4/16", "10.1.5.6/16", "10.1.5.7/16"]);
    await expect(address(poolId)).rejects.toMatchObject({ code: "E403", details: { pool: "10.1.5.4/30" } });
  });

  test.each([
    ["10.1.0.5", "E404"],
    ["10.2.0.1", "E405"],
    ["fd00::1", "E405"],
    ["10.1.0.0", "E408"],
    ["10.1.255.255", "E408"],
  ])("%s is refused with %s", async (ip, code) => {
    const { poolId } = await pool("10.1.0.0/16");
    await address(poolId, { ip: "10.1.0.5" });
    const writes = store.transactions;
    await expect(address(poolId, { ip })).rejects.toMatchObject(refused(code));
    await expect(gateway(poolId, ip)).rejects.toMatchObject(refused(code));
    expect(store.transactions).toBe(writes);
  });

  test("a gateway may be asked for again, and lives until the last network gave it back", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    expect([await gateway(poolId), await gateway(poolId)]).toEqual(["10.1.0.1/24", "10.1.0.1/24"]);
    expect(await gateway(poolId, "10.1.0.1")).toBe("10.1.0.1/24");
    await pool("10.1.0.0/24");
    await gateway(poolId);
    await release(poolId, "10.1.0.1");
    await ipam.releasePool(poolId);
    await expect(address(poolId, { ip: "10.1.0.1" })).rejects.toMatchObject(refused("E404"));
    await release(poolId, "10.1.0.1");
    expect(await address(poolId, { ip: "10.1.0.1" })).toBe("10.1.0.1/24");
  });

  test("a second gateway of its own is a second address", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    await gateway(poolId);
    expect(await gateway(poolId, "10.1.0.254")).toBe("10.1.0.254/24");
    expect(await gateway(poolId)).toBe("10.1.0.1/24");
  });

  test("releasing what is not held is fine", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    const writes = store.transactions;
    await release("nowhere", "10.1.0.1");
    for (const ip of ["10.1.0.1", "10.2.0.1", "fd00::1"]) await release(poolId, ip);
    await ipam.releaseAddress({ poolId, address: undefined });
    await address(poolId, { ip: "10.1.0.7" });
    await release(poolId, "10.1.0.7");
    await release(poolId, "10.1.0.7");
    expect(store.transactions).toBe(writes + 2);
  });

  test("asked for side by side, none is given twice", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    const given = await Promise.all(Array.from({ length: 64 }, () => address(poolId)));
    expect(new Set(given).size).toBe(64);
  });

  test("records of rested addresses do not pile up", async () => {
    const { poolId } = await pool("10.1.0.0/16");
    for (let i = 0; i < 100; i++) {
      const ip = (await address(poolId)).split("/")[0] ?? "";
      await release(poolId, ip);
      nowMs += 1000;
    }
    expect((await store.list("addresses/")).length).toBeLessThanOrEqual(31);
  });
});

describe("names", () => {
  test("of the containers that hold addresses, until they let go, restarts included", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    await address(poolId, { ip: "10.1.0.2", name: "web" });
    await address(poolId, { ip: "10.1.0.3" });
    ipam = await openOn(store);
    const named = (ip: string) => ipam.endpointName(parseIp(ip));
    expect([named("10.1.0.2"), named("10.1.0.3"), named("10.9.0.1")]).toEqual(["web", undefined, undefined]);
    await release(poolId, "10.1.0.2");
    expect(named("10.1.0.2")).toBeUndefined();
    await address(poolId, { ip: "10.1.0.2", name: "api" });
    expect(named("10.1.0.2")).toBe("api");
  });

  test("of the local address space go first", async () => {
    const { poolId: global } = await pool("10.1.0.0/24", { space: GLOBAL });
    await address(global, { ip: "10.1.0.2", name: "task" });
    expect(ipam.endpointName(parseIp("10.1.0.2"))).toBe("task");
    const { poolId: local } = await pool("10.1.0.0/24");
    await address(local, { ip: "10.1.0.2", name: "web" });
    expect(ipam.endpointName(parseIp("10.1.0.2"))).toBe("web");
  });
});

describe("sweep", () => {
  test("takes back old endpoint addresses that Docker does not list, and nothing else", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    const { poolId: global } = await pool("10.1.0.0/24", { space: GLOBAL });
    await gateway(poolId);
    await address(poolId, { ip: "10.1.0.9", purpose: "auxiliary" });
    await address(poolId, { ip: "10.1.0.10" });
    await address(poolId, { ip: "10.1.0.11" });
    await address(global, { ip: "10.1.0.12" });
    nowMs += 60_000;
    await address(poolId, { ip: "10.1.0.13" });
    nowMs += 1;
    expect(await ipam.sweep(new Set<Ip>([parseIp("10.1.0.10")]), 60_000)).toEqual(["10.1.0.11"]);
    expect(await ipam.sweep(new Set<Ip>([parseIp("10.1.0.10")]), 60_000)).toEqual([]);
    expect(ipam.pools().map(({ held, resting }) => [held, resting])).toEqual([
      [4, 1],
      [1, 0],
    ]);
  });
});

describe("an engine that was killed and asks again for an address", () => {
  let inUse: boolean;
  let poolId: string;
  beforeEach(async () => {
    inUse = false;
    ipam = await Ipam.open(store, { ...SETTINGS, isInUse: async () => inUse }, () => nowMs);
    ({ poolId } = await pool("10.1.0.0/24"));
    await address(poolId, { ip: "10.1.0.5", purpose: "auxiliary" });
    await ipam.assigned(parseIp("10.1.0.5"));
  });

  test("gets it when the endpoint that had it is gone", async () => {
    nowMs += 10_000;
    expect(await address(poolId, { ip: "10.1.0.5", purpose: "auxiliary" })).toBe("10.1.0.5/24");
  });

  test("does not get it while the endpoint is there", async () => {
    nowMs += 10_000;
    inUse = true;
    await expect(address(poolId, { ip: "10.1.0.5" })).rejects.toMatchObject(refused("E404"));
  });

  test("does not get it while the first asker may still be making its endpoint", async () => {
    nowMs += 9_999;
    await expect(address(poolId, { ip: "10.1.0.5" })).rejects.toMatchObject(refused("E404"));
  });

  test("never gets an auxiliary address that no endpoint was made with", async () => {
    await address(poolId, { ip: "10.1.0.6", purpose: "auxiliary" });
    nowMs += 10_000;
    await expect(address(poolId, { ip: "10.1.0.6" })).rejects.toMatchObject(refused("E404"));
    expect(await ipam.sweep(new Set(), 0)).toEqual(["10.1.0.5"]);
  });
});

describe("sweepPools", () => {
  test("takes back old pools that no network has, with their addresses, and nothing else", async () => {
    await pool("10.1.0.0/24");
    const lost = await pool("10.2.0.0/24");
    await gateway(lost.poolId);
    await pool("10.3.0.0/24", { space: GLOBAL });
    const again = await pool("10.4.0.0/24");
    nowMs += 60_000;
    await pool("10.4.0.0/24");
    await pool("10.5.0.0/24");
    expect(await ipam.sweepPools(new Set(["10.1.0.0/24"]), 30_000)).toEqual(["10.2.0.0/24"]);
    expect(await ipam.sweepPools(new Set(["10.1.0.0/24"]), 30_000)).toEqual([]);
    expect(ipam.pools().map(({ pool: prefix, references }) => [prefix, references])).toEqual([
      ["10.1.0.0/24", 1],
      ["10.3.0.0/24", 1],
      ["10.4.0.0/24", 2],
      ["10.5.0.0/24", 1],
    ]);
    expect((await store.list("")).filter(({ key }) => key.includes("10.2."))).toEqual([]);
    nowMs += 60_000;
    // Two held it, none is left.
    await ipam.sweepPools(new Set(), 30_000);
    await expect(address(again.poolId)).rejects.toMatchObject(refused("E401"));
  });
});

describe("when the store fails", () => {
  const failing = { code: "E709" };

  test.each(["nothing", "everything"] as const)(
    "leaving %s, an address stays free and no record is left",
    async (leaves) => {
      const { poolId } = await pool("10.1.0.0/24");
      store.failNth(1, leaves);
      await expect(address(poolId, { ip: "10.1.0.5" })).rejects.toMatchObject(failing);
      await address(poolId, { ip: "10.1.0.6" });
      expect((await store.list("addresses/")).map(({ key }) => key)).toEqual([
        `addresses/${poolId}/10.1.0.6`,
      ]);
      expect(await address(poolId, { ip: "10.1.0.5" })).toBe("10.1.0.5/24");
    },
  );

  test.each(["nothing", "everything"] as const)("leaving %s, a release counts", async (leaves) => {
    const { poolId } = await pool("10.1.0.0/24");
    await address(poolId, { ip: "10.1.0.5" });
    store.failNth(1, leaves);
    await expect(release(poolId, "10.1.0.5")).rejects.toMatchObject(failing);
    await address(poolId, { ip: "10.1.0.6" });
    ipam = await openOn(store);
    expect(ipam.pools()).toMatchObject([{ held: 1, resting: 1 }]);
  });

  test.each(["nothing", "everything"] as const)(
    "leaving %s, a pool is not leased, and its neighbours are free",
    async (leaves) => {
      store.failNth(1, leaves);
      await expect(pool("10.1.0.0/16")).rejects.toMatchObject(failing);
      await pool("10.1.1.0/24");
      expect((await store.list("")).map(({ key }) => key)).toEqual([`pools/${LOCAL}/10.1.1.0/24`]);
    },
  );

  test.each(["nothing", "everything"] as const)(
    "leaving %s, a returned pool is gone for good",
    async (leaves) => {
      const { poolId } = await pool("10.1.0.0/16");
      await address(poolId, { ip: "10.1.0.5" });
      store.failNth(1, leaves);
      await expect(ipam.releasePool(poolId)).rejects.toMatchObject(failing);
      await pool("10.1.0.0/16");
      expect(await address(poolId, { ip: "10.1.0.5" })).toBe("10.1.0.5/16");
      expect(await store.list("")).toHaveLength(2);
    },
  );

  test("a damaged record stops the start and is named", async () => {
    const { poolId } = await pool("10.1.0.0/24");
    for (const [key, value] of [
      [`addresses/${poolId}/10.1.0.5`, { purpose: "endpoint" }],
      [`pools/${LOCAL}/10.9.0.0/24`, "10.9.0.0/24"],
    ] as const) {
      await store.transaction([], [{ verb: "put", key, value }]);
      await expect(openOn(store)).rejects.toThrow(`record ${key} is damaged`);
      await store.transaction([], [{ verb: "delete", key }]);
    }
    await openOn(store);
  });
});

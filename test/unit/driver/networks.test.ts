import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NetworkId } from "../../../src/model/ids.ts";
import { idOf, networkRequest, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const N2 = idOf<NetworkId>("n2");

let world: World;

beforeEach(async () => {
  world = await World.open();
});

afterEach(() => world.stop());

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => "no refusal",
    (error: { code?: string; message: string }) => error,
  );

describe("creating a network", () => {
  it("fills in the defaults", async () => {
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    expect(await world.networks()).toMatchObject([
      { id: N1, mtuBytes: 1500, gateway: "docker", posture: null, multicast: false, internal: false },
    ]);
    expect(world.rows("network")).toEqual([
      { table: "network", network: 1, multicast: false, mtuBytes: 1500, members: 0, vni: 0 },
    ]);
    expect(world.keys("networks/")).toEqual([`networks/${N1}`]);
  });

  it.each([
    ["hyperion.mtu", "9000", { mtuBytes: 9000 }],
    ["hyperion.mtu", "1280", { mtuBytes: 1280 }],
    ["hyperion.gateway", "none", { gateway: "none" }],
    ["hyperion.gateway", "docker", { gateway: "docker" }],
    ["hyperion.policy", "default-deny", { posture: "default-deny" }],
    ["hyperion.multicast", "true", { multicast: true }],
    ["hyperion.multicast", "false", { multicast: false }],
  ])("takes -o %s=%s", async (option, value, expected) => {
    await world.createNetwork(N1, ["10.1.0.0/24"], { options: { [option]: value } });
    expect(await world.networks()).toMatchObject([expected]);
  });

  it.each([
    ["hyperion.mtu", "1279", "a number from 1280 to 9216"],
    ["hyperion.mtu", "9217", "a number from 1280 to 9216"],
    ["hyperion.mtu", "1500.5", "a number from 1280 to 9216"],
    ["hyperion.mtu", "", "a number from 1280 to 9216"],
    ["hyperion.gateway", "bridge", "docker or none"],
    ["hyperion.policy", "deny", "default-deny, default-deny-ingress, default-deny-egress, default-allow"],
    ["hyperion.multicast", "yes", "true or false"],
  ])("refuses -o %s=%s and says what is expected", async (option, value, expected) => {
    const refusal = await refusalOf(
      world.createNetwork(N1, ["10.1.0.0/24"], { options: { [option]: value } }),
    );
    expect(refusal).toMatchObject({ code: "E304", message: `${option}=${value}: expected ${expected}` });
    expect(world.keys("networks/")).toEqual([]);
    expect(world.allRows()).toEqual([]);
  });

  it.each(["hyperion.mut", "mtu", "com.docker.network.bridge.name"])(
    "refuses the unknown option %s and lists the valid ones",
    async (option) => {
      const refusal = await refusalOf(
        world.createNetwork(N1, ["10.1.0.0/24"], { options: { [option]: "1" } }),
      );
      const valid = "hyperion.mtu, hyperion.gateway, hyperion.policy, hyperion.multicast";
      expect(refusal).toMatchObject({
        code: "E303",
        message: `unknown network option ${option}; valid options are ${valid}`,
      });
    },
  );

  it("refuses options in the check before IPAM and on Swarm's leader too", async () => {
    const generic = { "com.docker.network.generic": { "hyperion.mut": "1" } };
    await expect(world.call("NetworkDriver.GwAllocCheck", { Options: generic })).rejects.toMatchObject({
      code: "E303",
    });
    const allocation = { NetworkID: N1, Options: { "hyperion.mut": "1" }, IPv4Data: [], IPv6Data: [] };
    await expect(world.call("NetworkDriver.AllocateNetwork", allocation)).rejects.toMatchObject({
      code: "E303",
    });
  });

  it("asks for no gateway address where there is no way out", async () => {
    const check = (gateway: string) =>
      world.call("NetworkDriver.GwAllocCheck", {
        Options: { "com.docker.network.generic": { "hyperion.gateway": gateway } },
      });
    expect(await check("none")).toEqual({ SkipIPv4: true, SkipIPv6: true });
    expect(await check("docker")).toEqual({ SkipIPv4: false, SkipIPv6: false });
  });

  it.each([
    ["10.1.0.0/24", "10.1.0.0/16"],
    ["10.1.0.0/24", "10.1.0.128/25"],
    ["fd00:1::/64", "fd00:1::/48"],
  ])("refuses a subnet that overlaps: %s, then %s", async (first, second) => {
    await world.createNetwork(N1, [first]);
    expect(await refusalOf(world.createNetwork(N2, [second]))).toMatchObject({
      code: "E305",
      details: { prefix: second, other: first },
    });
    expect(await world.networks()).toHaveLength(1);
    await world.createNetwork(N2, ["10.2.0.0/24", "fd00:2::/64"]);
  });

  it("lets only one of two overlapping networks in that are made at once", async () => {
    const outcomes = await Promise.allSettled([
      world.createNetwork(N1, ["10.1.0.0/24"]),
      world.createNetwork(N2, ["10.1.0.0/16"]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("may be repeated, and not with other settings", async () => {
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    for (const other of [
      networkRequest(N1, ["10.1.0.0/25"]),
      networkRequest(N1, ["10.1.0.0/24", "fd00::/64"]),
      networkRequest(N1, ["10.1.0.0/24"], { options: { "hyperion.mtu": "1400" } }),
      networkRequest(N1, ["10.1.0.0/24"], { options: { "hyperion.policy": "default-deny" } }),
      networkRequest(N1, ["10.1.0.0/24"], { internal: true }),
    ]) {
      await expect(world.call("NetworkDriver.CreateNetwork", other)).rejects.toMatchObject({ code: "E302" });
    }
    expect(await world.networks()).toHaveLength(1);
  });

  it("says when all numbers are in use, and has one again after a delete", async () => {
    await world.stop();
    world = await World.open({ networksMax: 2 });
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.createNetwork(N2, ["10.2.0.0/24"]);
    const third = () => world.createNetwork(idOf("n3"), ["10.3.0.0/24"]);
    expect(await refusalOf(third())).toMatchObject({
      code: "E321",
      message: "no free network index: all 2 are in use",
    });
    await world.call("NetworkDriver.DeleteNetwork", { NetworkID: N1 });
    await third();
    expect(await world.networks()).toHaveLength(2);
  });
});

describe("deleting a network", () => {
  it("leaves nothing", async () => {
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.call("NetworkDriver.DeleteNetwork", { NetworkID: N1 });
    expect(world.allRows()).toEqual([]);
    expect(world.keys("networks/")).toEqual([]);
  });

  it("succeeds for one that is not known", async () => {
    expect(await world.call("NetworkDriver.DeleteNetwork", { NetworkID: N1 })).toEqual({});
    expect(await world.call("NetworkDriver.FreeNetwork", { NetworkID: N1 })).toEqual({});
  });

  it("takes the endpoints along that the engine has forgotten, and says so", async () => {
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.createEndpoint(N1, idOf("e1"), { Address: "10.1.0.2/24" });
    await world.createEndpoint(N1, idOf("e2"), { Address: "10.1.0.3/24" });
    await world.call("NetworkDriver.DeleteNetwork", { NetworkID: N1 });
    expect(world.allRows()).toEqual([]);
    expect(world.keys("endpoints/")).toEqual([]);
    expect((await world.status()).vfs.used).toBe(0);
    expect(world.log.filter(({ event }) => event === "endpoint.evicted")).toHaveLength(2);
  });

  it("keeps the network when the disk refuses", async () => {
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    for (const leaves of ["nothing", "everything"] as const) {
      world.life.store.failNth(1, leaves);
      await expect(world.call("NetworkDriver.DeleteNetwork", { NetworkID: N1 })).rejects.toMatchObject({
        code: "E709",
      });
      expect(world.rows("network")).toContainEqual(expect.objectContaining({ network: 1 }));
      expect(await world.networks()).toContainEqual(expect.objectContaining({ id: N1 }));
      // The next write makes up for what the disk may have lost.
      await world.createNetwork(idOf(leaves), [leaves === "nothing" ? "10.2.0.0/24" : "10.3.0.0/24"]);
      expect(world.keys("networks/")).toContain(`networks/${N1}`);
    }
  });
});

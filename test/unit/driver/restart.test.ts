import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SWEEP_GRACE_MS } from "../../../src/driver/sweep.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const N2 = idOf<NetworkId>("n2");
const E1 = idOf<EndpointId>("e1");
const E2 = idOf<EndpointId>("e2");
const E3 = idOf<EndpointId>("e3");
const WEB = idOf<ContainerId>("c1");
const API = idOf<ContainerId>("c2");

let world: World;

/** Two containers that know each other in rules, and one endpoint that waits for its container. */
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  world = await World.open();
  await world.createNetwork(N1, ["10.1.0.0/24"], { options: { "hyperion.multicast": "true" } });
  world.docker?.addContainer({ id: WEB, name: "web", labels: { "hyperion.group": "web" } });
  const labels = {
    "hyperion.policy": "default-deny",
    "hyperion.ingress.web": "allow tcp/1-1023 from group:web",
  };
  world.docker?.addContainer({ id: API, name: "api", labels });
  await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
  await world.createEndpoint(N1, E2, { Address: "10.1.0.3/24" });
  await world.createEndpoint(N1, E3, { Address: "10.1.0.4/24" });
  await world.joinContainer(N1, E1, WEB);
  await world.joinContainer(N1, E2, API);
  await settled();
});

afterEach(async () => {
  vi.useRealTimers();
  await world.stop();
});

const settled = () =>
  vi.waitFor(async () => {
    const { reconciled, quarantined } = await world.status();
    expect({ reconciled, quarantined }).toEqual({ reconciled: true, quarantined: 1 });
  });

const documents = async () =>
  [...(await world.life.engine.view.endpoints())].sort((a, b) => (a.id < b.id ? -1 : 1));

describe.each(["stop", "kill"] as const)("after a %s", (way) => {
  const restart = async () => {
    if (way === "stop") await world.stop();
    else world.kill();
    await world.start();
  };

  it("the next daemon goes on without a single step in the data plane", async () => {
    const rows = world.allRows();
    const before = await documents();
    expect(rows.filter(({ table }) => table === "policy")).not.toEqual([]);
    await restart();
    expect(world.life.operations.operations).toBe(0);
    await vi.waitFor(async () => expect((await world.status()).docker.connected).toBe(true));
    await settled();
    expect(world.life.operations.operations).toBe(0);
    expect(world.allRows()).toEqual(rows);
    expect(await documents()).toEqual(before);
    expect((await world.status()).reconcile.steps).toBe(0);
  });

  it("VFs in use stay, ready ones are made anew", async () => {
    const used = (await documents()).map(({ representor }) => representor);
    const ports = await Promise.all(used.map(async (name) => (await world.host.link(name))?.index));
    await restart();
    await vi.waitFor(async () => expect((await world.status()).vfs).toMatchObject({ used: 3, warm: 2 }));
    expect(await Promise.all(used.map(async (name) => (await world.host.link(name))?.index))).toEqual(ports);
    await vi.waitFor(async () => {
      const representors = (await world.devices()).filter((name) => name.startsWith("hyr"));
      expect(representors).toHaveLength(5);
    });
  });

  it("numbers go on where they were: nothing is given twice", async () => {
    await restart();
    await world.createNetwork(N2, ["10.2.0.0/24"]);
    await world.createEndpoint(N2, idOf("e4"), { Address: "10.2.0.2/24" });
    expect(new Set(world.rows("network").map(({ network }) => network)).size).toBe(2);
    expect(new Set(world.rows("endpoint").map(({ endpoint }) => endpoint)).size).toBe(4);
    expect(new Set(world.rows("endpoint").map(({ generation }) => generation)).size).toBe(4);
  });

  it("an endpoint whose VF is gone is taken away", async () => {
    const { vf = "" } = (await world.endpoint(E1)) ?? {};
    if (way === "stop") await world.stop();
    else world.kill();
    world.host.vanish(vf);
    await world.start();
    expect(await world.endpoint(E1)).toBeUndefined();
    expect(world.keys("endpoints/")).toHaveLength(2);
    expect(world.rows("endpoint")).toHaveLength(2);
    expect(world.log).toContainEqual(
      expect.objectContaining({
        event: "endpoint.evicted",
        message: expect.stringContaining("its VF is gone"),
      }),
    );
  });
});

describe("after a reboot of the machine", () => {
  it("networks are there again, endpoints are not", async () => {
    world.reboot();
    await world.start();
    expect(await world.networks()).toMatchObject([{ id: N1, endpoints: 0 }]);
    expect(world.rows("network")).toHaveLength(1);
    expect(world.rows("endpoint")).toEqual([]);
    expect(world.keys("endpoints/")).toEqual([]);
    expect(world.log.filter(({ message }) => message.includes("the machine was rebooted"))).toHaveLength(3);
    await world.createEndpoint(N1, idOf("e4"), { Address: "10.1.0.2/24" });
  });

  it("a device that happens to have the old name and number is nobody's", async () => {
    world.reboot();
    for (const number of [1, 2, 3]) await world.host.createVf(`hyv${number}`, `hyr${number}`, 1500);
    await world.start();
    expect((await world.status()).endpoints).toBe(0);
    await vi.waitFor(async () => expect((await world.status()).vfs).toMatchObject({ used: 0, warm: 2 }));
    await vi.waitFor(async () => expect(await world.devices()).toHaveLength(4));
  });
});

describe("rows that nobody owns", () => {
  it("are taken away at the start", async () => {
    world.kill();
    for (const key of world.keys("endpoints/")) world.disk.rows.delete(key);
    await world.start();
    expect(world.allRows().map(({ table }) => table)).toEqual(["network"]);
    await vi.waitFor(async () => expect(await world.devices()).toHaveLength(4));
  });
});

describe("records that make no sense", () => {
  it.each(["networks", "endpoints"])("in %s stop the daemon rather than be overlooked", async (kind) => {
    world.kill();
    const [key = ""] = world.keys(`${kind}/`);
    world.disk.rows.set(key, { text: '{"id": 7}', version: 1 });
    await expect(world.start()).rejects.toMatchObject({
      code: "E709",
      message: expect.stringContaining(key),
    });
    world.disk.rows.delete(key);
    await world.start();
  });
});

describe("what Docker has forgotten", () => {
  const lookAgain = async () => {
    const before = world.docker;
    before?.die();
    before?.revive();
    await vi.waitFor(async () => expect((await world.status()).docker.connected).toBe(true));
  };

  it("is taken away once it is old: endpoints first, then their network", async () => {
    world.docker?.removeNetwork(N1);
    await lookAgain();
    expect((await world.status()).endpoints).toBe(3);
    vi.setSystemTime(Date.now() + SWEEP_GRACE_MS + 1);
    await lookAgain();
    await vi.waitFor(async () => expect((await world.status()).networks).toBe(0));
    expect(world.allRows()).toEqual([]);
    expect(world.keys("")).toEqual([]);
    await vi.waitFor(async () => expect(await world.devices()).toHaveLength(4));
  });

  it("does not take along what Docker still lists", async () => {
    vi.setSystemTime(Date.now() + SWEEP_GRACE_MS + 1);
    await lookAgain();
    await vi.waitFor(async () => expect(await world.endpoint(E3)).toBeUndefined());
    expect((await documents()).map(({ id }) => id)).toEqual([E1, E2]);
    expect(await world.networks()).toHaveLength(1);
  });

  it("does not take along what Docker lists under the name that the driver had before", async () => {
    await world.stop();
    await world.start({ pluginSocket: "/run/docker/plugins/hyperion-2.sock" });
    vi.setSystemTime(Date.now() + SWEEP_GRACE_MS + 1);
    await lookAgain();
    await vi.waitFor(async () => expect(await world.endpoint(E3)).toBeUndefined());
    expect((await documents()).map(({ id }) => id)).toEqual([E1, E2]);
  });

  it("stays while Docker does not answer", async () => {
    vi.setSystemTime(Date.now() + SWEEP_GRACE_MS + 1);
    world.docker?.removeNetwork(N1);
    world.docker?.hang();
    world.kill();
    await world.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await world.status()).endpoints).toBe(3);
    expect(world.rows("endpoint")).toHaveLength(3);
  });
});

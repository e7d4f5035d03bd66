import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const N2 = idOf<NetworkId>("n2");
const E1 = idOf<EndpointId>("e1");
const E2 = idOf<EndpointId>("e2");
const WEB = idOf<ContainerId>("c1");
const OTHER = idOf<ContainerId>("c9");

let world: World;

beforeEach(async () => {
  world = await World.open();
  world.docker?.addContainer({ id: WEB, name: "web", labels: {} });
  await world.createNetwork(N1, ["10.1.0.0/24"], { name: "shop_back" });
});

afterEach(() => world.stop());

const create = (network = N1, endpoint = E1, address = "10.1.0.2/24") =>
  world.createEndpoint(network, endpoint, { Address: address });
const wayOut = () => world.rows("port").filter(({ kind }) => kind === "gateway");
const indexOf = (ipv4: string) => world.rows("endpoint").find((row) => row.ipv4 === ipv4)?.endpoint;
const guarded = () =>
  [...world.tables.attached].filter(([, kind]) => kind === "gateway").map(([port]) => port);
const facts = () => world.life.engine.facts;
const events = () => world.log.map(({ event }) => event);
/** Long enough for a look or two. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

/** As `docker run` does it: the link is made after Join, and both devices go in together. */
async function run(): Promise<number> {
  await create();
  const port = await world.makeWayOut("veth1");
  await world.joinContainer(N1, E1, WEB);
  world.leadOut("veth1", WEB);
  await vi.waitFor(() => expect(wayOut()).toHaveLength(1));
  return port;
}

describe("a container's way out", () => {
  it("is a port of the endpoint that governs it", async () => {
    const port = await run();
    expect(wayOut()).toEqual([{ table: "port", port, endpoint: indexOf("10.1.0.2"), kind: "gateway" }]);
    expect(guarded()).toEqual([port]);
    expect([...facts().gateways]).toEqual([[E1, port]]);
  });

  it("has its programs before it leads anywhere, and its row not before them", async () => {
    await create();
    const port = await world.makeWayOut("veth1");
    await vi.waitFor(() => expect(guarded()).toEqual([port]));
    expect(wayOut()).toEqual([]);
    world.life.dataplane.failAlways();
    const second = await world.makeWayOut("veth2");
    await world.joinContainer(N1, E1, WEB);
    world.leadOut("veth2", WEB);
    await vi.waitFor(() => expect(events()).toContain("gateway.unguarded"));
    expect(guarded()).not.toContain(second);
    expect(facts().gateways.size).toBe(0);
  });

  it("has them as early when a running container gets its first", async () => {
    await create();
    await world.joinContainer(N1, E1, WEB);
    await settled();
    const port = await world.makeWayOut("veth1");
    await vi.waitFor(() => expect(guarded()).toEqual([port]));
    world.leadOut("veth1", WEB);
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port }]));
  });

  it("is found although it was there before the endpoint", async () => {
    const port = await world.makeWayOut("veth1");
    world.leadOut("veth1", WEB);
    await settled();
    expect(guarded()).toEqual([]);
    await create();
    await world.joinContainer(N1, E1, WEB);
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port }]));
    expect(guarded()).toEqual([port]);
  });

  it("is quarantined with its endpoint", async () => {
    await create();
    const port = await world.makeWayOut("veth1");
    world.docker?.hang();
    await world.joinContainer(N1, E1, WEB);
    world.leadOut("veth1", WEB);
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.1.0.2") }]));
    expect(await world.endpoint(E1)).toMatchObject({ mode: "quarantine" });
    world.docker?.revive();
  });

  it("is governed by the first of its networks, by name, that lead out", async () => {
    const port = await run();
    await world.createNetwork(N2, ["10.2.0.0/24"], { name: "shop_admin", internal: true });
    const front = idOf<NetworkId>("n3");
    await world.createNetwork(front, ["10.3.0.0/24"], { name: "shop_another" });
    await create(N2, E2, "10.2.0.2/24");
    await world.joinContainer(N2, E2, WEB);
    const third = idOf<EndpointId>("e3");
    await create(front, third, "10.3.0.2/24");
    await world.joinContainer(front, third, WEB);
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.3.0.2") }]));
    expect(facts().gateways).toEqual(new Map([E1, E2, third].map((id) => [id, port])));
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: front, EndpointID: third });
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.1.0.2") }]));
  });

  it("belongs to nobody whose networks do not lead out", async () => {
    await world.createNetwork(N2, ["10.2.0.0/24"], { options: { "hyperion.gateway": "none" } });
    await create(N2, E2, "10.2.0.2/24");
    await world.joinContainer(N2, E2, WEB);
    await world.makeWayOut("veth1"); // for another driver's network
    world.leadOut("veth1", WEB);
    await settled();
    expect(guarded()).toEqual([]);
    expect(wayOut()).toEqual([]);
  });

  it("goes with its container", async () => {
    const port = await run();
    world.host.vanish("veth1");
    await vi.waitFor(() => expect(wayOut()).toEqual([]));
    await vi.waitFor(() => expect(guarded()).toEqual([]));
    expect(facts().gateways.has(E1)).toBe(false);
    const next = await world.makeWayOut("veth2"); // docker restart
    world.leadOut("veth2", WEB);
    expect(next).not.toBe(port);
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port: next }]));
  });

  it("passes nothing for a while when the last endpoint is gone, then is another network's", async () => {
    const port = await run();
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: N1, EndpointID: E1 });
    await vi.waitFor(() => expect(wayOut()).toEqual([]));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(guarded()).toEqual([port]);
    await vi.waitFor(() => expect(guarded()).toEqual([]), { timeout: 4_000 });
    expect(await world.host.link("veth1")).toMatchObject({ up: true });
  });

  it("is another network's also when the daemon stops meanwhile", async () => {
    await run();
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: N1, EndpointID: E1 });
    await world.stop();
    expect(guarded()).toEqual([]);
    expect(await world.host.link("veth1")).toMatchObject({ up: true });
  });

  it("stays the container's when that takes its VF elsewhere", async () => {
    const port = await run();
    const { vf = "" } = (await world.endpoint(E1)) ?? {};
    world.host.moveAway(vf, world.host.newNamespace());
    await settled();
    expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.1.0.2") }]);
    expect(guarded()).toEqual([port]);
  });

  it("stays the container's when that deletes its VF, until Docker takes the endpoint away", async () => {
    const port = await run();
    const { vf = "" } = (await world.endpoint(E1)) ?? {};
    world.host.vanish(vf);
    await new Promise((resolve) => setTimeout(resolve, 2_300)); // longer than a port stays that nobody claims
    expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.1.0.2") }]);
    expect(guarded()).toEqual([port]);
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: N1, EndpointID: E1 });
    await vi.waitFor(() => expect(wayOut()).toEqual([]));
    await vi.waitFor(() => expect(guarded()).toEqual([]), { timeout: 4_000 });
  });
});

describe("another network's way out", () => {
  it("is not touched, unless a container of ours is just being started", async () => {
    await world.makeWayOut("veth8");
    world.leadOut("veth8", OTHER);
    await settled();
    expect(guarded()).toEqual([]);
    await create();
    const port = await world.makeWayOut("veth9");
    await vi.waitFor(() => expect(guarded()).toEqual([port]));
    world.leadOut("veth9", OTHER);
    await vi.waitFor(() => expect(guarded()).toEqual([]));
    expect(await world.host.link("veth9")).toMatchObject({ up: true });
  });

  it("is not touched for a container that has waited too long: it has another gateway", async () => {
    const inPast = Date.now() - 60_000;
    vi.spyOn(Date, "now").mockReturnValueOnce(inPast);
    await create();
    vi.restoreAllMocks();
    expect(facts().endpoints.get(E1)?.createdAtMs).toBe(inPast);
    await world.joinContainer(N1, E1, WEB);
    await settled();
    await world.makeWayOut("veth9");
    await settled();
    expect(guarded()).toEqual([]);
  });

  it("is not set down where it cannot be guarded", async () => {
    await create();
    world.life.dataplane.failAlways();
    await world.makeWayOut("veth9");
    world.leadOut("veth9", OTHER);
    await settled();
    expect(await world.host.link("veth9")).toMatchObject({ up: true });
    expect(events()).not.toContain("gateway.unguarded");
  });
});

describe("devices on the bridge that are no links to containers", () => {
  it("are their owner's business", async () => {
    await run();
    world.host.addHardware("eth7", 1500);
    world.host.enslave("eth7", "docker_gwbridge");
    await create(N1, E2, "10.1.0.3/24");
    await settled();
    expect(guarded()).toHaveLength(1);
  });
});

describe("a way out that cannot be guarded", () => {
  it("is down until it can be", async () => {
    await create();
    world.life.dataplane.failAlways();
    const port = await world.makeWayOut("veth1");
    await world.joinContainer(N1, E1, WEB);
    world.leadOut("veth1", WEB);
    await vi.waitFor(async () => expect(await world.host.link("veth1")).toMatchObject({ up: false }));
    await settled();
    expect(world.log.filter(({ event }) => event === "gateway.unguarded")).toEqual([
      expect.objectContaining({
        level: "error",
        message: expect.stringMatching(
          /^veth1 is set down until it can be guarded: .*Cannot allocate memory/,
        ),
      }),
    ]);
    world.life.dataplane.heal();
    await vi.waitFor(async () => expect(await world.host.link("veth1")).toMatchObject({ up: true }));
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port }]));
  });

  it("goes on where it was there before the daemon, loudly", async () => {
    await create();
    await world.joinContainer(N1, E1, WEB);
    await world.stop();
    const port = await world.makeWayOut("veth1");
    world.leadOut("veth1", WEB);
    const attach = vi.spyOn(world.tables.attached, "set").mockImplementation(() => {
      throw new Error("Cannot allocate memory");
    });
    await world.start();
    await vi.waitFor(() =>
      expect(world.log).toContainEqual(
        expect.objectContaining({
          event: "gateway.unguarded",
          message: expect.stringMatching(/^veth1 lets its container out past every policy/),
        }),
      ),
    );
    expect(await world.host.link("veth1")).toMatchObject({ up: true });
    attach.mockRestore();
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port }]));
    expect(guarded()).toEqual([port]);
  });
});

describe.each(["stop", "kill"] as const)("after a restart (%s)", (way) => {
  it("ways out are found again, and nothing about them is written", async () => {
    const port = await run();
    await vi.waitFor(async () => expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" }));
    const before = world.allRows();
    if (way === "stop") await world.stop();
    else world.kill();
    expect(guarded()).toEqual([port]);
    await world.start();
    expect([...facts().gateways]).toEqual([[E1, port]]);
    expect(world.allRows()).toEqual(before);
    expect(world.life.operations.operations).toBe(0);
    expect(guarded()).toEqual([port]);
  });

  it("a container that has deleted the VF that governed it is governed as before", async () => {
    const port = await run();
    await world.createNetwork(N2, ["10.2.0.0/24"], { name: "shop_zone" });
    await create(N2, E2, "10.2.0.2/24");
    await world.joinContainer(N2, E2, WEB);
    await vi.waitFor(() => expect(facts().gateways).toEqual(new Map([E1, E2].map((id) => [id, port]))));
    const { vf = "" } = (await world.endpoint(E1)) ?? {};
    world.host.vanish(vf);
    await settled();
    const before = wayOut();
    expect(before).toMatchObject([{ port, endpoint: indexOf("10.1.0.2") }]);
    if (way === "stop") await world.stop();
    else world.kill();
    await world.start();
    expect(wayOut()).toEqual(before);
    expect(world.life.operations.operations).toBe(0);
    const other = idOf<EndpointId>("e3"); // which may get the names of the VF that is gone
    await create(N1, other, "10.1.0.3/24");
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: N1, EndpointID: E1 });
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port, endpoint: indexOf("10.2.0.2") }]));
    const { representor = "" } = (await world.endpoint(other)) ?? {};
    await settled();
    expect(await world.host.link(representor)).toBeDefined();
  });

  it("what came and went meanwhile is noticed", async () => {
    await run();
    if (way === "stop") await world.stop();
    else world.kill();
    world.host.vanish("veth1");
    const next = await world.makeWayOut("veth2");
    world.leadOut("veth2", WEB);
    await world.start();
    expect(wayOut()).toMatchObject([{ port: next }]);
    expect(guarded()).toContain(next);
  });
});

describe("a data plane that was lost", () => {
  it("gets the programs and the rows of ways out again", async () => {
    const port = await run();
    world.loseDataplane();
    await create(N1, E2, "10.1.0.3/24").catch(() => {});
    await vi.waitFor(() => expect(guarded()).toEqual([port]));
    await vi.waitFor(() => expect(wayOut()).toMatchObject([{ port }]));
  });
});

describe("the machine's addresses", () => {
  it("are followed", async () => {
    const loopback = [parseIp("127.0.0.1"), parseIp("::1")];
    expect(facts().hostAddresses).toEqual(new Set(loopback));
    world.host.addAddress(parseIp("198.51.100.7"));
    await vi.waitFor(() => expect(facts().hostAddresses.size).toBe(3));
    world.host.removeAddress(parseIp("198.51.100.7"));
    await vi.waitFor(() => expect(facts().hostAddresses).toEqual(new Set(loopback)));
  });

  it("are what a rule means that says host", async () => {
    const labels = { "hyperion.ingress.ssh": "allow tcp/22 from host" };
    world.docker?.addContainer({ id: WEB, name: "web", labels });
    await run();
    const isHost = (prefix: string) => world.rows("prefix").some((row) => row.prefix === prefix);
    await vi.waitFor(() => expect(isHost("127.0.0.1/32")).toBe(true));
    world.host.addAddress(parseIp("198.51.100.7"));
    await vi.waitFor(() => expect(isHost("198.51.100.7/32")).toBe(true));
    world.host.removeAddress(parseIp("198.51.100.7"));
    await vi.waitFor(() => expect(isHost("198.51.100.7/32")).toBe(false));
  });

  it("are looked for again when the host does not say", async () => {
    world.life.host.failNth(1);
    world.host.addAddress(parseIp("198.51.100.7"));
    await vi.waitFor(() => expect(facts().hostAddresses.size).toBe(3));
    expect(events()).toContain("gateway.look-failed");
  });
});

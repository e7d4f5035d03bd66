import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ATTRIBUTION_WAIT_MS } from "../../../src/driver/admission.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { isMulticastMac, parseMac } from "../../../src/model/mac.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const E1 = idOf<EndpointId>("e1");
const E2 = idOf<EndpointId>("e2");
const MAC = "02:42:0a:01:00:02";

let world: World;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  world = await World.open();
  await world.createNetwork(N1, ["10.1.0.0/24", "fd00:1::/64"]);
});

afterEach(async () => {
  vi.useRealTimers();
  await world.stop();
});

const ref = (EndpointID: EndpointId, NetworkID = N1) => ({ NetworkID, EndpointID });
const advance = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Everything of an endpoint that could be left over, empty. */
async function expectNothingLeft(): Promise<void> {
  expect(world.rows("endpoint")).toEqual([]);
  expect(world.rows("port")).toEqual([]);
  expect(world.rows("neighbour")).toEqual([]);
  expect(world.keys("endpoints/")).toEqual([]);
  expect((await world.status()).vfs.used).toBe(0);
}

describe("creating an endpoint", () => {
  it("replies with nothing but what was not given", async () => {
    const chosen = await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    expect(chosen).toEqual({ Interface: { MacAddress: expect.any(String) } });
    const mac = parseMac((chosen.Interface as { MacAddress: string }).MacAddress);
    expect(isMulticastMac(mac)).toBe(false);
    const given = await world.createEndpoint(N1, E2, { Address: "10.1.0.3/24", MacAddress: MAC });
    expect(given).toEqual({});
  });

  it("gets a VF, rows and a record, and passes nothing yet", async () => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24", MacAddress: MAC });
    const endpoint = await world.endpoint(E1);
    expect(endpoint).toMatchObject({ mode: "quarantine", mac: MAC, ipv4: "10.1.0.2", container: null });
    expect(world.rows("endpoint")).toMatchObject([
      { mode: "quarantine", egressDeny: true, ingressDeny: true, mac: MAC, ipv4: "10.1.0.2" },
    ]);
    expect(world.rows("neighbour")).toMatchObject([{ address: "10.1.0.2", mac: MAC }]);
    const representor = await world.host.link(endpoint?.representor ?? "");
    expect(world.rows("port")).toMatchObject([{ port: representor?.index }]);
    expect([...world.tables.attached.keys()]).toContain(representor?.index);
    expect(world.keys("endpoints/")).toEqual([`endpoints/${N1}/${E1}`]);
  });

  it("has IPv6, its link-local address and both families together", async () => {
    const given = { Address: "10.1.0.2/24", AddressIPv6: "fd00:1::2/64", MacAddress: MAC };
    expect(await world.createEndpoint(N1, E1, given)).toEqual({});
    expect(world.rows("neighbour").map(({ address }) => address)).toEqual([
      "10.1.0.2",
      "fd00:1::2",
      "fe80::42:aff:fe01:2",
    ]);
    await world.createEndpoint(N1, E2, { AddressIPv6: "fd00:1::3/64" });
    expect(await world.endpoint(E2)).toMatchObject({ ipv4: null, ipv6: "fd00:1::3" });
  });

  it("takes the network's MTU", async () => {
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"], { options: { "hyperion.mtu": "9000" } });
    await world.createEndpoint(idOf("n2"), E1, { Address: "10.2.0.2/24" });
    const { vf = "", representor = "" } = (await world.endpoint(E1)) ?? {};
    expect((await world.host.link(vf))?.mtuBytes).toBe(9000);
    expect((await world.host.link(representor))?.mtuBytes).toBe(9000);
  });

  it("may be repeated: the same VF, the same reply", async () => {
    const first = await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    const before = await world.endpoint(E1);
    expect(await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" })).toEqual(first);
    expect(await world.endpoint(E1)).toEqual(before);
    expect((await world.status()).vfs.used).toBe(1);
  });

  it("repeated at the same time is made once", async () => {
    const body = { Address: "10.1.0.2/24" };
    const [a, b] = await Promise.all([
      world.createEndpoint(N1, E1, body),
      world.createEndpoint(N1, E1, body),
    ]);
    expect(a).toEqual(b);
    expect((await world.status()).vfs.used).toBe(1);
  });

  it.each([
    [{ Address: "10.1.0.9/24" }],
    [{ Address: "10.1.0.2/24", MacAddress: MAC }],
    [{ Address: "10.1.0.2/24", AddressIPv6: "fd00:1::2/64" }],
  ])("is no repetition with other settings: %j", async (other) => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await expect(world.createEndpoint(N1, E1, other as Record<string, string>)).rejects.toMatchObject({
      code: "E316",
    });
    expect(await world.endpoint(E1)).toMatchObject({ ipv4: "10.1.0.2", ipv6: null });
  });

  it.each([
    ["E313", { Address: "10.9.0.2/24" }],
    ["E313", { Address: "10.1.0.2/24", AddressIPv6: "fd00:2::2/64" }],
    ["E314", {}],
    ["E202", { Address: "10.1.0.2/24", MacAddress: "03:00:00:00:00:01" }],
  ])("refuses with %s: %j", async (code, given) => {
    const work = world.createEndpoint(N1, E1, given as Record<string, string>);
    await expect(work).rejects.toMatchObject({ code });
    await expectNothingLeft();
  });

  it("refuses one on a network that is not known", async () => {
    const work = world.createEndpoint(idOf("n9"), E1, { Address: "10.1.0.2/24" });
    await expect(work).rejects.toMatchObject({ code: "E301" });
  });

  it("takes policy from driver_opts, and refuses wrong policy in the reply", async () => {
    const wrong = { "hyperion.ingress.web": "alow tcp/80 from any" };
    const work = world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" }, wrong);
    await expect(work).rejects.toMatchObject({ code: expect.stringMatching(/^E1/), kind: "invalid" });
    await expect(work).rejects.toThrow(
      `E102 endpoint e10000000000: driver option hyperion.ingress.web
  alow tcp/80 from any
  ^^^^ expected "allow" or "deny"; did you mean "allow"?`,
    );
    await expectNothingLeft();
    const right = { "hyperion.ingress.web": "allow tcp/80 from any", "com.docker.network.portmap": [] };
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" }, right);
    expect(await world.endpoint(E1)).toMatchObject({ mode: "quarantine" });
  });

  it("says when all VFs are in use, and gives one out again after a delete", async () => {
    await world.stop();
    world = await World.open({ config: { vfPool: 1, vfLimit: 2 } });
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await world.createEndpoint(N1, E2, { Address: "10.1.0.3/24" });
    const third = () => world.createEndpoint(N1, idOf("e3"), { Address: "10.1.0.4/24" });
    await expect(third()).rejects.toMatchObject({ code: "E320", details: { used: 2, limit: 2 } });
    expect(world.keys("endpoints/")).toHaveLength(2);
    await world.call("NetworkDriver.DeleteEndpoint", ref(E1));
    await third();
  });

  it("says when all numbers are in use", async () => {
    await world.stop();
    world = await World.open({ endpointsMax: 2 });
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await world.createEndpoint(N1, E2, { Address: "10.1.0.3/24" });
    const third = () => world.createEndpoint(N1, idOf("e3"), { Address: "10.1.0.4/24" });
    await expect(third()).rejects.toMatchObject({
      code: "E321",
      message: "no free endpoint index: all 2 are in use",
    });
    expect((await world.status()).vfs.used).toBe(2);
    await world.call("NetworkDriver.DeleteEndpoint", ref(E1));
    await third();
  });
});

describe("an address or MAC that is taken", () => {
  beforeEach(async () => {
    world.docker?.addContainer({ id: idOf("c1"), name: "web", labels: {} });
    await world.createEndpoint(N1, E1, {
      Address: "10.1.0.2/24",
      AddressIPv6: "fd00:1::2/64",
      MacAddress: MAC,
    });
    await world.joinContainer(N1, E1, idOf<ContainerId>("c1"));
    await vi.waitFor(async () => expect((await world.endpoint(E1))?.mode).toBe("enforce"));
  });

  it.each([
    ["E311", { Address: "10.1.0.2/24" }, "10.1.0.2"],
    ["E311", { Address: "10.1.0.3/24", AddressIPv6: "fd00:1::2/64" }, "fd00:1::2"],
    ["E312", { Address: "10.1.0.3/24", MacAddress: MAC }, MAC],
  ])("is refused with %s and the holder's name: %j", async (code, given, what) => {
    advance(60_000);
    const work = world.createEndpoint(N1, E2, given as Record<string, string>);
    await expect(work).rejects.toMatchObject({ code });
    await expect(work).rejects.toThrow(new RegExp(`${what} is in use by endpoint web`));
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" });
  });

  it("is free on another network", async () => {
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"]);
    await world.createEndpoint(idOf("n2"), E2, { Address: "10.2.0.2/24", MacAddress: MAC });
    expect((await world.status()).endpoints).toBe(2);
  });

  it("is given over when the VF went with its container", async () => {
    const { vf = "" } = (await world.endpoint(E1)) ?? {};
    world.host.vanish(vf);
    await world.createEndpoint(N1, E2, { Address: "10.1.0.2/24" });
    expect(await world.endpoint(E1)).toBeUndefined();
    expect(world.rows("neighbour").filter(({ address }) => address === "10.1.0.2")).toHaveLength(1);
    expect(world.log.map(({ event }) => event)).toContain("endpoint.evicted");
  });

  it("is given over when the VF never left, once that is old", async () => {
    await world.createEndpoint(N1, E2, { Address: "10.1.0.7/24" });
    const claim = () => world.createEndpoint(N1, idOf("e3"), { Address: "10.1.0.7/24" });
    await expect(claim()).rejects.toMatchObject({ code: "E311" });
    advance(10_001);
    await claim();
    expect(await world.endpoint(E2)).toBeUndefined();
    expect((await world.status()).vfs.used).toBe(2);
  });
});

describe("join", () => {
  it("replies with the VF and leaves the way out to docker_gwbridge", async () => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    const { vf } = (await world.endpoint(E1)) ?? {};
    const body = { ...ref(E1), SandboxKey: "/var/run/docker/netns/1", Options: null };
    const expected = {
      InterfaceName: { SrcName: vf, DstPrefix: "eth" },
      StaticRoutes: [],
      DisableGatewayService: false,
    };
    expect(await world.call("NetworkDriver.Join", body)).toEqual(expected);
    expect(await world.call("NetworkDriver.Join", body)).toEqual(expected);
  });

  it.each([
    ["hyperion.gateway=none", { options: { "hyperion.gateway": "none" } }],
    ["--internal", { internal: true }],
  ])("switches the way out off with %s", async (_, settings) => {
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"], settings);
    await world.createEndpoint(idOf("n2"), E1, { Address: "10.2.0.2/24" });
    const body = { ...ref(E1, idOf("n2")), SandboxKey: "", Options: {} };
    expect(await world.call("NetworkDriver.Join", body)).toMatchObject({ DisableGatewayService: true });
  });

  it("refuses what is not known, and tells network and endpoint apart", async () => {
    const body = (network: NetworkId) => ({ ...ref(E1, network), SandboxKey: "", Options: {} });
    await expect(world.call("NetworkDriver.Join", body(N1))).rejects.toMatchObject({ code: "E310" });
    await expect(world.call("NetworkDriver.Join", body(idOf("n9")))).rejects.toMatchObject({ code: "E301" });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"]);
    await expect(world.call("NetworkDriver.Join", body(idOf("n2")))).rejects.toMatchObject({ code: "E310" });
  });

  it("waits for Docker in Join alone, and there for a moment", async () => {
    world.docker?.hang();
    const began = performance.now();
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    expect(performance.now() - began).toBeLessThan(ATTRIBUTION_WAIT_MS / 2);
    await world.call("NetworkDriver.Join", { ...ref(E1), SandboxKey: "", Options: {} });
    expect(performance.now() - began).toBeLessThan(2 * ATTRIBUTION_WAIT_MS);
    await world.call("NetworkDriver.Leave", ref(E1));
    await world.call("NetworkDriver.DeleteEndpoint", ref(E1));
    await expectNothingLeft();
  });
});

describe("inspecting an endpoint", () => {
  it("shows its devices and addresses", async () => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24", MacAddress: MAC });
    expect(await world.call("NetworkDriver.EndpointOperInfo", ref(E1))).toEqual({
      Value: {
        "hyperion.vf": "hyv1",
        "hyperion.representor": "hyr1",
        "hyperion.mac": MAC,
        "hyperion.ipv4": "10.1.0.2/24",
      },
    });
  });
});

describe("deleting an endpoint", () => {
  it("leaves nothing, also when it is joined", async () => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await world.joinContainer(N1, E1, idOf<ContainerId>("c1"));
    await world.call("NetworkDriver.Leave", ref(E1));
    await world.call("NetworkDriver.DeleteEndpoint", ref(E1));
    await expectNothingLeft();
    await vi.waitFor(async () => expect(await world.devices()).not.toContain("hyr1"));
  });

  it.each([
    "NetworkDriver.Leave",
    "NetworkDriver.DeleteEndpoint",
    "NetworkDriver.RevokeExternalConnectivity",
  ])("%s of one that is not known succeeds", async (method) => {
    expect(await world.call(method, ref(E1))).toEqual({});
    expect(await world.call(method, ref(E1, idOf("n9")))).toEqual({});
  });

  it("twice at the same time is once", async () => {
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await Promise.all([
      world.call("NetworkDriver.DeleteEndpoint", ref(E1)),
      world.call("NetworkDriver.DeleteEndpoint", ref(E1)),
    ]);
    await expectNothingLeft();
  });

  it("keeps it, forwarding, when the disk refuses", async () => {
    world.docker?.addContainer({ id: idOf("c1"), name: "web", labels: {} });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    await world.joinContainer(N1, E1, idOf<ContainerId>("c1"));
    await vi.waitFor(async () => expect((await world.endpoint(E1))?.mode).toBe("enforce"));
    world.life.store.failNth(1);
    await expect(world.call("NetworkDriver.DeleteEndpoint", ref(E1))).rejects.toMatchObject({ code: "E709" });
    expect(world.rows("endpoint")).toMatchObject([{ mode: "enforce" }]);
    expect((await world.status()).vfs.used).toBe(1);
    await world.call("NetworkDriver.DeleteEndpoint", ref(E1));
    await expectNothingLeft();
  });
});

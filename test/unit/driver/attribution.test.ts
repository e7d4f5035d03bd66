import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const E1 = idOf<EndpointId>("e1");
const E2 = idOf<EndpointId>("e2");
const WEB = idOf<ContainerId>("c1");
const API = idOf<ContainerId>("c2");

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.createNetwork(N1, ["10.1.0.0/24"], { name: "shop" });
});

afterEach(() => world.stop());

async function start(
  endpoint: EndpointId,
  container: ContainerId,
  name: string,
  labels: Record<string, string>,
): Promise<void> {
  world.docker?.addContainer({ id: container, name, labels });
  await world.createEndpoint(N1, endpoint, { Address: endpoint === E1 ? "10.1.0.2/24" : "10.1.0.3/24" });
  await world.joinContainer(N1, endpoint, container);
}

const untilMode = (id: EndpointId, mode: string) =>
  vi.waitFor(async () => expect(await world.endpoint(id)).toMatchObject({ mode }));
const endpointRow = (ipv4: string) => world.rows("endpoint").find((row) => row.ipv4 === ipv4);

describe("attribution", () => {
  it("lifts the quarantine, by the labels, and says so", async () => {
    world.docker?.addContainer({ id: WEB, name: "web", labels: { "hyperion.policy": "default-deny" } });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    expect(endpointRow("10.1.0.2")).toMatchObject({ mode: "quarantine", generation: 1 });
    await world.joinContainer(N1, E1, WEB);
    await untilMode(E1, "enforce");
    await vi.waitFor(() => expect(endpointRow("10.1.0.2")).toMatchObject({ mode: "enforce", generation: 2 }));
    expect(endpointRow("10.1.0.2")).toMatchObject({ egressDeny: true, ingressDeny: true });
    await vi.waitFor(() =>
      expect(world.log).toContainEqual(
        expect.objectContaining({ level: "info", event: "endpoint.attributed" }),
      ),
    );
    expect((await world.networks())[0]?.name).toBe("shop");
  });

  it("makes rows of rules about those who are there", async () => {
    await start(E1, WEB, "web", { "hyperion.group": "web" });
    await start(E2, API, "api", {
      "hyperion.policy": "default-deny",
      "hyperion.ingress.web": "allow tcp/8080 from group:web",
    });
    await untilMode(E2, "enforce");
    await vi.waitFor(() =>
      expect(world.rows("policy")).toMatchObject([
        {
          policy: endpointRow("10.1.0.3")?.policy,
          direction: "ingress",
          identity: endpointRow("10.1.0.2")?.identity,
          protocol: "tcp",
          port: 8080,
          prefixLength: 16,
          verdict: "allow",
        },
      ]),
    );
  });

  it("follows docker rename, also in the rules that name it", async () => {
    await start(E1, WEB, "web", {});
    await start(E2, API, "api", { "hyperion.ingress.web": "deny tcp/80 from container:web" });
    await vi.waitFor(() => expect(world.rows("policy")).not.toEqual([]));
    const before = endpointRow("10.1.0.2")?.identity;
    world.docker?.renameContainer(WEB, "www");
    await vi.waitFor(async () => expect((await world.endpoint(E1))?.container?.name).toBe("www"));
    await vi.waitFor(() => expect(world.rows("policy")).toEqual([]));
    expect(endpointRow("10.1.0.2")?.identity).not.toBe(before);
  });

  it("goes on in memory while the disk refuses, and reaches the disk with the next write", async () => {
    world.docker?.addContainer({ id: WEB, name: "web", labels: {} });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    world.life.store.failAlways();
    await world.joinContainer(N1, E1, WEB);
    await vi.waitFor(() => expect(endpointRow("10.1.0.2")).toMatchObject({ mode: "enforce" }));
    expect(world.log).toContainEqual(expect.objectContaining({ event: "store.failed" }));
    const stored = () => world.disk.rows.get(`endpoints/${N1}/${E1}`)?.text ?? "";
    expect(stored()).not.toContain('"web"');
    world.life.store.heal();
    await world.createEndpoint(N1, E2, { Address: "10.1.0.3/24" });
    expect(stored()).toContain('"web"');
    expect(world.disk.rows.get(`networks/${N1}`)?.text).toContain('"shop"');
  });
});

describe("an engine that tells names to IPAM", () => {
  it("has an endpoint attributed without waiting for a Join", async () => {
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"]);
    await vi.waitFor(async () => expect((await world.status()).docker.connected).toBe(true));
    world.docker?.addContainer({ id: WEB, name: "web", labels: {} });
    const { Address } = await world.requestAddress("10.2.0.0/24", "web");
    await world.createEndpoint(idOf("n2"), E1, { Address: Address as string });
    await untilMode(E1, "enforce");
  });
});

describe("a daemon without Docker's API", () => {
  beforeEach(async () => {
    await world.stop();
    world = await World.open({ docker: false });
    await world.createNetwork(N1, ["10.1.0.0/24"]);
  });

  it("goes by driver_opts alone, at once", async () => {
    const options = { "hyperion.policy": "default-deny", "hyperion.ingress.web": "allow tcp/80 from any" };
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" }, options);
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce", container: null });
    expect(endpointRow("10.1.0.2")).toMatchObject({ mode: "enforce", ingressDeny: true });
    expect(world.rows("policy")).not.toEqual([]);
  });
});

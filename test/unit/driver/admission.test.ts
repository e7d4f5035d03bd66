import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ATTRIBUTION_WAIT_MS } from "../../../src/driver/admission.ts";
import { IGNORED_TOLD_MAX } from "../../../src/driver/directory.ts";
import { PROBLEMS_TOLD_MAX } from "../../../src/driver/refusal.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import type { ImageId } from "../../../src/platform/docker/docker.ts";
import { encodeError } from "../../../src/protocol/error-reply.ts";
import { idOf, World, type WorldOptions } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const E1 = idOf<EndpointId>("e1");
const E2 = idOf<EndpointId>("e2");
const WEB = idOf<ContainerId>("c1");
const IMAGE = "sha256:1" as ImageId;
const WRONG = { "hyperion.ingress.sql": "allow tcp/5432 form group:api" };
const TEXT = `E102 web: label hyperion.ingress.sql
  allow tcp/5432 form group:api
                 ^^^^ expected "from", "to" or an option; did you mean "from"?`;

let world: World;

const open = async (options: WorldOptions = {}) => {
  world = await World.open(options);
  await world.createNetwork(N1, ["10.1.0.0/24"], { name: "shop" });
  await connected();
};
const connected = () =>
  vi.waitFor(async () => expect((await world.status()).docker.connected).toBe(world.docker !== undefined));

/** `docker run`, with the error that it shows. */
async function run(
  labels: Record<string, string>,
  driverOptions: Record<string, string> = {},
  image?: ImageId,
): Promise<unknown> {
  world.docker?.addContainer({ id: WEB, name: "web", labels, ...(image && { image }) });
  return start(E1, driverOptions);
}

async function start(id: EndpointId, driverOptions: Record<string, string> = {}): Promise<unknown> {
  try {
    await world.createEndpoint(N1, id, { Address: "10.1.0.2/24" }, driverOptions);
    await world.joinContainer(N1, id, WEB);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function expectNothingLeft(): Promise<void> {
  expect(world.rows("endpoint")).toEqual([]);
  expect(world.keys("endpoints/")).toEqual([]);
  expect((await world.status()).vfs.used).toBe(0);
}

const entries = (event: string) => world.log.filter((entry) => entry.event === event);

afterEach(() => world.stop());

describe("a container with a wrong label", () => {
  beforeEach(() => open());

  it("is refused in Join with the whole text, and nothing is left behind", async () => {
    const refusal = await run(WRONG);
    expect(refusal).toMatchObject({ code: "E102", kind: "invalid", message: TEXT });
    expect(encodeError(refusal).body.Err).toBe(TEXT);
    await expectNothingLeft();
  });

  it("starts when the label is right", async () => {
    await run(WRONG);
    world.docker?.removeContainer(WEB);
    expect(await run({ "hyperion.ingress.sql": "allow tcp/5432 from group:api" })).toBeUndefined();
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" });
  });

  it.each([
    ["E101", { "hyperion.ingres.sql": "allow any" }, {}],
    ["E102", { "hyperion.ingress.sql": "allow any from" }, {}],
    ["E117", { "hyperion.ingress.sql": "allow tcp/70000" }, {}],
    ["E121", { "hyperion.ingress.sql": "allow any to world" }, {}],
    ["E130", { "hyperion.ingress.sql": "allow any from grup:x" }, {}],
    ["E131", { "hyperion.ingress.sql": "allow any from service:api" }, {}],
    ["E133", { "hyperion.ingress.sql": "allow any from 10.0.0.0/8&group:x" }, {}],
    ["E140", { "hyperion.ingress.sql": "allow any" }, { "hyperion.ingress.sql": "allow any" }],
    ["E150", { "hyperion.policy": "closed" }, {}],
    ["E510", { "hyperion.offload": "require" }, {}],
    ["E510", {}, { "hyperion.offload": "require" }],
    ["E102", {}, { "hyperion.ingress.sql": "alow any" }],
  ])("is refused with %s: %j, driver_opts %j", async (code, labels, driverOptions) => {
    const refusal = await run(labels as Record<string, string>, driverOptions as Record<string, string>);
    expect(refusal).toMatchObject({ code });
    const [first = "", ...further] = encodeError(refusal).body.Err.split("\n");
    expect(first).toMatch(new RegExp(`^${code} (web|endpoint e1\\w+): (label|driver option) hyperion\\.`));
    expect(first.length).toBeLessThan(200);
    expect(further.join("\n")).toMatch(code === "E101" ? /did you mean/ : /\^/);
    await expectNothingLeft();
  });

  it("is told of as many problems as a terminal shows", async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`hyperion.ingress.r${i}`, "alow"]),
    );
    const message = encodeError(await run(labels)).body.Err;
    expect(message.match(/^E102 web: label hyperion/gm)).toHaveLength(PROBLEMS_TOLD_MAX);
    expect(message).toMatch(/\nand 4 more, which hyperion policy lint shows$/);
  });

  it("is refused in a Join that came before its attribution", async () => {
    const { docker } = world;
    if (docker === undefined) throw new Error("no engine");
    docker.latencyMs = 40;
    const began = performance.now();
    expect(await run(WRONG)).toMatchObject({ message: TEXT });
    expect(performance.now() - began).toBeLessThan(ATTRIBUTION_WAIT_MS);
    await expectNothingLeft();
  });

  it("is quarantined when Docker does not say in time, and told of then in the same words", async () => {
    world.docker?.addContainer({ id: WEB, name: "web", labels: WRONG });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    world.docker?.hang();
    const began = performance.now();
    await world.joinContainer(N1, E1, WEB);
    expect(performance.now() - began).toBeGreaterThanOrEqual(ATTRIBUTION_WAIT_MS - 5);
    world.docker?.revive();
    await vi.waitFor(() => expect(entries("endpoint.labels")).toHaveLength(1));
    expect(await world.endpoint(E1)).toMatchObject({ mode: "quarantine", problems: [TEXT] });
  });

  it("delays nothing while the engine's events do not flow", async () => {
    world.docker?.die();
    await vi.waitFor(async () => expect((await world.status()).docker.connected).toBe(false));
    const began = performance.now();
    await run(WRONG);
    expect(performance.now() - began).toBeLessThan(ATTRIBUTION_WAIT_MS / 2);
    expect(await world.endpoint(E1)).toMatchObject({ mode: "quarantine" });
  });

  it("waits no longer for an engine that dies meanwhile", async () => {
    world.docker?.addContainer({ id: WEB, name: "web", labels: WRONG });
    await world.createEndpoint(N1, E1, { Address: "10.1.0.2/24" });
    world.docker?.hang();
    setTimeout(() => world.docker?.die(), 30);
    const began = performance.now();
    await world.joinContainer(N1, E1, WEB);
    expect(performance.now() - began).toBeLessThan(ATTRIBUTION_WAIT_MS / 2);
  });

  it("is refused in CreateEndpoint where IPAM was told its name", async () => {
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"]);
    world.docker?.addContainer({ id: WEB, name: "web", labels: WRONG });
    const { Address } = await world.requestAddress("10.2.0.0/24", "web");
    await sleep(20); // Its labels are complete once Docker has listed it.
    const work = world.createEndpoint(idOf("n2"), E1, { Address });
    await expect(work).rejects.toMatchObject({ message: TEXT });
    await expectNothingLeft();
  });
});

describe("with onLabelError=quarantine", () => {
  beforeEach(() => open({ config: { onLabelError: "quarantine" } }));

  it("a container with a wrong label starts, quarantined, and everything tells it in the same words", async () => {
    expect(await run(WRONG)).toBeUndefined();
    await vi.waitFor(() => expect(entries("endpoint.labels")).toHaveLength(1));
    expect(entries("endpoint.labels")).toMatchObject([
      { level: "warn", message: TEXT, fields: { endpoint: E1, container: "web", code: "E102" } },
    ]);
    expect(await world.endpoint(E1)).toMatchObject({
      mode: "quarantine",
      container: { name: "web" },
      problems: [TEXT],
    });
    expect(world.rows("endpoint")).toMatchObject([{ mode: "quarantine" }]);
    expect(entries("endpoint.attributed")).toEqual([]);
  });

  it("a Join waits for nothing", async () => {
    world.docker?.hang();
    const began = performance.now();
    expect(await run(WRONG)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(ATTRIBUTION_WAIT_MS / 2);
  });

  it("driver_opts are refused all the same", async () => {
    expect(await run({}, { "hyperion.policy": "closed" })).toMatchObject({ code: "E150" });
    await expectNothingLeft();
  });

  it("offload: require without a NIC is told of with its code", async () => {
    expect(await run({ "hyperion.offload": "require" })).toBeUndefined();
    await vi.waitFor(() => expect(entries("endpoint.labels")).toMatchObject([{ fields: { code: "E510" } }]));
    const [entry] = entries("endpoint.labels");
    expect((await world.endpoint(E1))?.problems).toEqual([entry?.message]);
  });
});

describe("offload: require on a NIC", () => {
  beforeEach(() => open({ backend: "doca" }));

  it("starts while there is room", async () => {
    expect(await run({ "hyperion.offload": "require" })).toBeUndefined();
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" });
  });

  it("is refused when the tables are full, and others only quarantined", async () => {
    const full = constants.errno.ENOSPC;
    world.life.operations.failRows(({ verb, row }) => verb === "upsert" && row.table === "policy", full);
    const rule = { "hyperion.ingress.no": "deny tcp/5432 from any" };
    const refusal = await run({ ...rule, "hyperion.offload": "require" });
    expect(refusal).toMatchObject({ code: "E510" });
    expect(encodeError(refusal).body.Err).toMatch(
      /^E510 web: label hyperion.offload\n {2}require\n {2}\^{7} the data plane has no room: table policy/,
    );
    await expectNothingLeft();
    world.docker?.removeContainer(WEB);
    expect(await run(rule)).toBeUndefined();
    await vi.waitFor(() =>
      expect(entries("endpoint.refused").at(-1)).toMatchObject({ fields: { code: "E510" } }),
    );
    expect(world.rows("endpoint")).toMatchObject([{ mode: "quarantine" }]);
  });
});

describe("a daemon without Docker's API", () => {
  beforeEach(() => open({ docker: false }));

  it.each([
    ["E102", { "hyperion.ingress.sql": "alow any" }],
    ["E131", { "hyperion.ingress.sql": "allow any from service:api" }],
    ["E510", { "hyperion.offload": "require" }],
  ])("refuses driver_opts with %s: %j", async (code, options) => {
    expect(await start(E1, options as Record<string, string>)).toMatchObject({ code });
    await expectNothingLeft();
  });
});

describe("labels of the image", () => {
  const OPEN = { "hyperion.ingress.all": "allow any", "hyperion.group": "admin" };

  it("are ignored, which the log says once per container", async () => {
    await open();
    world.docker?.addImage(IMAGE, OPEN);
    expect(await run({ "hyperion.policy": "default-deny" }, {}, IMAGE)).toBeUndefined();
    await world.createNetwork(idOf("n2"), ["10.2.0.0/24"]);
    await world.createEndpoint(idOf("n2"), E2, { Address: "10.2.0.2/24" });
    await world.joinContainer(idOf("n2"), E2, WEB);
    await vi.waitFor(async () => expect(await world.endpoint(E2)).toMatchObject({ mode: "enforce" }));
    await vi.waitFor(() => expect(entries("endpoint.attributed")).toHaveLength(2));
    expect(
      entries("label.ignored").map(({ level, fields }) => [level, fields.code, fields.container]),
    ).toEqual([
      ["warn", "W401", "web"],
      ["warn", "W401", "web"],
    ]);
    expect(entries("label.ignored").map(({ message }) => message.split("\n")[0])).toEqual([
      "W401 web: label hyperion.group",
      "W401 web: label hyperion.ingress.all",
    ]);
    expect(world.rows("policy")).toEqual([]);
    expect(world.rows("endpoint")).toContainEqual(
      expect.objectContaining({ ipv4: "10.1.0.2", ingressDeny: true, egressDeny: true }),
    );
  });

  it("are no reason to refuse, when wrong", async () => {
    await open();
    world.docker?.addImage(IMAGE, WRONG);
    expect(await run({}, {}, IMAGE)).toBeUndefined();
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" });
  });

  it("count where the daemon trusts them, also when wrong", async () => {
    await open({ config: { trustImageLabels: true } });
    world.docker?.addImage(IMAGE, WRONG);
    expect(await run({}, {}, IMAGE)).toMatchObject({ message: TEXT });
  });

  it("by the thousand do not fill the log", async () => {
    await open();
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`hyperion.label.k${i}`, "x"]));
    world.docker?.addImage(IMAGE, many);
    expect(await run({}, {}, IMAGE)).toBeUndefined();
    await vi.waitFor(() => expect(entries("label.ignored")).toHaveLength(IGNORED_TOLD_MAX + 1));
    expect(entries("label.ignored").at(-1)?.message).toBe("web: 2990 more labels of its image are ignored");
  });

  it("cannot be told from others when the image is gone: quarantine, said once, until it is back", async () => {
    await open();
    world.docker?.addImage(IMAGE, OPEN);
    await world.stop();
    world.docker?.addContainer({ id: WEB, name: "web", labels: {}, image: IMAGE });
    world.docker?.removeImage(IMAGE);
    await world.start();
    await connected();
    expect(await start(E1)).toBeUndefined();
    await vi.waitFor(() => expect(entries("endpoint.labels")).toMatchObject([{ level: "warn" }]));
    const [entry] = entries("endpoint.labels");
    expect(await world.endpoint(E1)).toMatchObject({ mode: "quarantine", problems: [entry?.message] });
    world.docker?.addImage(IMAGE, OPEN);
    await world.stop();
    await world.start();
    await vi.waitFor(async () => expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" }));
    expect(world.rows("policy")).toEqual([]);
  });

  it("are known to the daemon's next life when the image is gone", async () => {
    await open();
    world.docker?.addImage(IMAGE, OPEN);
    expect(await run({ "hyperion.policy": "default-deny" }, {}, IMAGE)).toBeUndefined();
    world.docker?.removeImage(IMAGE);
    const before = world.allRows();
    await world.stop();
    await world.start();
    await connected();
    await vi.waitFor(async () => expect((await world.networks())[0]?.name).toBe("shop"));
    expect(await world.endpoint(E1)).toMatchObject({ mode: "enforce" });
    expect(world.allRows()).toEqual(before);
  });
});

describe("a network of compose", () => {
  it("is known by its key, also after a restart", async () => {
    await open();
    const compose = { project: "shop", key: "front" };
    world.docker?.addNetwork({
      id: N1,
      name: "shop_front",
      compose,
      driver: "hyperion",
      ipamDriver: "default",
    });
    world.docker?.addContainer({
      id: WEB,
      name: "web",
      labels: {
        "com.docker.compose.project": "shop",
        "com.docker.compose.config-hash": "0",
        "hyperion.ingress.web": "deny tcp/80 from any on front",
      },
    });
    await start(E1);
    const denied = () => expect(world.rows("policy")).toMatchObject([{ port: 80, verdict: "deny" }]);
    await vi.waitFor(denied);
    await world.stop();
    await world.start();
    denied();
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IDENTITY_TIMING, Identity, type IdentityTiming } from "../../../src/identity/identity.ts";
import { ImageLabels } from "../../../src/identity/image-labels.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import type { DockerImage, ImageId } from "../../../src/platform/docker/docker.ts";
import { MemoryDocker } from "../../../src/platform/docker/memory/memory.ts";
import { RecordingLog } from "../../faults/recording-log.ts";
import { MemoryDirectory } from "./memory-directory.ts";

const NETWORK = "n1" as NetworkId;
const OPEN = "sha256:open" as ImageId;
const RULE = "hyperion.ingress.all";

const TIMING: IdentityTiming = {
  ...IDENTITY_TIMING,
  reconnectFirstMs: 2,
  reconnectLastMs: 10,
  verifyFirstMs: 10,
  surveyRetryMs: 10,
  overduePeriodMs: 10,
  overdueAfterMs: 0,
};

let docker: MemoryDocker;
let directory: MemoryDirectory;
let identity: Identity;

const begin = (timing: Partial<IdentityTiming> = {}) => {
  const isOurs = ({ driver }: { readonly driver: string }) => driver === "hyperion";
  const parts = { docker, log: new RecordingLog(), directory, isOurs, identityLabels: ["role"] };
  identity = new Identity(parts, { ...TIMING, ...timing });
  identity.start();
};

const settled = () => expect.poll(() => directory.observations.length).toBeGreaterThan(0);
const inherited = (id: string) => directory.of(id)?.inherited?.toSorted();

/** `docker create` and what follows until the engine lists the endpoint with its container. */
const start = (n: string, labels: Record<string, string>, image?: ImageId) => {
  docker.addContainer({ id: `c${n}` as ContainerId, name: `c${n}`, labels, ...(image && { image }) });
  return connect(n);
};
const connect = (n: string, endpointId = `e${n}`) => {
  const endpoint = directory.add(endpointId);
  identity.joined(endpoint);
  docker.connectEndpoint(NETWORK, endpoint.id, `c${n}` as ContainerId);
  return endpoint;
};

beforeEach(() => {
  docker = new MemoryDocker(30);
  directory = new MemoryDirectory();
  docker.addNetwork({ id: NETWORK, name: "front", driver: "hyperion", ipamDriver: "default" });
  docker.addImage(OPEN, { [RULE]: "allow any", role: "admin", vendor: "acme" });
});

afterEach(() => identity.stop());

describe("labels of the image", () => {
  test("are told apart from the container's own, by key and value", async () => {
    begin();
    await settled();
    start("1", { role: "web", "hyperion.group": "web" }, OPEN);
    await expect.poll(() => inherited("e1")).toEqual([RULE, "vendor"]);
    expect(directory.of("e1")?.labels).toEqual({
      [RULE]: "allow any",
      role: "web",
      "hyperion.group": "web",
      vendor: "acme",
    });
    expect(directory.history).toEqual(["e1=c1"]);
  });

  test("given to the container once more, with the same value, count as the image's", async () => {
    begin();
    await settled();
    start("1", { [RULE]: "allow any" }, OPEN);
    start("2", { [RULE]: "allow tcp" }, OPEN);
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
    await expect.poll(() => inherited("e2")).toEqual(["role", "vendor"]);
  });

  test("are asked for once per image, and only where policy looks at a label", async () => {
    begin();
    await settled();
    for (const n of ["1", "2", "3"]) start(n, {}, OPEN);
    start("4", { vendor: "somebody" });
    await expect.poll(() => directory.of("e4")).toMatchObject({ id: "c4", inherited: undefined });
    await expect
      .poll(() => ["e1", "e2", "e3"].map(inherited))
      .toEqual(Array(3).fill([RULE, "role", "vendor"]));
    expect(docker.imageQuestions).toBe(1);
  });

  test("of an image with three thousand of them", async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`hyperion.label.k${i}`, `${i}`]));
    docker.addImage("sha256:many" as ImageId, many);
    begin();
    await settled();
    start("1", { "hyperion.label.own": "1" }, "sha256:many" as ImageId);
    await expect.poll(() => directory.of("e1")?.inherited).toEqual(Object.keys(many));
  });
});

describe("an image that is gone", () => {
  test("is remembered, also for the container's next start", async () => {
    begin();
    await settled();
    const first = start("1", {}, OPEN);
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
    docker.removeImage(OPEN);
    docker.disconnectEndpoint(NETWORK, first.id);
    directory.endpoints.delete(first.id);
    identity.forget(first.id);
    connect("1", "e9");
    await expect.poll(() => inherited("e9")).toEqual([RULE, "role", "vendor"]);
  });

  test("is known from the create event on, before the start", async () => {
    begin();
    await settled();
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    await expect.poll(() => identity.known("c1")).toMatchObject({ inherited: [RULE, "role", "vendor"] });
    docker.removeImage(OPEN);
    connect("1");
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
  });

  test("leaves what the endpoint's record said when a new daemon began, also when the container starts again", async () => {
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    docker.removeImage(OPEN);
    const record = directory.add("e1");
    directory.endpoints.set(record.id, {
      ...record,
      container: { id: "c1" as ContainerId, name: "c1", labels: { [RULE]: "allow any" }, inherited: [RULE] },
    });
    begin();
    await settled();
    directory.endpoints.delete(record.id);
    identity.forget(record.id);
    connect("1", "e2");
    await expect.poll(() => inherited("e2")).toEqual([RULE]);
  });

  test("leaves what another endpoint of the container has on record", async () => {
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    docker.removeImage(OPEN);
    const record = directory.add("e1");
    directory.endpoints.set(record.id, {
      ...record,
      container: { id: "c1" as ContainerId, name: "c1", labels: { [RULE]: "allow any" }, inherited: [RULE] },
    });
    begin();
    await settled();
    connect("1", "e2");
    await expect.poll(() => inherited("e2")).toEqual([RULE]);
  });

  test("and that nobody knew: the container is told, and that nobody knows; back again, the next survey says", async () => {
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    docker.removeImage(OPEN);
    begin({ surveyPeriodMs: 20 });
    await settled();
    connect("1");
    await expect.poll(() => directory.of("e1")).toMatchObject({ id: "c1" });
    await sleep(60);
    expect(directory.of("e1")?.inherited).toBeUndefined();
    expect(identity.known("c1")).toBeUndefined();
    docker.addImage(OPEN, { [RULE]: "allow any" });
    await expect.poll(() => inherited("e1")).toEqual([RULE]);
    expect(identity.known("c1")).toMatchObject({ inherited: [RULE] });
  });

  test("matters from the day on that policy looks at the label", async () => {
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    const record = directory.add("e1");
    const labels = { role: "admin" };
    // As a daemon left it to which `role` was a label like any other.
    directory.endpoints.set(record.id, {
      ...record,
      container: { id: "c1" as ContainerId, name: "c1", labels, inherited: undefined },
    });
    begin();
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
  });
});

describe("a question about an image", () => {
  test("that hangs leaves that endpoint unattributed, and no other; it is asked again", async () => {
    begin();
    await settled();
    docker.hangImages();
    start("1", {}, OPEN);
    const began = performance.now();
    start("2", {});
    await expect.poll(() => directory.of("e2"), { interval: 2 }).toMatchObject({ id: "c2" });
    expect(performance.now() - began).toBeLessThan(25); // The question takes 30 ms to fail.
    await sleep(100);
    expect(directory.of("e1")).toBeUndefined();
    expect(docker.imageQuestions).toBeGreaterThan(1);
    docker.revive();
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
    expect(directory.history).toEqual(["e2=c2", "e1=c1"]);
  });

  test("that the engine's end cuts off is asked again when it is back", async () => {
    begin();
    await settled();
    docker.latencyMs = 5;
    start("1", {}, OPEN);
    await expect.poll(() => docker.imageQuestions, { interval: 1 }).toBe(1);
    docker.die();
    await sleep(30);
    expect(directory.of("e1")).toBeUndefined();
    docker.revive();
    await expect.poll(() => inherited("e1")).toEqual([RULE, "role", "vendor"]);
  });

  test("whose container was renamed meanwhile is answered for it under its new name", async () => {
    begin();
    await settled();
    docker.latencyMs = 10;
    start("1", {}, OPEN);
    await expect.poll(() => docker.imageQuestions, { interval: 1 }).toBe(1);
    docker.renameContainer("c1" as ContainerId, "www");
    await expect.poll(() => directory.of("e1")).toMatchObject({ name: "www" });
    expect(inherited("e1")).toEqual([RULE, "role", "vendor"]);
  });
});

describe("waiting for an attribution", () => {
  const waited = async (id: string, timeoutMs: number) => {
    const began = performance.now();
    await identity.attributed(id as EndpointId, timeoutMs);
    return performance.now() - began;
  };

  test("ends with it", async () => {
    begin();
    await settled();
    docker.addContainer({ id: "c1" as ContainerId, name: "c1", labels: {}, image: OPEN });
    const endpoint = directory.add("e1");
    identity.joined(endpoint);
    setTimeout(() => docker.connectEndpoint(NETWORK, endpoint.id, "c1" as ContainerId), 20);
    await identity.attributed(endpoint.id, 10_000);
    expect(inherited("e1")).toEqual([RULE, "role", "vendor"]);
  });

  test("ends with the time, with the endpoint, with the engine and with the daemon", async () => {
    begin();
    await settled();
    for (const id of ["e1", "e2", "e3", "e4"]) directory.add(id);
    expect(await waited("e1", 20)).toBeGreaterThanOrEqual(19);
    const forgotten = waited("e2", 10_000);
    identity.forget("e2" as EndpointId);
    expect(await forgotten).toBeLessThan(5000);
    const died = waited("e3", 10_000);
    docker.die();
    expect(await died).toBeLessThan(5000);
    docker.revive();
    await expect.poll(() => identity.connected).toBe(true);
    const stopped = waited("e4", 10_000);
    identity.stop();
    expect(await stopped).toBeLessThan(5000);
  });

  test("does not begin while Docker's events do not flow", async () => {
    docker.hang();
    begin();
    directory.add("e1");
    expect(await waited("e1", 10_000)).toBeLessThan(5000);
  });
});

describe("ImageLabels", () => {
  const image = (n: number): DockerImage => ({ id: `sha256:${n}` as ImageId, platform: undefined });

  test("remembers by length, forgets the one used longest ago, and asks again", async () => {
    for (let n = 0; n < 4; n++) docker.addImage(image(n).id, { k: "x".repeat(99) });
    const images = new ImageLabels(docker, 300);
    begin();
    for (const n of [0, 1, 2, 0, 3]) await images.of(image(n));
    expect(images.size).toBe(3);
    expect(docker.imageQuestions).toBe(4);
    await images.of(image(0));
    expect(docker.imageQuestions).toBe(4);
    await images.of(image(1));
    expect(docker.imageQuestions).toBe(5);
  });

  test("keeps none that is longer than all it may remember", async () => {
    docker.addImage(image(1).id, { k: "x".repeat(400) });
    const images = new ImageLabels(docker, 300);
    begin();
    expect(await images.of(image(1))).toEqual({ k: "x".repeat(400) });
    expect(images.size).toBe(0);
  });

  test("asks once for those who ask at once, apart for each platform, and again for what is not there", async () => {
    const images = new ImageLabels(docker);
    begin();
    docker.latencyMs = 2;
    await Promise.all([images.of(image(1)), images.of(image(1))]);
    expect(docker.imageQuestions).toBe(1);
    docker.addImage(image(1).id, {});
    await images.of(image(1));
    await images.of({ ...image(1), platform: '{"os":"linux","architecture":"arm64"}' });
    expect(docker.imageQuestions).toBe(3);
  });
});

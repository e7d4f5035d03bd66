import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContainerId, NetworkId } from "../../../../src/model/ids.ts";
import type { DockerEvent, ImageId } from "../../../../src/platform/docker/docker.ts";
import { DockerodeDocker } from "../../../../src/platform/docker/dockerode/dockerode.ts";

const NETWORK = "a".repeat(64) as NetworkId;
const CONTAINER = "c".repeat(64) as ContainerId;
const ENDPOINT = "e".repeat(64);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let socket: string;
let server: Server;
let handle: Handler;
let urls: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hyperion-docker-"));
  socket = join(folder, "docker.sock");
  urls = [];
  handle = (_, response) => response.writeHead(500).end();
  server = createServer((request, response) => {
    urls.push(decodeURIComponent(request.url ?? ""));
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const door = (timeoutMs = 3000) => new DockerodeDocker(`unix://${socket}`, timeoutMs);

const answer = (body: unknown, status = 200) => {
  handle = (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

describe("calls", () => {
  test("containers, stopped ones too, with the slash off their names and links overlooked", async () => {
    answer([
      { Id: CONTAINER, Names: ["/app/db", "/web"], Labels: { a: "1" }, State: "created" },
      { Id: "d", Names: null, Labels: null },
      { Names: ["/no-id"] },
    ]);
    expect(await door().containers()).toEqual([
      { id: CONTAINER, name: "web", labels: { a: "1" }, image: undefined },
      { id: "d", name: "", labels: {}, image: undefined },
    ]);
    expect(urls).toEqual(["/containers/json?all=true"]);
  });

  test("what a container was made from; one of several platforms where the engine says so", async () => {
    const platform = { architecture: "arm64", os: "linux", variant: "v8" };
    answer([
      { Id: "a", ImageID: "sha256:1" },
      { Id: "b", ImageID: "sha256:1", ImageManifestDescriptor: { digest: "sha256:2", platform } },
      { Id: "c", ImageID: "sha256:1", ImageManifestDescriptor: { digest: "sha256:2" } },
    ]);
    const images = (await door().containers()).map(({ image }) => image);
    const text = '{"os":"linux","architecture":"arm64","variant":"v8"}';
    expect(images).toEqual([
      { id: "sha256:1", platform: undefined },
      { id: "sha256:1", platform: text },
      { id: "sha256:1", platform: undefined },
    ]);
    answer({ Config: { Labels: { a: "1" } } });
    urls.length = 0;
    for (const image of images.slice(0, 2))
      if (image) expect(await door().imageLabels(image)).toEqual({ a: "1" });
    expect(urls).toEqual(["/images/sha256:1/json", `/images/sha256:1/json?platform=${text}`]);
  });

  test("an image without labels, and one that is not there", async () => {
    const image = { id: "sha256:1" as ImageId, platform: undefined };
    answer({ Config: { Labels: null } });
    expect(await door().imageLabels(image)).toEqual({});
    answer({ message: "no such image: sha256:1" }, 404);
    expect(await door().imageLabels(image)).toBeUndefined();
    answer({ message: "the layer store is locked" }, 500);
    await expect(door().imageLabels(image)).rejects.toMatchObject({ code: "E604" });
    handle = () => {};
    await expect(door(40).imageLabels(image)).rejects.toMatchObject({ code: "E603" });
  });

  test("containers by id; none asks nobody", async () => {
    answer([]);
    await door().containers([CONTAINER]);
    await door().containers([]);
    expect(urls).toEqual([`/containers/json?all=true&filters={"id":["${CONTAINER}"]}`]);
  });

  test("a network maps endpoints to containers, also those without a sandbox", async () => {
    answer({
      Id: NETWORK,
      Name: "front",
      Labels: { "com.docker.compose.project": "shop", "com.docker.compose.network": "default" },
      Driver: "hyperion",
      IPAM: {
        Driver: "default",
        Config: [{ Subnet: "10.1.0.0/24" }, { Subnet: "FD00::/64" }, { Subnet: "" }],
      },
      Containers: {
        [CONTAINER]: { Name: "web", EndpointID: ENDPOINT, IPv4Address: "10.1.0.2/24", IPv6Address: "" },
        "ep-f": { Name: "lost", EndpointID: "f", IPv4Address: "", IPv6Address: "FD00::2/64" },
      },
    });
    expect(await door().network(NETWORK)).toEqual({
      id: NETWORK,
      name: "front",
      compose: { project: "shop", key: "default" },
      driver: "hyperion",
      ipamDriver: "default",
      subnets: ["10.1.0.0/24", "fd00::/64"],
      attachments: [
        {
          endpointId: ENDPOINT,
          containerId: CONTAINER,
          containerName: "web",
          ipv4: "10.1.0.2",
          ipv6: undefined,
        },
        { endpointId: "f", containerId: undefined, containerName: "lost", ipv4: undefined, ipv6: "fd00::2" },
      ],
    });
  });

  test("a network that Docker does not know is undefined", async () => {
    answer({ message: "network x not found" }, 404);
    expect(await door().network(NETWORK)).toBeUndefined();
  });

  test("networks and version", async () => {
    const Labels = { "com.docker.compose.project": "shop" };
    answer([{ Id: NETWORK, Name: "front", Labels, Driver: "bridge", IPAM: null, Containers: {} }]);
    expect(await door().networks()).toEqual([
      {
        id: NETWORK,
        name: "front",
        compose: undefined,
        driver: "bridge",
        ipamDriver: "",
        subnets: [],
        attachments: [],
      },
    ]);
    answer({ Version: "20.10.24" });
    expect(await door().version()).toBe("20.10.24");
  });
});

describe("failures", () => {
  test("no answer in time is E603, and the request is aborted", async () => {
    const aborted = new Promise<void>((resolve) => {
      handle = (request) => request.once("close", resolve);
    });
    await expect(door(40).network(NETWORK)).rejects.toMatchObject({ code: "E603", kind: "unavailable" });
    await aborted;
  });

  test("a body that trickles beyond the deadline is E603", async () => {
    handle = (_, response) => {
      response.writeHead(200).write("[");
      const timer = setInterval(() => response.write(" "), 5);
      response.once("close", () => clearInterval(timer));
    };
    await expect(door(60).containers()).rejects.toMatchObject({ code: "E603" });
  });

  test("an error of the engine is E604 with its words", async () => {
    answer({ message: "the store is locked" }, 500);
    await expect(door().networks()).rejects.toMatchObject({
      code: "E604",
      message: `Docker at unix://${socket} answered 500: the store is locked`,
    });
  });

  test("an answer of another shape is E604", async () => {
    answer({});
    await expect(door().containers()).rejects.toMatchObject({ code: "E604" });
    await expect(door().version()).rejects.toMatchObject({ code: "E604" });
  });

  test("a body that breaks off, or is not JSON, is E605", async () => {
    handle = (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("[{");
      setTimeout(() => response.destroy(), 5);
    };
    await expect(door().containers()).rejects.toMatchObject({ code: "E605" });
    handle = (_, response) => response.writeHead(200).end("<html>");
    await expect(door().containers()).rejects.toMatchObject({ code: "E605" });
  });

  test("no socket is E605", async () => {
    const docker = new DockerodeDocker(`unix://${folder}/none.sock`);
    await expect(docker.version()).rejects.toMatchObject({ code: "E605" });
    await expect(docker.events(() => {})).rejects.toMatchObject({ code: "E605" });
  });
});

describe("events", () => {
  const line = (event: unknown) => `${JSON.stringify(event)}\n`;

  test("are told as they are, whatever the chunks; closed settles when the engine goes", async () => {
    const text =
      line({
        Type: "container",
        Action: "create",
        Actor: { ID: "c1", Attributes: { image: "i", name: "web", app: "ü" } },
      }) +
      line({ Type: "network", Action: "connect", Actor: { ID: "n1", Attributes: { container: "c1" } } }) +
      "\n{broken\n" +
      line({ Type: "network", Action: "create", Actor: { ID: "n2", Attributes: {} } }) +
      line({
        Type: "container",
        Action: "rename",
        Actor: { ID: "c1", Attributes: { name: "w2", oldName: "/web" } },
      }) +
      line({ Type: "network", Action: "disconnect", Actor: { ID: "n1", Attributes: { container: "c1" } } }) +
      line({ Type: "container", Action: "destroy", Actor: { ID: "c1", Attributes: {} } });
    const bytes = Buffer.from(text);
    handle = async (_, response) => {
      response.writeHead(200).flushHeaders();
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await sleep(0);
      }
      response.end();
    };
    const events: DockerEvent[] = [];
    const stream = await door().events((event) => events.push(event));
    await stream.closed;
    expect(urls[0]).toContain('"event":["connect","disconnect","create","rename","destroy"]');
    expect(events).toEqual([
      { type: "create", container: { id: "c1", name: "web", labels: { app: "ü" }, image: undefined } },
      { type: "connect", networkId: "n1", containerId: "c1" },
      { type: "rename", containerId: "c1", name: "w2" },
      { type: "disconnect", networkId: "n1", containerId: "c1" },
      { type: "destroy", containerId: "c1" },
    ]);
  });

  test("resolve on the headers, outlive the deadline, and end on close()", async () => {
    let gone = false;
    handle = (request, response) => {
      response.writeHead(200).flushHeaders();
      request.once("close", () => {
        gone = true;
      });
    };
    const stream = await door(50).events(() => {});
    await sleep(120);
    expect(gone).toBe(false);
    stream.close();
    await stream.closed;
    await expect.poll(() => gone).toBe(true);
  });

  test("without headers in time are E603", async () => {
    handle = () => {};
    await expect(door(40).events(() => {})).rejects.toMatchObject({ code: "E603" });
  });

  test("an engine that dies in the middle closes the stream", async () => {
    handle = (_, response) => {
      response.writeHead(200).write('{"Type":"cont');
      setTimeout(() => response.destroy(), 5);
    };
    const stream = await door().events(() => {});
    await stream.closed;
  });

  test("a line without end closes the stream", async () => {
    handle = async (_, response) => {
      response.writeHead(200).flushHeaders();
      const chunk = "x".repeat(1 << 20);
      while (!response.destroyed && response.write(chunk) !== undefined) await sleep(1);
    };
    const stream = await door().events(() => {});
    await stream.closed;
  });
});

describe("the host", () => {
  test("over TCP, IPv6 included, whatever the environment says", async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = "tcp://192.0.2.1:1";
    try {
      answer({ Version: "1" });
      const tcp = createServer((request, response) => handle(request, response));
      await new Promise<void>((resolve) => tcp.listen(0, "::1", resolve));
      const { port } = tcp.address() as { port: number };
      expect(await new DockerodeDocker(`tcp://[::1]:${port}`).version()).toBe("1");
      expect(await door().version()).toBe("1");
      tcp.closeAllConnections();
      tcp.close();
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });

  test.each(["", "docker.sock", "unix://relative", "ssh://host", "tcp://"])("%j is refused", (host) => {
    expect(() => new DockerodeDocker(host)).toThrow(expect.objectContaining({ code: "E702" }));
  });
});

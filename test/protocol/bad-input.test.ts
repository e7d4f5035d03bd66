import request from "supertest";
import { beforeEach, describe, expect, it } from "vitest";
import { HyperionError, MESSAGE_LENGTH_MAX } from "../../src/model/errors.ts";
import { REQUEST_BYTES_MAX } from "../../src/protocol/decode.ts";
import { METHOD_NAMES } from "../../src/protocol/methods.ts";
import { createPluginApp } from "../../src/server/plugin-app.ts";
import { RecordingDrivers, recordingLog } from "./recording-drivers.ts";

const REF = { NetworkID: "a".repeat(64), EndpointID: "b".repeat(64) };
const NULLARY = [
  "Plugin.Activate",
  "NetworkDriver.GetCapabilities",
  "IpamDriver.GetCapabilities",
  "IpamDriver.GetDefaultAddressSpaces",
];

let drivers: RecordingDrivers;
let log: ReturnType<typeof recordingLog>;

beforeEach(() => {
  drivers = new RecordingDrivers();
  log = recordingLog();
});

async function post(method: string, body?: string, callTimeoutMs = 1_000) {
  const call = request(createPluginApp({ drivers, log, callTimeoutMs })).post(`/${method}`);
  const response = await (body === undefined ? call : call.serialize(String).send(body));
  return { status: response.status, body: JSON.parse(response.text), text: response.text };
}

/** The one form of an error that engines of every version read. */
function refusal(message: unknown, status = 500) {
  return expect.objectContaining({ status, body: { Err: message, Error: message } });
}

describe("a request body", () => {
  it("that is not JSON is refused", async () => {
    expect(await post("NetworkDriver.Join", '{"NetworkID":\n"')).toEqual(
      refusal(expect.stringMatching(/^NetworkDriver\.Join: the request body is not JSON: /)),
    );
    expect(log.entries).toMatchObject([
      { level: "warn", event: "protocol.refused", fields: { code: "E200" } },
    ]);
  });

  it("that is not UTF-8 is refused", async () => {
    const latin1 = Buffer.from('{"NetworkID":"é"}', "latin1");
    const app = createPluginApp({ drivers, log });
    const response = await request(app)
      .post("/NetworkDriver.DeleteNetwork")
      .type("application/octet-stream")
      .send(latin1);
    expect(JSON.parse(response.text).Err).toMatch(/the request body is not JSON/);
  });

  it.each(METHOD_NAMES.filter((name) => !NULLARY.includes(name)))(
    "that is empty, as the engine's retry of %s, is refused with what to do",
    async (method) => {
      expect(await post(method)).toEqual(
        refusal(`${method}: empty request body (a retry of the Docker daemon); please try again`),
      );
      expect(drivers.requests).toEqual([]);
    },
  );

  it.each(["null", "[]", '"text"', "7"])("that is %s is refused", async (body) => {
    expect(await post("NetworkDriver.Leave", body)).toEqual(
      refusal(expect.stringMatching(/^NetworkDriver\.Leave: body: expected object, received /)),
    );
  });

  it("of exactly the limit is read", async () => {
    const frame = JSON.stringify({ ...REF, Options: { padding: "" } });
    const padding = "x".repeat(REQUEST_BYTES_MAX - frame.length);
    const body = JSON.stringify({ ...REF, Options: { padding } });
    expect(body).toHaveLength(REQUEST_BYTES_MAX);
    expect((await post("NetworkDriver.CreateEndpoint", body)).status).toBe(200);
    expect(drivers.requests).toMatchObject([{ options: { padding } }]);
  });

  it("above the limit is refused", async () => {
    expect(await post("NetworkDriver.Join", " ".repeat(REQUEST_BYTES_MAX + 1))).toEqual(
      refusal(`NetworkDriver.Join: the request body is larger than ${REQUEST_BYTES_MAX} bytes`),
    );
  });

  it("that is nested deeply is refused, and nothing breaks", async () => {
    const nested = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    expect((await post("NetworkDriver.Join", nested)).status).toBe(500);
    const options = `{"NetworkID":"a","EndpointID":"b","Options":{"x":${nested}}}`;
    expect([200, 500]).toContain((await post("NetworkDriver.CreateEndpoint", options)).status);
  });

  it("with __proto__ changes no prototype", async () => {
    const body = '{"NetworkID":"a","EndpointID":"b","Options":{"__proto__":{"polluted":true},"k":"v"}}';
    expect((await post("NetworkDriver.CreateEndpoint", body)).status).toBe(200);
    const [seen] = drivers.requests as [{ options: Record<string, unknown> }];
    expect(seen.options.polluted).toBeUndefined();
    expect(seen.options.k).toBe("v");
  });
});

describe("a field", () => {
  const wrong: readonly [string, unknown, string][] = [
    ["NetworkDriver.CreateNetwork", {}, "NetworkID: is missing"],
    ["NetworkDriver.CreateNetwork", { NetworkID: "" }, "NetworkID: expected an ID of 1 to 128 letters, …"],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "../../etc" },
      "NetworkID: expected an ID of 1 to 128 letters, …",
    ],
    ["NetworkDriver.CreateNetwork", { NetworkID: 7 }, "NetworkID: expected string, received number"],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "a", Options: "x" },
      "Options: expected object, received string",
    ],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "a", Options: { "com.docker.network.generic": { "hyperion.mtu": 1400 } } },
      'Options["com.docker.network.generic"]["hyperion.mtu"]: expected string, received number',
    ],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "a", Options: { "com.docker.network.internal": "true" } },
      'Options["com.docker.network.internal"]: expected boolean, received string',
    ],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "a", IPv4Data: [{ Pool: "10.1.0.0/16" }, { Pool: "10.2.0.0/33" }] },
      'IPv4Data[1].Pool: "10.2.0.0/33" is not a subnet, like 10.1.0.0/16',
    ],
    [
      "NetworkDriver.CreateNetwork",
      { NetworkID: "a", IPv4Data: [{ AuxAddresses: { x: "10.1.0.5" } }] },
      'IPv4Data[0].AuxAddresses.x: "10.1.0.5" is not an address with a prefix length, like 10.1.0.2/16',
    ],
    ["NetworkDriver.CreateEndpoint", { NetworkID: "a" }, "EndpointID: is missing"],
    [
      "NetworkDriver.CreateEndpoint",
      { ...REF, Interface: { Address: "10.1.0.2" } },
      'Interface.Address: "10.1.0.2" is not an address with a prefix length, like 10.1.0.2/16',
    ],
    [
      "NetworkDriver.CreateEndpoint",
      { ...REF, Interface: { Address: "fd00::2/64" } },
      'Interface.Address: "fd00::2/64" is not an IPv4 address with a prefix length',
    ],
    [
      "NetworkDriver.CreateEndpoint",
      { ...REF, Interface: { MacAddress: "02:42" } },
      'Interface.MacAddress: "02:42" is not a MAC address',
    ],
    [
      "NetworkDriver.CreateEndpoint",
      { ...REF, Interface: { MacAddress: "01:00:5e:00:00:01" } },
      'Interface.MacAddress: "01:00:5e:00:00:01" is not a unicast MAC address',
    ],
    ["NetworkDriver.Join", { ...REF, SandboxKey: 1 }, "SandboxKey: expected string, received number"],
    ["NetworkDriver.DiscoverNew", {}, "DiscoveryType: is missing"],
    [
      "NetworkDriver.DiscoverNew",
      { DiscoveryType: 1, DiscoveryData: { Address: "there" } },
      'DiscoveryData.Address: "there" is not an IP address',
    ],
    ["IpamDriver.RequestPool", { Pool: "10.1.0.0" }, 'Pool: "10.1.0.0" is not a subnet, like 10.1.0.0/16'],
    ["IpamDriver.ReleasePool", {}, "PoolID: is missing"],
    ["IpamDriver.RequestAddress", { PoolID: "" }, "PoolID: must not be empty"],
    [
      "IpamDriver.RequestAddress",
      { PoolID: "p", Address: "10.1.0.2/16" },
      'Address: "10.1.0.2/16" is not an IP address',
    ],
    [
      "IpamDriver.RequestAddress",
      { PoolID: "p", Options: { "com.docker.network.endpoint.macaddress": "?" } },
      'Options["com.docker.network.endpoint.macaddress"]: "?" is not a MAC address',
    ],
    ["IpamDriver.ReleaseAddress", { Address: "10.1.0.2" }, "PoolID: is missing"],
  ];

  it.each(wrong)("of %s %j is refused by its path", async (method, body, message) => {
    const answer = await post(method, JSON.stringify(body));
    const [start = "", end = ""] = message.split("…");
    expect(answer.status).toBe(500);
    expect(answer.body.Err.startsWith(`${method}: ${start}`)).toBe(true);
    if (!message.includes("…")) expect(answer.body.Err).toBe(`${method}: ${start}${end}`);
    expect(answer.body.Error).toBe(answer.body.Err);
    expect(drivers.requests).toEqual([]);
  });

  it("that is very long is cut in the message, and what was expected is still said", async () => {
    const Address = "1".repeat(100_000);
    const { body } = await post("IpamDriver.RequestAddress", JSON.stringify({ PoolID: "p", Address }));
    expect(body.Err).toMatch(/^IpamDriver\.RequestAddress: Address: "1+…" is not an IP address$/);
    expect(body.Err.length).toBeLessThanOrEqual(MESSAGE_LENGTH_MAX);
  });
});

describe("an unknown method", () => {
  it.each(["NetworkDriver.Teleport", "VolumeDriver.Create", "NetworkDriver.join", "a/b/c", "__proto__"])(
    "%s is 404 with a reason",
    async (method) => {
      expect(await post(method, "{}")).toEqual(
        refusal(`${method} is not a method of the Docker network plugin protocol`, 404),
      );
    },
  );

  it("may be none at all", async () => {
    expect(await post("", "{}")).toEqual(refusal(expect.stringMatching(/^\/ is not a method/), 404));
  });

  it("may be a known one with another verb", async () => {
    const response = await request(createPluginApp({ drivers, log })).get("/Plugin.Activate");
    expect(response.status).toBe(404);
    expect(JSON.parse(response.text).Err).toMatch(/^GET \/Plugin\.Activate is not a method/);
  });
});

describe("a driver that fails", () => {
  it("is quoted on one line", async () => {
    drivers.fault = () =>
      Promise.reject(new HyperionError("E501", { operation: "attach\n", reason: "no\u001b[31m room" }));
    const { status, body, text } = await post("NetworkDriver.Leave", JSON.stringify(REF));
    expect(status).toBe(500);
    expect(body.Err).toBe("the data plane refused attach : no [31m room");
    expect(text.trimEnd()).not.toContain("\n");
  });

  it("is quoted up to the length that Docker shows well", async () => {
    drivers.fault = () => Promise.reject(new Error("x".repeat(5_000)));
    const { body } = await post("NetworkDriver.Leave", JSON.stringify(REF));
    expect(body.Err).toHaveLength(MESSAGE_LENGTH_MAX);
  });

  it("with a text that points at a place is quoted with its lines, and nothing else in them", async () => {
    const heading = `E102 web: label hyperion.ingress.${"x".repeat(300)}`;
    const text = `${heading}\n  allow  tcp/\u0007\r80\n         ^^^ ${"y".repeat(900)}\n\n`;
    drivers.fault = () => Promise.reject(new HyperionError("E102", { text }));
    const { body } = await post("NetworkDriver.Join", JSON.stringify(REF));
    const [first = "", second, third = "", ...further] = body.Err.split("\n");
    expect(first).toHaveLength(MESSAGE_LENGTH_MAX);
    expect(second).toBe("  allow  tcp/ 80");
    expect(third).toMatch(/^ {9}\^\^\^ y+…$/);
    expect(third).toHaveLength(500);
    expect(further).toEqual([]);
    drivers.fault = () => Promise.reject(new HyperionError("E102", { text: "a\n".repeat(99) }));
    const many = await post("NetworkDriver.Join", JSON.stringify(REF));
    expect(many.body.Err.split("\n")).toHaveLength(32);
  });

  it("leaves its stack in the log when it is a fault of ours", async () => {
    drivers.fault = () => Promise.reject(new TypeError("undefined is not a function"));
    await post("NetworkDriver.Leave", JSON.stringify(REF));
    expect(log.entries).toMatchObject([
      {
        level: "error",
        event: "protocol.failed",
        fields: {
          method: "NetworkDriver.Leave",
          network: "a".repeat(12),
          endpoint: "b".repeat(12),
          stack: expect.stringContaining("TypeError"),
        },
      },
    ]);
  });

  it("by never answering does not hang the engine, and its late end is logged", async () => {
    let fail: (error: Error) => void = () => {};
    drivers.fault = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    expect(await post("NetworkDriver.Leave", JSON.stringify(REF), 20)).toEqual(
      refusal("NetworkDriver.Leave took longer than 20 ms"),
    );
    fail(new Error("at last"));
    await new Promise(setImmediate);
    expect(log.entries.at(-1)).toMatchObject({
      level: "warn",
      event: "protocol.late",
      message: "NetworkDriver.Leave failed (at last) after the engine was told that it failed",
    });
  });
});

describe("a call that succeeds", () => {
  it("is logged with its method, its IDs as Docker shows them, and how long it took", async () => {
    await post("NetworkDriver.Leave", JSON.stringify(REF));
    await post("IpamDriver.ReleaseAddress", JSON.stringify({ PoolID: "p1", Address: "10.1.0.2" }));
    expect(log.entries.map(({ event, fields }) => ({ event, fields }))).toEqual([
      {
        event: "protocol.call",
        fields: {
          method: "NetworkDriver.Leave",
          network: "a".repeat(12),
          endpoint: "b".repeat(12),
          durationMs: expect.any(Number),
        },
      },
      {
        event: "protocol.call",
        fields: {
          method: "IpamDriver.ReleaseAddress",
          pool: "p1",
          address: "10.1.0.2",
          durationMs: expect.any(Number),
        },
      },
    ]);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Listener, listen } from "../../src/server/listener.ts";
import { createPluginApp } from "../../src/server/plugin-app.ts";
import { RecordingDrivers, recordingLog } from "./recording-drivers.ts";

let directory: string;
let drivers: RecordingDrivers;
let listener: Listener;
let socket: Socket;
let received: string;

const app = () => createPluginApp({ drivers, log: recordingLog() });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-connection-"));
  drivers = new RecordingDrivers();
});

afterEach(async () => {
  socket.destroy();
  await listener.close();
  rmSync(directory, { recursive: true });
});

async function open(options = {}): Promise<void> {
  const path = join(directory, "plugin.sock");
  listener = await listen(app(), { path }, options);
  received = "";
  socket = connect(path);
  socket.on("data", (chunk) => {
    received += chunk;
  });
  await new Promise((resolve) => socket.once("connect", resolve));
}

/** What Go's HTTP client puts on the wire: no Content-Type. */
function wire(method: string, body: string): string {
  return (
    `POST /${method} HTTP/1.1\r\nHost: plugin.moby.localhost\r\nUser-Agent: Go-http-client/1.1\r\n` +
    "Accept: application/vnd.docker.plugins.v1.2+json\r\n" +
    `Content-Length: ${body.length}\r\nAccept-Encoding: gzip\r\n\r\n${body}`
  );
}

async function until(condition: () => boolean, timeoutMs = 2_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !condition(); ) {
    if (Date.now() > end) throw new Error(`it did not happen; received so far: ${received}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const answers = () => received.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
const LEAVE = wire("NetworkDriver.Leave", JSON.stringify({ NetworkID: "n1", EndpointID: "e1" }));

describe("a connection of the engine", () => {
  it("carries one call after another", async () => {
    await open();
    for (let call = 1; call <= 3; call++) {
      socket.write(LEAVE);
      await until(() => answers() === call);
    }
    expect(drivers.requests).toHaveLength(3);
    expect(received).not.toMatch(/^Connection: close/im);
  });

  it("carries two calls that come at once", async () => {
    await open();
    socket.write(LEAVE + wire("Plugin.Activate", ""));
    await until(() => answers() === 2);
    expect(received).toContain('{"Implements":["NetworkDriver","IpamDriver"]}');
  });

  it("that was idle for longer than every timeout of the server is still good", async () => {
    // The checks for late headers run every 50 ms here; they must not take an idle connection for one.
    // Seven seconds are longer than what Node gives a connection by itself, its margin included.
    await open({ headersTimeoutMs: 50 });
    socket.write(LEAVE);
    await until(() => answers() === 1);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    socket.write(LEAVE);
    await until(() => answers() === 2);
  });

  it("that begins a request and stops is cut", async () => {
    await open({ headersTimeoutMs: 50 });
    let closed = false;
    socket.on("close", () => {
      closed = true;
    });
    socket.write("POST /NetworkDriver.Leave HTTP/1.1\r\nHost: plug");
    await until(() => closed);
  });

  it("survives a refused call", async () => {
    await open();
    socket.write(wire("NetworkDriver.Leave", ""));
    await until(() => received.includes("empty request body"));
    socket.write(wire("NetworkDriver.Leave", " ".repeat(2 ** 20 + 1)));
    await until(() => received.includes("larger than 1048576 bytes"));
    socket.write(LEAVE);
    await until(() => answers() === 1);
  });

  it("gets its answer while the daemon stops, and then ends", async () => {
    await open();
    let finish: () => void = () => {};
    drivers.fault = () =>
      new Promise((_, reject) => {
        finish = () => reject(new Error("it is over"));
      });
    socket.write(LEAVE);
    await until(() => drivers.requests.length === 1);
    const closing = listener.close();
    finish();
    await closing;
    await until(() => received.includes('{"Err":"it is over"'));
  });

  it("does not hold up the daemon's stop when it is idle or its call hangs", async () => {
    await open({ stopTimeoutMs: 50 });
    drivers.fault = () => new Promise(() => {});
    socket.write(LEAVE);
    await until(() => drivers.requests.length === 1);
    const before = Date.now();
    await listener.close();
    expect(Date.now() - before).toBeLessThan(1_000);
  });
});

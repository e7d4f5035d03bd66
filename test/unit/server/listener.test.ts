import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Listener, listen } from "../../../src/server/listener.ts";
import { inheritedSocket } from "../../../src/server/socket-activation.ts";

const CHILDREN = fileURLToPath(new URL("children", import.meta.url));

let directory: string;
const listeners: Listener[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-listener-"));
});

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  rmSync(directory, { recursive: true });
});

async function open(path: string): Promise<Listener> {
  const listener = await listen((_request, response) => response.end("here"), { path });
  listeners.push(listener);
  return listener;
}

async function get(socketPath: string): Promise<string> {
  const [response] = await once(request({ socketPath, path: "/" }).end(), "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return text;
}

/** Leaves a socket file behind that nobody listens on, as a killed process does. */
async function makeStale(path: string): Promise<void> {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  await once(spawn(process.execPath, ["-e", script]), "exit");
  expect(statSync(path).isSocket()).toBe(true);
}

describe("listening", () => {
  it("makes the directory and a socket for root alone, whatever the mask", async () => {
    const path = join(directory, "run/docker/plugins/hyperion.sock");
    const before = process.umask(0);
    try {
      await open(path);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await get(path)).toBe("here");
  });

  it("takes away its socket when it closes", async () => {
    const path = join(directory, "x.sock");
    await (await open(path)).close();
    expect(existsSync(path)).toBe(false);
  });

  it("takes the place of a socket that nobody listens on", async () => {
    const path = join(directory, "stale.sock");
    await makeStale(path);
    await open(path);
    expect(await get(path)).toBe("here");
  });

  it("leaves alone a socket that somebody listens on", async () => {
    const path = join(directory, "live.sock");
    await open(path);
    await expect(open(path)).rejects.toMatchObject({ code: "E706", details: { path } });
    expect(await get(path)).toBe("here");
  });

  it("leaves alone what is no socket", async () => {
    const path = join(directory, "file.sock");
    writeFileSync(path, "precious");
    await expect(open(path)).rejects.toMatchObject({ code: "E707" });
    const link = join(directory, "link.sock");
    symlinkSync(path, link);
    await expect(open(link)).rejects.toMatchObject({ code: "E707" });
    expect(statSync(path).size).toBe(8);
  });

  it("refuses a directory that cannot be made, and a path that no socket can have", async () => {
    writeFileSync(join(directory, "file"), "");
    await expect(open(join(directory, "file/x.sock"))).rejects.toMatchObject({ code: "E707" });
    await expect(open(join(directory, `${"x".repeat(108)}.sock`))).rejects.toMatchObject({
      code: "E707",
      message: expect.stringContaining("longer than 107 bytes"),
    });
  });
});

describe("socket activation", () => {
  it("serves a socket that was passed on as descriptor 3", async () => {
    const path = join(directory, "systemd.sock");
    // As systemd does: what makes the socket never accepts on it, and what is started does.
    const maker = spawn(process.execPath, [join(CHILDREN, "pass-descriptor.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [[line]] = await Promise.all([once(maker.stdout, "data"), once(maker, "exit")]);
    const pid = Number(line);
    try {
      expect(await get(path)).toBe(`served by ${pid}`);
    } finally {
      process.kill(pid);
    }
    await once(maker.stdout, "close");
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    [{}, undefined],
    [{ LISTEN_FDS: "0" }, undefined],
    [{ LISTEN_FDS: "1" }, 3],
    [{ LISTEN_FDS: "1", LISTEN_PID: "42" }, 3],
    [{ LISTEN_FDS: "1", LISTEN_PID: "43" }, undefined],
  ])("%j for process 42 means %s", (environment, fd) => {
    expect(inheritedSocket(environment, 42)).toBe(fd);
  });

  it("takes one socket only", () => {
    expect(() => inheritedSocket({ LISTEN_FDS: "2" }, 42)).toThrow(/LISTEN_FDS is 2, expected 1/);
  });
});

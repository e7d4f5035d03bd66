/**
 * Runs packet cases. A process of its own, started in a network and a mount namespace of its own:
 * threads that make native calls are in them, too, and all that it makes goes with it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Dataplane } from "../../../src/platform/dataplane/dataplane.ts";
import { NativeDataplane } from "../../../src/platform/dataplane/native/native-dataplane.ts";
import { type NativeDataplaneOptions, removeDataplane } from "../../../src/platform/dataplane/native/open.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";
import { PORT_MACS, PORTS, UPLINK_MAC, UPLINK_PORT } from "../cases/world.ts";
import { Bench } from "./bench.ts";
import type { Answer, Backend, Request } from "./protocol.ts";
import { Wire } from "./wire.ts";

/** In this process's mount namespace only. */
const BPFFS = "/sys/fs/bpf";
/** Not of the pattern that representors have. */
const UPLINK = "wire";
const WIRE = fileURLToPath(new URL("../../../native/build/wire", import.meta.url));

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

function makePort(name: string, number: number, mac: string): number {
  ip("link", "add", name, "type", "veth", "peer", "name", `far${number}`, "address", mac);
  ip("link", "set", name, "up");
  return Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
}

/** Kernel indices of the ports' near ends; the last is the uplink. */
function makePorts(): readonly number[] {
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  const ports = PORT_MACS.map((mac, i) => makePort(`near${i + 1}`, i + 1, mac));
  return [...ports, makePort(UPLINK, UPLINK_PORT, UPLINK_MAC)];
}

/** Where the nth data plane of a backend is. */
function optionsOf(backend: Backend, nth: number): NativeDataplaneOptions {
  const pinPath = `${BPFFS}/hyperion-${nth}`;
  if (backend === "ebpf") return { url: "ebpf", pinPath, connectionsMax: 0 };
  const url = `doca:softnic?uplink=${UPLINK}&representors=near*`;
  return { url, pinPath, runPath: `/run/hyperion-${nth}`, connectionsMax: 0 };
}

async function open(backend: Backend): Promise<Bench> {
  // A new network namespace shows in /sys only when it is mounted again.
  execFileSync("mount", ["-t", "sysfs", "sysfs", "/sys"]);
  execFileSync("mount", ["-t", "bpf", "bpf", BPFFS]);
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
  const ports = makePorts();
  const wire = await Wire.open(WIRE, "far", UPLINK_PORT, (pid) => {
    for (let i = 1; i <= UPLINK_PORT; i++) ip("link", "set", `far${i}`, "netns", String(pid));
  });
  const library = NativeLibrary.load();
  let nth = 0;
  const openDataplane = async (before?: Dataplane): Promise<NativeDataplane> => {
    await before?.close();
    if (nth > 0) await removeDataplane(library, optionsOf(backend, nth));
    nth += 1;
    const dataplane = await NativeDataplane.open(library, optionsOf(backend, nth));
    for (const port of ports.slice(0, PORTS)) await dataplane.attach(port);
    return dataplane;
  };
  return Bench.on(openDataplane, wire, ports);
}

const answer = (message: Answer): void => {
  process.send?.(message);
};

try {
  const bench = await open(process.argv[2] === "doca" ? "doca" : "ebpf");
  process.on("message", async (request: Request) => {
    const { id } = request;
    try {
      if ("flow" in request) answer({ id, flowed: await bench.flow(request.flow) });
      else answer({ id, outcomes: await bench.run(request.packetCase) });
    } catch (error) {
      answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  answer({ id: 0 });
} catch (error) {
  answer({ id: 0, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

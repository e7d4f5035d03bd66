/**
 * Runs packet cases. A process of its own, started in a network and a mount namespace of its own:
 * threads that make native calls are in them, too, and all that it makes goes with it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NativeDataplane } from "../../../src/platform/dataplane/native/native-dataplane.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";
import { PORT_MACS, PORTS } from "../cases/world.ts";
import { Bench } from "./bench.ts";
import type { Answer, Request } from "./protocol.ts";
import { Wire } from "./wire.ts";

/** In this process's mount namespace only. */
const BPFFS = "/sys/fs/bpf";
const WIRE = fileURLToPath(new URL("../../../native/build/wire", import.meta.url));

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

function makePorts(): readonly number[] {
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  return PORT_MACS.map((mac, i) => {
    const name = `near${i + 1}`;
    ip("link", "add", name, "type", "veth", "peer", "name", `far${i + 1}`, "address", mac);
    ip("link", "set", name, "up");
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
  });
}

async function open(): Promise<Bench> {
  // A new network namespace shows in /sys only when it is mounted again.
  execFileSync("mount", ["-t", "sysfs", "sysfs", "/sys"]);
  execFileSync("mount", ["-t", "bpf", "bpf", BPFFS]);
  const ports = makePorts();
  const wire = await Wire.open(WIRE, "far", PORTS, (pid) => {
    for (let i = 1; i <= PORTS; i++) ip("link", "set", `far${i}`, "netns", String(pid));
  });
  const library = NativeLibrary.load();
  let generation = 0;
  const openDataplane = async (): Promise<NativeDataplane> => {
    const pinPath = `${BPFFS}/hyperion-${++generation}`;
    const dataplane = await NativeDataplane.open(library, { url: "ebpf", pinPath, connectionsMax: 0 });
    for (const port of ports) await dataplane.attach(port);
    return dataplane;
  };
  return Bench.on(openDataplane, wire, ports);
}

const answer = (message: Answer): void => {
  process.send?.(message);
};

try {
  const bench = await open();
  process.on("message", async ({ id, packetCase }: Request) => {
    try {
      answer({ id, outcomes: await bench.run(packetCase) });
    } catch (error) {
      answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  answer({ id: 0 });
} catch (error) {
  answer({ id: 0, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

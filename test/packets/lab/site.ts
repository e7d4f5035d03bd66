/** What a data plane is put through packets in: a network and a mount namespace of its own. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { NativeDataplaneOptions } from "../../../src/platform/dataplane/native/open.ts";
import { OUTSIDE_MACS, PORT_MACS, UPLINK_MAC, UPLINK_PORT } from "../cases/world.ts";
import type { Backend } from "./protocol.ts";

/** Device `far1` … is the other end of a port, far6 that of the uplink, far7 … those on the bridge. */
export const FAR = "far";

const BPFFS = "/sys/fs/bpf";
/** Not of the pattern that representors have. */
const UPLINK = "wire";
const BRIDGE = "way";
const BRIDGE_FILTER = "/proc/sys/net/bridge/bridge-nf";

export function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** In a mount namespace of its own: what belongs to the network namespace, and what is of nobody else. */
export function mountOwn(): void {
  // A new network namespace shows in /sys only when it is mounted again.
  execFileSync("mount", ["-t", "sysfs", "sysfs", "/sys"]);
  execFileSync("mount", ["-t", "bpf", "bpf", BPFFS]);
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
}

function makePort(name: string, number: number, mac: string): number {
  ip("link", "add", name, "type", "veth", "peer", "name", `${FAR}${number}`, "address", mac);
  ip("link", "set", name, "up");
  return Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
}

/**
 * What leads containers out, as the engine's bridge does: the gateways and the outside are on it. It
 * knows where everybody is, so that nothing is flooded but what is for all.
 */
function makeBridge(): readonly number[] {
  // Where the kernel has it, packet filters would have a look at frames, too.
  for (const path of ["iptables", "ip6tables", "arptables"].map((name) => `${BRIDGE_FILTER}-call-${name}`)) {
    if (existsSync(path)) writeFileSync(path, "0");
  }
  ip("link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0");
  ip("link", "set", BRIDGE, "up");
  return OUTSIDE_MACS.map((mac, i) => {
    const number = UPLINK_PORT + 1 + i;
    const index = makePort(`gate${number}`, number, mac);
    ip("link", "set", `gate${number}`, "master", BRIDGE);
    execFileSync("bridge", ["fdb", "replace", mac, "dev", `gate${number}`, "master", "static"]);
    return index;
  });
}

/** Kernel indices of the ports' near ends: of VFs, of the uplink, of what is on the bridge. */
export function makePorts(): readonly number[] {
  writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  const ports = PORT_MACS.map((mac, i) => makePort(`near${i + 1}`, i + 1, mac));
  return [...ports, makePort(UPLINK, UPLINK_PORT, UPLINK_MAC), ...makeBridge()];
}

/** Where the nth data plane of a backend is. */
export function optionsOf(backend: Backend, nth: number): NativeDataplaneOptions {
  const pinPath = `${BPFFS}/hyperion-${nth}`;
  if (backend === "ebpf") return { url: "ebpf", pinPath, connectionsMax: 0 };
  const url = `doca:softnic?uplink=${UPLINK}&representors=near*`;
  return { url, pinPath, runPath: `/run/hyperion-${nth}`, connectionsMax: 0 };
}

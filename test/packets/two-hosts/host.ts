import { readFileSync } from "node:fs";
import type {
  DropCounter,
  EndpointCounter,
  Operation,
  PacketEvent,
  Row,
} from "../../../src/platform/dataplane/dataplane.ts";
import { NativeDataplane } from "../../../src/platform/dataplane/native/native-dataplane.ts";
import { NativeHost } from "../../../src/platform/host/native/native-host.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";

/* A host's part: soft VFs, and a data plane whose agent is in this process's namespaces. */

const EVENTS_MAX = 10_000;
const RUN_PATH = "/run/hyperion";

let library: NativeLibrary | undefined;
let dataplane: NativeDataplane | undefined;

function loaded(): NativeLibrary {
  library ??= NativeLibrary.load();
  return library;
}

function opened(): NativeDataplane {
  if (dataplane === undefined) throw new Error("the data plane is not open");
  return dataplane;
}

/** Returns the kernel index of the representor. */
export function createVf(vf: string, representor: string, mtuBytes: number): Promise<number> {
  return new NativeHost(loaded()).createVf(vf, representor, mtuBytes);
}

/** The kernel index of a device. */
export async function indexOf(name: string): Promise<number> {
  const link = await new NativeHost(loaded()).link(name);
  if (link === undefined) throw new Error(`there is no ${name}`);
  return link.index;
}

/** Returns whether an agent had tables already. */
export async function openDataplane(uplink: string, representors: string): Promise<boolean> {
  dataplane = await NativeDataplane.open(loaded(), {
    url: `doca:softnic?uplink=${uplink}&representors=${representors}`,
    pinPath: "/sys/fs/bpf/hyperion",
    runPath: RUN_PATH,
    connectionsMax: 0,
  });
  return dataplane.capabilities.adopted;
}

export function closeDataplane(): Promise<void> {
  return opened().close();
}

export function attach(port: number): Promise<void> {
  return opened().attach(port, "vf");
}

export async function apply(operations: readonly Operation[]): Promise<void> {
  const failures = await opened().apply(operations);
  if (failures.length > 0) throw new Error(`not applied: ${JSON.stringify(failures)}`);
}

export function dump(): Promise<readonly Row[]> {
  return opened().dump();
}

export function dropCounters(): Promise<readonly DropCounter[]> {
  return opened().dropCounters();
}

export function endpointCounters(): Promise<readonly EndpointCounter[]> {
  return opened().endpointCounters();
}

/** Takes what was reported. */
export async function events(): Promise<readonly PacketEvent[]> {
  return (await opened().events(EVENTS_MAX)).events;
}

export function killAgent(): void {
  process.kill(Number(readFileSync(`${RUN_PATH}/agent.lock`, "utf8")), "SIGKILL");
}

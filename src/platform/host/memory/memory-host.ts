import { dirname } from "node:path";
import { HyperionError } from "../../../model/errors.ts";
import { type Ip, parseIp } from "../../../model/ip.ts";
import { localMac } from "../../../model/mac.ts";
import type { Host, Link } from "../host.ts";

interface MemoryLink extends Omit<Link, "peerNamespace"> {
  /** Name of the other end; undefined for hardware. */
  readonly peer: string | undefined;
  /** The container's network namespace that it is in, where this host does not see it. */
  readonly away: number | undefined;
}

/** Network devices that exist in this object only. Names, indices and errors behave as the kernel's. */
export class MemoryHost implements Host {
  readonly #links = new Map<string, MemoryLink>();
  readonly #locks = new Set<string>();
  readonly #bootId: string;
  readonly #addresses = new Set<Ip>([parseIp("127.0.0.1"), parseIp("::1")]);
  readonly #watchers = new Set<() => void>();
  #nextIndex = 2; // 1 is the loopback device
  #nextNamespace = 1;

  constructor(bootId = "00000000-0000-4000-8000-000000000001") {
    this.#bootId = bootId;
  }

  async createVf(vf: string, representor: string, mtuBytes: number): Promise<number> {
    for (const name of [vf, representor]) {
      if (this.#links.has(name)) throw refused("create", representor, "File exists");
    }
    this.#add(vf, "veth", mtuBytes, { peer: representor });
    const port = this.#add(representor, "veth", mtuBytes, { peer: vf, up: true });
    this.#tell();
    return port;
  }

  async deleteLinks(names: readonly string[]): Promise<void> {
    const doomed = names.map((name) => this.#visible(name)).filter((link) => link !== undefined);
    const hardware = doomed.find(({ kind }) => kind === "");
    if (hardware !== undefined) throw refused("delete", hardware.name, "Operation not supported");
    for (const { name, peer } of doomed) {
      this.#links.delete(name);
      if (peer !== undefined) this.#links.delete(peer);
    }
    if (doomed.length > 0) this.#tell();
  }

  async setMtu(name: string, mtuBytes: number): Promise<void> {
    const link = this.#visible(name);
    if (link === undefined) throw new HyperionError("E602", { device: name });
    this.#links.set(name, { ...link, mtuBytes });
    this.#tell();
  }

  async setUp(name: string, up: boolean): Promise<void> {
    const link = this.#visible(name);
    if (link === undefined) throw new HyperionError("E602", { device: name });
    this.#links.set(name, { ...link, up });
    this.#tell();
  }

  async link(name: string): Promise<Link | undefined> {
    const link = this.#visible(name);
    return link && this.#toLink(link);
  }

  async links(namePrefix: string): Promise<readonly Link[]> {
    return [...this.#links.values()]
      .filter(({ name, away }) => away === undefined && name.startsWith(namePrefix))
      .map((link) => this.#toLink(link));
  }

  async addresses(): Promise<readonly Ip[]> {
    return [...this.#addresses];
  }

  async watch(changed: () => void): Promise<() => void> {
    const watcher = () => changed(); // two watches of one function are two
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  async lock(path: string): Promise<() => void> {
    if (this.#locks.has(path)) throw new HyperionError("E704", { pid: process.pid, path: dirname(path) });
    this.#locks.add(path);
    let held = true;
    return () => {
      if (held) this.#locks.delete(path);
      held = false;
    };
  }

  async bootId(): Promise<string> {
    return this.#bootId;
  }

  /** A device that is there without our doing, such as a NIC's. Returns its index. */
  addHardware(name: string, mtuBytes: number): number {
    const index = this.#add(name, "", mtuBytes, { up: true });
    this.#tell();
    return index;
  }

  /** A bridge that is there without our doing. Returns its index. */
  addBridge(name: string): number {
    const index = this.#add(name, "bridge", 1500, { up: true });
    this.#tell();
    return index;
  }

  /** Makes a device a port of a bridge. */
  enslave(name: string, bridge: string): void {
    const master = this.#known(bridge).index;
    this.#links.set(name, { ...this.#known(name), master });
    this.#tell();
  }

  addAddress(ip: Ip): void {
    this.#addresses.add(ip);
    this.#tell();
  }

  removeAddress(ip: Ip): void {
    this.#addresses.delete(ip);
    this.#tell();
  }

  /** A network namespace for {@link moveAway}. */
  newNamespace(): number {
    return this.#nextNamespace++;
  }

  /** Moves a device into a container, as dockerd does after Join; its other end gets a carrier. */
  moveAway(name: string, namespace = this.newNamespace()): void {
    const link = this.#known(name);
    this.#links.set(name, { ...link, away: namespace, up: true });
    const peer = link.peer === undefined ? undefined : this.#links.get(link.peer);
    if (peer !== undefined) this.#links.set(peer.name, { ...peer, carrier: true });
    this.#tell();
  }

  /** A container's network namespace goes, and the device in it, and that one's other end. */
  vanish(name: string): void {
    const link = this.#links.get(name);
    this.#links.delete(name);
    if (link?.peer !== undefined) this.#links.delete(link.peer);
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) {
      queueMicrotask(() => {
        if (this.#watchers.has(watcher)) watcher();
      });
    }
  }

  #known(name: string): MemoryLink {
    const link = this.#links.get(name);
    if (link === undefined) throw new HyperionError("E602", { device: name });
    return link;
  }

  #toLink({ peer, away: _, ...link }: MemoryLink): Link {
    return { ...link, peerNamespace: peer === undefined ? undefined : this.#links.get(peer)?.away };
  }

  #visible(name: string): MemoryLink | undefined {
    const link = this.#links.get(name);
    return link?.away === undefined ? link : undefined;
  }

  #add(name: string, kind: string, mtuBytes: number, more: { peer?: string; up?: boolean }): number {
    const index = this.#nextIndex++;
    const seed = new Uint8Array(6);
    new DataView(seed.buffer).setUint32(2, index);
    this.#links.set(name, {
      name,
      index,
      kind,
      mtuBytes,
      mac: localMac(seed),
      up: more.up ?? false,
      carrier: kind === "",
      master: undefined,
      peer: more.peer,
      away: undefined,
    });
    return index;
  }
}

function refused(operation: string, device: string, reason: string): HyperionError {
  return new HyperionError("E601", { operation, device, reason });
}

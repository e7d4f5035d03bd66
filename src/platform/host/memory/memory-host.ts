import { dirname } from "node:path";
import { HyperionError } from "../../../model/errors.ts";
import { localMac } from "../../../model/mac.ts";
import type { Host, Link } from "../host.ts";

interface MemoryLink extends Link {
  /** Name of the other end; undefined for hardware. */
  readonly peer: string | undefined;
  /** True while it is in a container's network namespace, where this host does not see it. */
  readonly away: boolean;
}

/** Network devices that exist in this object only. Names, indices and errors behave as the kernel's. */
export class MemoryHost implements Host {
  readonly #links = new Map<string, MemoryLink>();
  readonly #locks = new Set<string>();
  readonly #bootId: string;
  #nextIndex = 2; // 1 is the loopback device

  constructor(bootId = "00000000-0000-4000-8000-000000000001") {
    this.#bootId = bootId;
  }

  async createVf(vf: string, representor: string, mtuBytes: number): Promise<number> {
    for (const name of [vf, representor]) {
      if (this.#links.has(name)) throw refused("create", representor, "File exists");
    }
    this.#add(vf, "veth", mtuBytes, { peer: representor });
    return this.#add(representor, "veth", mtuBytes, { peer: vf, up: true });
  }

  async deleteLinks(names: readonly string[]): Promise<void> {
    const doomed = names.map((name) => this.#visible(name)).filter((link) => link !== undefined);
    const hardware = doomed.find(({ kind }) => kind === "");
    if (hardware !== undefined) throw refused("delete", hardware.name, "Operation not supported");
    for (const { name, peer } of doomed) {
      this.#links.delete(name);
      if (peer !== undefined) this.#links.delete(peer);
    }
  }

  async setMtu(name: string, mtuBytes: number): Promise<void> {
    const link = this.#visible(name);
    if (link === undefined) throw new HyperionError("E602", { device: name });
    this.#links.set(name, { ...link, mtuBytes });
  }

  async link(name: string): Promise<Link | undefined> {
    const link = this.#visible(name);
    return link && toLink(link);
  }

  async links(namePrefix: string): Promise<readonly Link[]> {
    return [...this.#links.values()]
      .filter(({ name, away }) => !away && name.startsWith(namePrefix))
      .map(toLink);
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
    return this.#add(name, "", mtuBytes, { up: true });
  }

  /** Moves a device into a container, as dockerd does after Join; its other end gets a carrier. */
  moveAway(name: string): void {
    const link = this.#links.get(name);
    if (link === undefined) throw new HyperionError("E602", { device: name });
    this.#links.set(name, { ...link, away: true, up: true });
    const peer = link.peer === undefined ? undefined : this.#links.get(link.peer);
    if (peer !== undefined) this.#links.set(peer.name, { ...peer, carrier: true });
  }

  /** A container's network namespace goes, and the device in it, and that one's other end. */
  vanish(name: string): void {
    const link = this.#links.get(name);
    this.#links.delete(name);
    if (link?.peer !== undefined) this.#links.delete(link.peer);
  }

  #visible(name: string): MemoryLink | undefined {
    const link = this.#links.get(name);
    return link?.away === false ? link : undefined;
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
      peer: more.peer,
      away: false,
    });
    return index;
  }
}

function toLink({ name, index, kind, mtuBytes, mac, up, carrier }: MemoryLink): Link {
  return { name, index, kind, mtuBytes, mac, up, carrier };
}

function refused(operation: string, device: string, reason: string): HyperionError {
  return new HyperionError("E601", { operation, device, reason });
}

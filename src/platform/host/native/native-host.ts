import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { HyperionError } from "../../../model/errors.ts";
import { type Ip, ipFromBytes16 } from "../../../model/ip.ts";
import { macFromBytes } from "../../../model/mac.ts";
import { HOST_ADDRESS, LINK } from "../../native/layouts.ts";
import type { Answer, NativeLibrary } from "../../native/library.ts";
import { linksOf, type NativeLink, readLink } from "../../native/links.ts";
import { nativeBytes, StructView } from "../../native/struct-view.ts";
import type { Host, Link } from "../host.ts";
import { HostWatch } from "./host-watch.ts";

/** HYP_NAME_MAX: IFNAMSIZ, with the NUL. */
const NAME_BYTES = 16;

/** The listing of addresses begins with room for this many. */
const ADDRESSES_ROOM = 64;

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** This machine's network devices, through rtnetlink, in the network namespace of this process. */
export class NativeHost implements Host {
  readonly #library: NativeLibrary;

  constructor(library: NativeLibrary) {
    this.#library = library;
  }

  async createVf(vf: string, representor: string, mtuBytes: number): Promise<number> {
    const port = nativeBytes(Uint32Array.BYTES_PER_ELEMENT);
    const answer = await this.#library.call("hyp_host_vf_create", vf, representor, mtuBytes, port);
    if (answer.result < 0) throw linkError("create", representor, answer);
    return new DataView(port.buffer).getUint32(0, true);
  }

  async deleteLinks(names: readonly string[]): Promise<void> {
    const memory = nativeBytes(names.length * NAME_BYTES);
    for (const [i, name] of names.entries()) {
      if (Buffer.byteLength(name) >= NAME_BYTES) throw new HyperionError("E602", { device: name });
      memory.set(Buffer.from(name), i * NAME_BYTES);
    }
    const answer = await this.#library.call("hyp_host_links_delete", memory, names.length);
    if (answer.result < 0) throw linkError("delete", names.join(" "), answer);
  }

  async setMtu(name: string, mtuBytes: number): Promise<void> {
    const answer = await this.#library.call("hyp_host_link_set_mtu", name, mtuBytes);
    if (answer.result < 0) throw linkError(`MTU ${mtuBytes}`, name, answer);
  }

  async setUp(name: string, up: boolean): Promise<void> {
    const answer = await this.#library.call("hyp_host_link_set_up", name, up ? 1 : 0);
    if (answer.result < 0) throw linkError(up ? "up" : "down", name, answer);
  }

  async link(name: string): Promise<Link | undefined> {
    const memory = nativeBytes(LINK.bytes);
    const answer = await this.#library.call("hyp_host_link", name, memory);
    if (answer.result === -constants.errno.ENODEV) return undefined;
    if (answer.result < 0) throw linkError("find", name, answer);
    return toLink(readLink(memory));
  }

  async links(namePrefix: string): Promise<readonly Link[]> {
    return (await linksOf(this.#library, namePrefix)).map(toLink);
  }

  async addresses(): Promise<readonly Ip[]> {
    for (let room = ADDRESSES_ROOM; ; ) {
      const memory = nativeBytes(room * HOST_ADDRESS.bytes);
      const answer = await this.#library.call("hyp_host_addresses", memory, room);
      const { result } = answer;
      if (result < 0) throw linkError("list", "every address", answer);
      if (result <= room) return Array.from({ length: result }, (_, i) => readAddress(memory, i));
      room = result + ADDRESSES_ROOM;
    }
  }

  async watch(changed: () => void): Promise<() => void> {
    const watch = await HostWatch.open(this.#library, changed);
    return () => watch.close();
  }

  async lock(path: string): Promise<() => void> {
    const holder = nativeBytes(Uint32Array.BYTES_PER_ELEMENT);
    const { result, message } = await this.#library.call("hyp_host_lock", path, holder);
    if (result === -constants.errno.EWOULDBLOCK) {
      const pid = new DataView(holder.buffer).getUint32(0, true);
      throw new HyperionError("E704", { pid: pid === 0 ? "unknown" : pid, path: dirname(path) });
    }
    if (result < 0) throw new HyperionError("E705", { path: dirname(path), reason: message });
    let held = true;
    return () => {
      // Once only: the descriptor's number may belong to somebody else by the second time.
      if (held) this.#library.now("hyp_host_unlock", result);
      held = false;
    };
  }

  async bootId(): Promise<string> {
    return (await readFile(BOOT_ID, "utf8")).trim();
  }
}

function toLink(link: NativeLink): Link {
  return { ...link, mac: macFromBytes(link.mac) };
}

function readAddress(memory: Uint8Array, i: number): Ip {
  const view = new StructView(HOST_ADDRESS, memory, i * HOST_ADDRESS.bytes);
  return ipFromBytes16(view.bytes("address"));
}

function linkError(operation: string, device: string, { result, message }: Answer): HyperionError {
  switch (-result) {
    case constants.errno.ENODEV:
      return new HyperionError("E602", { device });
    case constants.errno.EPERM:
      return new HyperionError("E507");
    default:
      return new HyperionError("E601", { operation, device, reason: message });
  }
}

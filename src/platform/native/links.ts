import { HyperionError } from "../../model/errors.ts";
import { LINK } from "./layouts.ts";
import type { NativeLibrary } from "./library.ts";
import { nativeBytes, StructView } from "./struct-view.ts";

/** struct hyp_link. */
export interface NativeLink {
  readonly name: string;
  readonly index: number;
  readonly mtuBytes: number;
  readonly master: number | undefined;
  readonly peerNamespace: number | undefined;
  readonly mac: Uint8Array;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly kind: string;
}

/** HYP_NO_NAMESPACE. */
const NO_NAMESPACE = 0xffff_ffff;

/** Listing begins with room for this many devices. */
const LINKS_ROOM = 64;

export function readLink(memory: Uint8Array, base = 0): NativeLink {
  const view = new StructView(LINK, memory, base);
  const peerNamespace = view.get("peer_namespace");
  return {
    name: view.text("name"),
    index: view.get("index"),
    mtuBytes: view.get("mtu"),
    master: view.get("master") || undefined,
    peerNamespace: peerNamespace === NO_NAMESPACE ? undefined : peerNamespace,
    mac: view.bytes("mac"),
    up: view.get("up") !== 0,
    carrier: view.get("carrier") !== 0,
    kind: view.text("kind"),
  };
}

/** Devices whose name starts with `prefix`. Throws E601. */
export async function linksOf(library: NativeLibrary, prefix: string): Promise<readonly NativeLink[]> {
  for (let room = LINKS_ROOM; ; ) {
    const memory = nativeBytes(room * LINK.bytes);
    const { result, message } = await library.call("hyp_host_links", prefix, memory, room);
    if (result < 0) {
      throw new HyperionError("E601", { operation: "list", device: `${prefix}*`, reason: message });
    }
    if (result <= room) {
      return Array.from({ length: result }, (_, i) => readLink(memory, i * LINK.bytes));
    }
    room = result + LINKS_ROOM;
  }
}

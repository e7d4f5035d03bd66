import { constants } from "node:os";
import { dirname } from "node:path";
import { HyperionError } from "../../../model/errors.ts";
import { CAPABILITIES, OPTIONS } from "../../native/layouts.ts";
import type { Answer, NativeLibrary } from "../../native/library.ts";
import { nativeBytes, StructView } from "../../native/struct-view.ts";
import type { Capabilities } from "../dataplane.ts";

export interface NativeDataplaneOptions {
  /** "ebpf". */
  readonly url: string;
  /** A directory on a BPF filesystem, made if missing; what is pinned there survives the process. */
  readonly pinPath: string;
  /** Room of the connection table; 0: the library's default. */
  readonly connectionsMax: number;
}

/** Opens the data plane; returns its handle. Throws E502, E506, E507, E508. */
export async function openHandle(library: NativeLibrary, options: NativeDataplaneOptions): Promise<bigint> {
  const out = nativeBytes(BigUint64Array.BYTES_PER_ELEMENT);
  const answer = await library.call("hyp_dataplane_open", encodeOptions(library, options), out);
  if (answer.result < 0) throw openError(answer, options);
  return new DataView(out.buffer).getBigUint64(0, true);
}

/** What the open data plane can do. */
export function readCapabilities(library: NativeLibrary, handle: bigint): Capabilities {
  const memory = nativeBytes(CAPABILITIES.bytes);
  const result = library.now("hyp_dataplane_capabilities", handle, memory) as number;
  if (result < 0) throw new HyperionError("E501", { operation: "capabilities", reason: `errno ${-result}` });
  const view = new StructView(CAPABILITIES, memory);
  return {
    backend: view.text("backend"),
    networksMax: view.get("networks_max"),
    endpointsMax: view.get("endpoints_max"),
    policyEntriesMax: view.get("policy_entries_max"),
    connectionsMax: view.get("connections_max"),
    adopted: view.get("adopted") !== 0,
  };
}

/** Unpins the tables and programs under a path. Throws E501. */
export async function removePins(library: NativeLibrary, pinPath: string): Promise<void> {
  const { result, message } = await library.call("hyp_dataplane_remove", pinPath);
  if (result < 0) throw new HyperionError("E501", { operation: `removing ${pinPath}`, reason: message });
}

/** The options with their strings behind them, in one piece of memory that lives as long as the call. */
function encodeOptions(library: NativeLibrary, options: NativeDataplaneOptions): Uint8Array {
  const url = Buffer.from(`${options.url}\0`);
  const pinPath = Buffer.from(`${options.pinPath}\0`);
  const memory = nativeBytes(OPTIONS.bytes + url.length + pinPath.length);
  const urlAt = OPTIONS.bytes;
  const pinPathAt = urlAt + url.length;
  memory.set(url, urlAt);
  memory.set(pinPath, pinPathAt);
  const view = new StructView(OPTIONS, memory);
  const address = library.addressOf(memory);
  view.set("size", OPTIONS.bytes);
  view.set("connections_max", options.connectionsMax);
  view.setBig("url", address + BigInt(urlAt));
  view.setBig("pin_path", address + BigInt(pinPathAt));
  return memory;
}

function openError(answer: Answer, options: NativeDataplaneOptions): HyperionError {
  const { EPERM, EACCES, ENOENT, ENOTDIR, EPROTO, EINVAL } = constants.errno;
  const reason = answer.message;
  switch (-answer.result) {
    case EPERM:
    case EACCES:
      return process.geteuid?.() === 0 ? new HyperionError("E508", { reason }) : new HyperionError("E507");
    case ENOENT:
    case ENOTDIR:
      return new HyperionError("E506", { path: dirname(options.pinPath) });
    case EINVAL:
    case EPROTO:
      return new HyperionError("E502", { url: options.url, reason });
    default:
      return new HyperionError("E508", { reason });
  }
}

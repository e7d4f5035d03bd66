import { constants } from "node:os";
import { dirname } from "node:path";
import { HyperionError } from "../../../model/errors.ts";
import { CAPABILITIES, OPTIONS } from "../../native/layouts.ts";
import type { Answer, NativeLibrary } from "../../native/library.ts";
import { nativeBytes, StructView } from "../../native/struct-view.ts";
import type { Capabilities } from "../dataplane.ts";

export interface NativeDataplaneOptions {
  /** "ebpf", or "doca:…", which lives in an agent: a process of its own that outlives this one. */
  readonly url: string;
  /** A directory on a BPF filesystem, made if missing; what is pinned there survives the process. */
  readonly pinPath: string;
  /** Directory of the agent's socket, lock and log, made if missing. eBPF has no agent and needs none. */
  readonly runPath?: string;
  /** Room of the connection table; 0: the library's default. */
  readonly connectionsMax: number;
}

/** Opens the data plane; returns its handle. Throws E502, E506, E507, E508, E510. */
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

/** Removes what outlives every handle: what is pinned, or the agent, and forwarding with it. Throws E501. */
export async function removeDataplane(
  library: NativeLibrary,
  options: NativeDataplaneOptions,
): Promise<void> {
  const { result, message } = await library.call("hyp_dataplane_remove", encodeOptions(library, options));
  if (result < 0) throw new HyperionError("E501", { operation: "to be removed", reason: message });
}

/** The options with their strings behind them, in one piece of memory that lives as long as the call. */
function encodeOptions(library: NativeLibrary, options: NativeDataplaneOptions): Uint8Array {
  const { url, pinPath, runPath = "" } = options;
  const strings = [url, pinPath, runPath].map((text) => Buffer.from(`${text}\0`));
  const memory = nativeBytes(strings.reduce((sum, { length }) => sum + length, OPTIONS.bytes));
  const addresses: bigint[] = [];
  let at = OPTIONS.bytes;
  for (const text of strings) {
    memory.set(text, at);
    addresses.push(library.addressOf(memory) + BigInt(at));
    at += text.length;
  }
  const [urlAt = 0n, pinPathAt = 0n, runPathAt = 0n] = addresses;
  const view = new StructView(OPTIONS, memory);
  view.set("size", OPTIONS.bytes);
  view.set("connections_max", options.connectionsMax);
  view.setBig("url", urlAt);
  view.setBig("pin_path", pinPathAt);
  view.setBig("run_path", runPathAt);
  return memory;
}

function openError(answer: Answer, options: NativeDataplaneOptions): HyperionError {
  const { EPERM, EACCES, ENOENT, ENOSPC, ENOTDIR, EPROTO, EINVAL } = constants.errno;
  const reason = answer.message;
  const refused = -answer.result === EPERM || -answer.result === EACCES;
  if (refused && process.geteuid?.() !== 0) return new HyperionError("E507");
  if (-answer.result === ENOSPC)
    return new HyperionError("E510", { text: `the data plane has no room: ${reason}` });
  if (options.url !== "ebpf") return new HyperionError("E502", { url: options.url, reason });
  switch (-answer.result) {
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

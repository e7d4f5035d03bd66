import { join } from "node:path";
import type { NativeLibrary } from "../../native/library.ts";
import type { Dataplane } from "../dataplane.ts";
import { NativeDataplane } from "../native/native-dataplane.ts";
import { type NativeDataplaneOptions, removeDataplane } from "../native/open.ts";
import { SplitDataplane } from "./split-dataplane.ts";

/**
 * Opens the data plane of a daemon. A NIC sees nothing of what leaves through gateway ports, which are
 * devices of the kernel: beside one, eBPF decides there. Throws E502, E506, E507, E508, E510.
 */
export async function openDataplane(
  library: NativeLibrary,
  options: NativeDataplaneOptions,
): Promise<Dataplane> {
  const fabric = await NativeDataplane.open(library, options);
  if (!isOnNic(options)) return fabric;
  try {
    // With a new fabric generations begin anew, and connections must not remember those of the last.
    if (!fabric.capabilities.adopted) await removeDataplane(library, gatewayOptions(options));
    return new SplitDataplane(fabric, await NativeDataplane.open(library, gatewayOptions(options)));
  } catch (error) {
    await fabric.close();
    throw error;
  }
}

/** What the data plane of gateway ports beside a NIC is opened with. */
export function gatewayOptions({ pinPath, connectionsMax }: NativeDataplaneOptions): NativeDataplaneOptions {
  return { url: "ebpf", pinPath: join(pinPath, "gateway"), connectionsMax };
}

function isOnNic({ url }: NativeDataplaneOptions): boolean {
  return url.startsWith("doca:");
}

import { dirname, join } from "node:path";
import { HyperionError, isHyperionError } from "../../../model/errors.ts";
import type { NativeLibrary } from "../../native/library.ts";
import type { Dataplane } from "../dataplane.ts";
import { NativeDataplane } from "../native/native-dataplane.ts";
import { type NativeDataplaneOptions, removeDataplane } from "../native/open.ts";
import { SplitDataplane } from "./split-dataplane.ts";

/**
 * Opens the data plane of a daemon. A NIC sees nothing of what leaves through gateway ports, which are
 * devices of the kernel: beside one, eBPF decides there. Throws E501, E502, E506, E507, E508, E510.
 */
export function openDataplane(library: NativeLibrary, options: NativeDataplaneOptions): Promise<Dataplane> {
  return options.url.startsWith("doca:") ? openBeside(library, options) : openAlone(library, options);
}

/** What the data plane of gateway ports beside a NIC is opened with. */
export function gatewayOptions({ pinPath, connectionsMax }: NativeDataplaneOptions): NativeDataplaneOptions {
  return { url: "ebpf", pinPath: join(pinPath, "gateway"), connectionsMax };
}

/** Ports keep the programs of an earlier daemon's gateway, and what those need, until they get others. */
async function openAlone(library: NativeLibrary, options: NativeDataplaneOptions): Promise<NativeDataplane> {
  const dataplane = await NativeDataplane.open(library, options);
  try {
    await removeDataplane(library, gatewayOptions(options));
  } catch (error) {
    await dataplane.close();
    throw error;
  }
  return dataplane;
}

async function openBeside(library: NativeLibrary, options: NativeDataplaneOptions): Promise<Dataplane> {
  // The gateway first: where it cannot be, no agent is started.
  const gateway = await openGateway(library, options);
  let fabric: NativeDataplane;
  try {
    fabric = await NativeDataplane.open(library, options);
  } catch (error) {
    await gateway.close();
    if (!gateway.capabilities.adopted) await removeDataplane(library, gatewayOptions(options));
    throw error;
  }
  if (fabric.capabilities.adopted || !gateway.capabilities.adopted)
    return new SplitDataplane(fabric, gateway);
  // With a new fabric generations begin anew, and connections must not remember those of the last.
  await gateway.close();
  try {
    await removeDataplane(library, gatewayOptions(options));
    return new SplitDataplane(fabric, await openGateway(library, options));
  } catch (error) {
    await fabric.close();
    throw error;
  }
}

async function openGateway(
  library: NativeLibrary,
  options: NativeDataplaneOptions,
): Promise<NativeDataplane> {
  try {
    return await NativeDataplane.open(library, gatewayOptions(options));
  } catch (error) {
    if (!isHyperionError(error, "E506")) throw error;
    throw new HyperionError("E506", { path: dirname(options.pinPath) }, { cause: error });
  }
}

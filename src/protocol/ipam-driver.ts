import type { InterfaceAddress, Ip } from "../model/ip.ts";
import type { MacAddress } from "../model/mac.ts";
import type { Prefix } from "../model/prefix.ts";

/**
 * What dockerd asks of an IPAM driver (libnetwork `ipams/remote`), in Hyperion's terms. The engine
 * repeats requests after a restart and releases what is long gone: a repeated `requestPool` resolves
 * to the same pool, and releasing what is not known succeeds.
 */
export interface IpamDriver {
  readonly capabilities: IpamCapabilities;
  readonly addressSpaces: AddressSpaces;

  requestPool(request: PoolRequest): Promise<Pool>;
  releasePool(poolId: string): Promise<void>;
  requestAddress(request: AddressRequest): Promise<AddressReply>;
  releaseAddress(request: AddressRelease): Promise<void>;
}

/** Fixed for the engine's lifetime, as are the {@link AddressSpaces}. */
export interface IpamCapabilities {
  /** The engine then invents the MAC address of an endpoint before it asks for its IP address. */
  readonly requiresMacAddress: boolean;
  /** The engine then requests every pool and address again when it starts. */
  readonly requiresRequestReplay: boolean;
}

/** Opaque names; equal names switch off the engine's check of default pools against the host's routes. */
export interface AddressSpaces {
  readonly local: string;
  readonly global: string;
}

export interface PoolRequest {
  readonly addressSpace: string;
  /** `--subnet`; undefined: the driver chooses. */
  readonly pool: Prefix | undefined;
  /** `--ip-range`: where addresses that nobody asked for by name come from. */
  readonly subPool: Prefix | undefined;
  /** That of `pool` where it is given: Swarm's manager does not say. */
  readonly v6: boolean;
  /** `--ipam-opt`, and on Swarm's manager entries of its own under `com.docker.network.`. */
  readonly options: Readonly<Record<string, string>>;
}

export interface Pool {
  /** Opaque to the engine, unique and stable. */
  readonly poolId: string;
  readonly pool: Prefix;
  /** The gateway that the pool brings along, so that the engine requests none. */
  readonly gateway?: InterfaceAddress | undefined;
}

/**
 * What an address is for. `auxiliary` is an address given without any option, which is how engines
 * < 29 also request `docker run --ip` unless the driver requires MAC addresses: treat it as an
 * endpoint's wherever the difference matters.
 */
export type AddressPurpose = "gateway" | "auxiliary" | "endpoint";

export interface AddressRequest {
  readonly poolId: string;
  /** Undefined: the driver chooses. */
  readonly address: Ip | undefined;
  readonly purpose: AddressPurpose;
  /** Name of the container, from engine 29 on. */
  readonly endpointName: string | undefined;
  readonly mac: MacAddress | undefined;
  /** As sent, the entries above included. */
  readonly options: Readonly<Record<string, string>>;
}

export interface AddressReply {
  /** With the length of the pool's prefix: it goes onto the interface as it is. */
  readonly address: InterfaceAddress;
}

export interface AddressRelease {
  /** Empty for an address that came from no pool: the network driver's own choice. */
  readonly poolId: string;
  /** Undefined where the engine sent none: there is nothing to release then. */
  readonly address: Ip | undefined;
}

import { z } from "zod";
import { formatInterfaceAddress } from "../model/ip.ts";
import { prefixFamily } from "../model/prefix.ts";
import { attempt, flag, name, optionalIp, optionalPrefix, parseUnicastMac, strings, text } from "./fields.ts";
import type {
  AddressPurpose,
  AddressRelease,
  AddressReply,
  AddressRequest,
  AddressSpaces,
  IpamCapabilities,
  Pool,
  PoolRequest,
} from "./ipam-driver.ts";

/** Requests and replies of `IpamDriver.*` as libnetwork's `ipams/remote/api` writes them. */

const REQUEST_TYPE = "RequestAddressType";
const GATEWAY = "com.docker.network.gateway";
const ENDPOINT_MAC = "com.docker.network.endpoint.macaddress";
const ENDPOINT_NAME = "com.docker.network.endpoint.name";

export const poolRequest = z
  .object({
    AddressSpace: text,
    Pool: optionalPrefix,
    SubPool: optionalPrefix,
    V6: flag,
    Options: strings,
  })
  .transform(
    (wire): PoolRequest => ({
      addressSpace: wire.AddressSpace,
      pool: wire.Pool,
      subPool: wire.SubPool,
      v6: wire.Pool === undefined ? wire.V6 : prefixFamily(wire.Pool) === 6,
      options: wire.Options,
    }),
  );

/**
 * Engines also release addresses that the network driver chose itself, in the pool "": there is no
 * such pool, and releasing what is not known succeeds.
 */
const releasedPool = z.string();

export const poolRef = z.object({ PoolID: releasedPool }).transform((wire) => wire.PoolID);

const addressOptions = strings.transform((options, context) => {
  const mac = options[ENDPOINT_MAC];
  return { options, mac: mac ? attempt(parseUnicastMac, mac, context, [ENDPOINT_MAC]) : undefined };
});

export const addressRequest = z
  .object({ PoolID: name, Address: optionalIp, Options: addressOptions })
  .transform(
    ({ PoolID, Address, Options: { options, mac } }): AddressRequest => ({
      poolId: PoolID,
      address: Address,
      purpose: purposeOf(Address !== undefined, options),
      endpointName: options[ENDPOINT_NAME] || undefined,
      mac,
      options,
    }),
  );

export const addressRelease = z
  .object({ PoolID: releasedPool, Address: optionalIp })
  .transform((wire): AddressRelease => ({ poolId: wire.PoolID, address: wire.Address }));

export function encodeIpamCapabilities(capabilities: IpamCapabilities) {
  return {
    RequiresMACAddress: capabilities.requiresMacAddress,
    RequiresRequestReplay: capabilities.requiresRequestReplay,
  };
}

export function encodeAddressSpaces(spaces: AddressSpaces) {
  return { LocalDefaultAddressSpace: spaces.local, GlobalDefaultAddressSpace: spaces.global };
}

export function encodePool(pool: Pool) {
  return {
    PoolID: pool.poolId,
    Pool: pool.pool,
    Data: pool.gateway === undefined ? {} : { [GATEWAY]: formatInterfaceAddress(pool.gateway) },
  };
}

export function encodeAddress(reply: AddressReply) {
  return { Address: formatInterfaceAddress(reply.address), Data: {} };
}

function purposeOf(addressGiven: boolean, options: Readonly<Record<string, string>>): AddressPurpose {
  if (options[REQUEST_TYPE] === GATEWAY) return "gateway";
  return addressGiven && Object.keys(options).length === 0 ? "auxiliary" : "endpoint";
}

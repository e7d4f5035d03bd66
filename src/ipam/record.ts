import { HyperionError } from "../model/errors.ts";
import { type Ip, parseIp } from "../model/ip.ts";
import { type Prefix, parsePrefix } from "../model/prefix.ts";
import type { Json } from "../platform/store/store.ts";
import type { AddressPurpose } from "../protocol/ipam-driver.ts";

/** A leased pool, as stored under `pools/<id>`. */
export interface PoolRecord {
  readonly addressSpace: string;
  readonly pool: Prefix;
  readonly subPool: Prefix | undefined;
  /** How many requests hold it: networks that share a subnet, or Swarm's manager and worker. */
  readonly references: number;
  /** When it was last requested. */
  readonly leasedAtMs: number;
}

/** An address that is held or rests after its release, as stored under `addresses/<pool>/<ip>`. */
export interface AddressRecord {
  readonly purpose: AddressPurpose;
  /** Name of the container that the address was requested for; engines before 29 do not say. */
  readonly endpointName: string | undefined;
  /** Above 1 only for the gateway of a pool that several networks hold. */
  readonly holders: number;
  readonly allocatedAtMs: number;
  /** Undefined while held. */
  readonly releasedAtMs: number | undefined;
}

const POOLS = "pools/";
const ADDRESSES = "addresses/";

export const POOL_KEYS = POOLS;
export const ADDRESS_KEYS = ADDRESSES;

export function poolKey(poolId: string): string {
  return `${POOLS}${poolId}`;
}

export function addressKey(poolId: string, ip: Ip): string {
  return `${ADDRESSES}${poolId}/${ip}`;
}

export function poolIdOf(key: string): string {
  return key.slice(POOLS.length);
}

/** Pool ids contain slashes, addresses do not. */
export function addressOf(key: string): { readonly poolId: string; readonly ip: Ip } {
  const slash = key.lastIndexOf("/");
  return { poolId: key.slice(ADDRESSES.length, slash), ip: parseIp(key.slice(slash + 1)) };
}

export function encodePool(record: PoolRecord): Json {
  return { ...record, subPool: record.subPool ?? null };
}

export function encodeAddress(record: AddressRecord): Json {
  return {
    ...record,
    endpointName: record.endpointName ?? null,
    releasedAtMs: record.releasedAtMs ?? null,
  };
}

/** Throws E709: to guess at a damaged record could give an address to two containers. */
export function decodePool(key: string, value: Json): PoolRecord {
  const { addressSpace, pool, subPool, references, leasedAtMs } = fields(key, value);
  if (
    typeof addressSpace !== "string" ||
    typeof pool !== "string" ||
    (subPool !== null && typeof subPool !== "string") ||
    typeof references !== "number" ||
    typeof leasedAtMs !== "number"
  ) {
    throw damaged(key);
  }
  return {
    addressSpace,
    pool: parsePrefix(pool),
    subPool: subPool === null ? undefined : parsePrefix(subPool),
    references,
    leasedAtMs,
  };
}

/** Throws E709, as {@link decodePool}. */
export function decodeAddress(key: string, value: Json): AddressRecord {
  const { purpose, endpointName, holders, allocatedAtMs, releasedAtMs } = fields(key, value);
  if (
    (purpose !== "gateway" && purpose !== "auxiliary" && purpose !== "endpoint") ||
    (endpointName !== null && typeof endpointName !== "string") ||
    typeof holders !== "number" ||
    typeof allocatedAtMs !== "number" ||
    (releasedAtMs !== null && typeof releasedAtMs !== "number")
  ) {
    throw damaged(key);
  }
  return {
    purpose,
    endpointName: endpointName ?? undefined,
    holders,
    allocatedAtMs,
    releasedAtMs: releasedAtMs ?? undefined,
  };
}

function fields(key: string, value: Json): { readonly [name: string]: Json | undefined } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(key);
  return value as { readonly [name: string]: Json };
}

function damaged(key: string): HyperionError {
  return new HyperionError("E709", { operation: "read", reason: `record ${key} is damaged` });
}

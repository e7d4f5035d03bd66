import { HyperionError } from "../model/errors.ts";
import { type Ip, ipToBigInt } from "../model/ip.ts";
import { prefixContains } from "../model/prefix.ts";
import type { AddressRequest } from "../protocol/ipam-driver.ts";
import type { PoolLedger } from "./ledger.ts";
import { reservedRole } from "./pool.ts";
import type { AddressRecord } from "./record.ts";

/** Records of addresses that have rested long enough are removed along with other writes, so many at a time. */
const FORGOTTEN_PER_WRITE_MAX = 64;

/** How long an address may be on its way from IPAM to the endpoint that it was requested for. */
const IN_FLIGHT_MS = 10_000;

/** Gives out and takes back the addresses of pools. One call per pool at a time: the caller keeps the mutex. */
export class AddressAllocator {
  readonly #reuseDelayMs: number;
  readonly #isInUse: (ip: Ip) => Promise<boolean>;
  readonly #now: () => number;

  /** @param reuseDelayMs how long a released address rests. @param now wall clock in ms: it must outlive a restart. */
  constructor(reuseDelayMs: number, isInUse: (ip: Ip) => Promise<boolean>, now: () => number) {
    this.#reuseDelayMs = reuseDelayMs;
    this.#isInUse = isInUse;
    this.#now = now;
  }

  /** Throws E403, E404, E405, E408, E709. */
  async allocate(ledger: PoolLedger, request: AddressRequest): Promise<Ip> {
    const shared = this.#shareableGateway(ledger, request);
    if (shared !== undefined) {
      const [value, record] = shared;
      // A pool has one gateway request per lease; a repeated one is no further holder.
      const holders = Math.min(record.holders + 1, ledger.record.references);
      await ledger.write({ addresses: new Map([[value, { ...record, holders }]]) });
      return ledger.ip(value);
    }
    const value =
      request.address === undefined
        ? this.#pick(ledger, request)
        : await this.#demand(ledger, request.address);
    await ledger.write({
      addresses: new Map([...this.#rested(ledger), [value, this.#newRecord(request)]]),
    });
    if (request.address === undefined && request.purpose !== "gateway") ledger.advance(value);
    return ledger.ip(value);
  }

  /** An address that is not held is fine. Throws E709; the address is free for this process all the same. */
  async release(ledger: PoolLedger, ip: Ip): Promise<void> {
    if (!prefixContains(ledger.record.pool, ip)) return;
    const value = ipToBigInt(ip);
    const record = ledger.addresses.get(value);
    if (record === undefined || !isHeld(record)) return;
    const left = record.holders > 1 ? { ...record, holders: record.holders - 1 } : this.#resting(record);
    await ledger.writeBehind({ addresses: new Map([[value, left]]) });
  }

  /** What was requested as an auxiliary address is an endpoint's. Throws E709. */
  async assign(ledger: PoolLedger, ip: Ip): Promise<void> {
    const value = ipToBigInt(ip);
    const record = ledger.addresses.get(value);
    if (record === undefined || !isHeld(record) || record.purpose !== "auxiliary") return;
    await ledger.write({ addresses: new Map([[value, { ...record, purpose: "endpoint" }]]) });
  }

  /** Releases the endpoints' addresses that are not `known` and older than `olderThanMs`; returns them. Throws E709. */
  async sweep(ledger: PoolLedger, known: ReadonlySet<string>, olderThanMs: number): Promise<readonly Ip[]> {
    const bornBeforeMs = this.#now() - olderThanMs;
    const stale = [...ledger.addresses].filter(
      ([value, record]) =>
        isHeld(record) &&
        record.purpose === "endpoint" &&
        record.allocatedAtMs < bornBeforeMs &&
        !known.has(ledger.ip(value)),
    );
    if (stale.length === 0) return [];
    await ledger.writeBehind({
      addresses: new Map(stale.map(([value, record]) => [value, this.#resting(record)])),
    });
    return stale.map(([value]) => ledger.ip(value));
  }

  #shareableGateway(ledger: PoolLedger, request: AddressRequest): [bigint, AddressRecord] | undefined {
    if (request.purpose !== "gateway") return undefined;
    for (const [value, record] of ledger.addresses) {
      if (record.purpose !== "gateway" || !isHeld(record)) continue;
      if (request.address === undefined || ledger.ip(value) === request.address) return [value, record];
    }
    return undefined;
  }

  #pick(ledger: PoolLedger, request: AddressRequest): bigint {
    const from = request.purpose === "gateway" ? "lowest" : "cursor";
    const value = ledger.pick(from, (candidate) => {
      const record = ledger.addresses.get(candidate);
      return record === undefined || this.#hasRested(record);
    });
    if (value === undefined) {
      throw new HyperionError("E403", { pool: ledger.record.subPool ?? ledger.record.pool });
    }
    return value;
  }

  /** An address that was asked for by name: Docker is the authority, so it need not have rested. */
  async #demand(ledger: PoolLedger, address: Ip): Promise<bigint> {
    const { pool } = ledger.record;
    if (!prefixContains(pool, address)) throw new HyperionError("E405", { address, pool });
    const role = reservedRole(pool, address);
    if (role !== undefined) throw new HyperionError("E408", { address, role, pool });
    const value = ipToBigInt(address);
    const record = ledger.addresses.get(value);
    if (record !== undefined && isHeld(record) && !(await this.#isAbandoned(record, address))) {
      throw new HyperionError("E404", { address, pool });
    }
    return value;
  }

  /** True for the address of an endpoint that is gone: its engine was killed before it could release it. */
  async #isAbandoned({ purpose, allocatedAtMs }: AddressRecord, address: Ip): Promise<boolean> {
    if (purpose !== "endpoint" || this.#now() - allocatedAtMs < IN_FLIGHT_MS) return false;
    return !(await this.#isInUse(address));
  }

  #newRecord({ purpose, endpointName }: AddressRequest): AddressRecord {
    return { purpose, endpointName, holders: 1, allocatedAtMs: this.#now(), releasedAtMs: undefined };
  }

  /** What is left of a record after its release. */
  #resting(record: AddressRecord): AddressRecord | undefined {
    if (this.#reuseDelayMs === 0) return undefined;
    return { ...record, endpointName: undefined, holders: 0, releasedAtMs: this.#now() };
  }

  #hasRested({ releasedAtMs }: AddressRecord): boolean {
    // A clock that was set back by more than the delay must not make an address rest until it catches up.
    return releasedAtMs !== undefined && Math.abs(this.#now() - releasedAtMs) >= this.#reuseDelayMs;
  }

  #rested(ledger: PoolLedger): [bigint, undefined][] {
    const rested: [bigint, undefined][] = [];
    for (const [value, record] of ledger.addresses) {
      if (rested.length === FORGOTTEN_PER_WRITE_MAX) break;
      if (this.#hasRested(record)) rested.push([value, undefined]);
    }
    return rested;
  }
}

/** False for an address that rests after its release. */
export function isHeld(record: AddressRecord): boolean {
  return record.releasedAtMs === undefined;
}

import { type Ip, type IpFamily, ipFromBigInt } from "../model/ip.ts";
import { prefixFamily } from "../model/prefix.ts";
import type { Store, StoreOperation } from "../platform/store/store.ts";
import { type AddressRange, assignableRange, pickAddress } from "./pool.ts";
import {
  type AddressRecord,
  addressKey,
  encodeAddress,
  encodePool,
  type PoolRecord,
  poolKey,
} from "./record.ts";

/** What one step changes about a pool. An address that is undefined goes away. */
export interface PoolChange {
  readonly pool?: PoolRecord;
  readonly addresses?: ReadonlyMap<bigint, AddressRecord | undefined>;
}

/** Key of {@link PoolLedger.#doubtful} for the record of the pool itself. */
const POOL = -1n;

/**
 * One leased pool and its addresses: in memory, and in the store. They are the same except for
 * records whose last write failed, which may have reached the disk or not; those go along with the
 * next write. One write at a time: the caller keeps a mutex per pool.
 */
export class PoolLedger {
  readonly id: string;
  readonly range: AddressRange;
  readonly family: IpFamily;
  readonly #store: Store;
  readonly #addresses = new Map<bigint, AddressRecord>();
  readonly #doubtful = new Set<bigint>();
  #record: PoolRecord;
  /** Where the search for a free address goes on. */
  #cursor: bigint;

  constructor(store: Store, id: string, record: PoolRecord) {
    this.id = id;
    this.#store = store;
    this.#record = record;
    this.family = prefixFamily(record.pool);
    this.range = assignableRange(record.pool, record.subPool);
    this.#cursor = this.range.first;
  }

  get record(): PoolRecord {
    return this.#record;
  }

  /** Held and resting addresses, by their integer. */
  get addresses(): ReadonlyMap<bigint, AddressRecord> {
    return this.#addresses;
  }

  ip(value: bigint): Ip {
    return ipFromBigInt(value, this.family);
  }

  /** Puts in what was read from the store; the search goes on behind the newest address. */
  load(addresses: Iterable<readonly [bigint, AddressRecord]>): void {
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const [value, record] of addresses) {
      this.#addresses.set(value, record);
      if (record.allocatedAtMs < newestMs) continue;
      newestMs = record.allocatedAtMs;
      this.#cursor = value + 1n;
    }
  }

  /**
   * The next free address of the range. `from`: `lowest` for gateways, which people expect at the
   * start; `cursor` for the rest, so that a released address is the last to be given again.
   */
  pick(from: "lowest" | "cursor", isFree: (value: bigint) => boolean): bigint | undefined {
    const start = from === "lowest" ? this.range.first : this.#cursor;
    return pickAddress(this.range, start, this.#addresses.size, isFree);
  }

  /** Tells the search that `value` has been given away. */
  advance(value: bigint): void {
    this.#cursor = value + 1n;
  }

  /** Writes a change, then shows it in memory. When the store fails, memory stays as it is. */
  async write(change: PoolChange): Promise<void> {
    const touched = new Set(change.addresses?.keys());
    if (change.pool !== undefined) touched.add(POOL);
    const repairs = [...this.#doubtful].filter((value) => !touched.has(value));
    const operations = [
      ...repairs.map((value) => this.#operation(value, this.#record, this.#addresses.get(value))),
      ...[...touched].map((value) =>
        this.#operation(value, change.pool ?? this.#record, change.addresses?.get(value)),
      ),
    ];
    try {
      if (operations.length > 0) await this.#store.transaction([], operations);
    } catch (error) {
      for (const value of touched) this.#doubtful.add(value);
      throw error;
    }
    this.#doubtful.clear();
    this.#show(change);
  }

  /** Shows a change in memory, then writes it: for releases, which nobody asks for twice. */
  async writeBehind(change: PoolChange): Promise<void> {
    this.#show(change);
    await this.write(change);
  }

  /** Removes everything of the pool from the store. May be tried again when it failed. */
  async erase(): Promise<void> {
    const values = new Set([...this.#addresses.keys(), ...this.#doubtful]);
    values.delete(POOL);
    await this.#store.transaction(
      [],
      [
        { verb: "delete", key: poolKey(this.id) },
        ...[...values].map((value) => this.#operation(value, this.#record, undefined)),
      ],
    );
  }

  #show({ pool, addresses }: PoolChange): void {
    if (pool !== undefined) this.#record = pool;
    for (const [value, record] of addresses ?? []) {
      if (record === undefined) this.#addresses.delete(value);
      else this.#addresses.set(value, record);
    }
  }

  #operation(value: bigint, pool: PoolRecord, address: AddressRecord | undefined): StoreOperation {
    if (value === POOL) return { verb: "put", key: poolKey(this.id), value: encodePool(pool) };
    const key = addressKey(this.id, this.ip(value));
    if (address === undefined) return { verb: "delete", key };
    return { verb: "put", key, value: encodeAddress(address) };
  }
}

import { KeyedMutex } from "../base/keyed-mutex.ts";
import { HyperionError } from "../model/errors.ts";
import { ipToBigInt } from "../model/ip.ts";
import { type Prefix, prefixFamily } from "../model/prefix.ts";
import type { Store } from "../platform/store/store.ts";
import type { PoolRequest } from "../protocol/ipam-driver.ts";
import { PoolLedger } from "./ledger.ts";
import { prefixWithin } from "./pool.ts";
import { chooseDefaultPool, type DefaultPool, findOverlap } from "./pools.ts";
import {
  ADDRESS_KEYS,
  type AddressRecord,
  addressOf,
  decodeAddress,
  decodePool,
  POOL_KEYS,
  poolIdOf,
} from "./record.ts";

/** The pools that are leased. Leases go one at a time, and so does whatever uses one pool. */
export class PoolRegister {
  readonly #store: Store;
  readonly #defaultPools: readonly DefaultPool[];
  readonly #now: () => number;
  /** For leases and their return, taken before that of a pool. Its one key says nothing. */
  readonly #leaseMutex = new KeyedMutex();
  readonly #poolMutex = new KeyedMutex();
  readonly #leased = new Map<string, PoolLedger>();
  /** Given back, but perhaps still in the store. */
  readonly #unburied = new Set<PoolLedger>();

  private constructor(store: Store, defaultPools: readonly DefaultPool[], now: () => number) {
    this.#store = store;
    this.#defaultPools = defaultPools;
    this.#now = now;
  }

  /** Reads back what the store holds. Throws E709, also for a damaged record. */
  static async open(
    store: Store,
    defaultPools: readonly DefaultPool[],
    now: () => number,
  ): Promise<PoolRegister> {
    const register = new PoolRegister(store, defaultPools, now);
    const addresses = new Map<string, [bigint, AddressRecord][]>();
    for (const { key, value } of await store.list(ADDRESS_KEYS)) {
      const { poolId, ip } = addressOf(key);
      const listed = addresses.get(poolId) ?? [];
      listed.push([ipToBigInt(ip), decodeAddress(key, value)]);
      addresses.set(poolId, listed);
    }
    for (const { key, value } of await store.list(POOL_KEYS)) {
      const ledger = new PoolLedger(store, poolIdOf(key), decodePool(key, value));
      ledger.load(addresses.get(ledger.id) ?? []);
      register.#leased.set(ledger.id, ledger);
    }
    return register;
  }

  all(): readonly PoolLedger[] {
    return [...this.#leased.values()];
  }

  /** Runs a task that may write to a pool; undefined stands for one that is not leased. */
  use<T>(poolId: string, task: (ledger: PoolLedger | undefined) => Promise<T>): Promise<T> {
    return this.#poolMutex.run(poolId, () => task(this.#leased.get(poolId)));
  }

  /** The pool that was asked for, or the next default one. Throws E402, E406, E407, E709. */
  lease(request: PoolRequest): Promise<PoolLedger> {
    return this.#leaseMutex.run("", async () => {
      const { addressSpace, subPool } = request;
      const pool = request.pool ?? this.#chooseDefault(request);
      if (subPool !== undefined && !prefixWithin(pool, subPool)) {
        throw new HyperionError("E406", { range: subPool, pool: request.pool ?? "(none given)" });
      }
      await this.#bury();
      const id = poolIdFor(addressSpace, pool, subPool);
      return this.use(id, async (held) => {
        if (held !== undefined) {
          const references = held.record.references + 1;
          await held.write({ pool: { ...held.record, references, leasedAtMs: this.#now() } });
          return held;
        }
        this.#demandNoOverlap(addressSpace, pool);
        const record = { addressSpace, pool, subPool, references: 1, leasedAtMs: this.#now() };
        return this.#create(new PoolLedger(this.#store, id, record));
      });
    });
  }

  /**
   * Gives one lease back; the last one takes the pool and its addresses away. A pool that is not
   * leased is fine. Throws E709; the lease is gone for this process all the same.
   */
  release(poolId: string): Promise<void> {
    return this.#leaseMutex.run("", () =>
      this.use(poolId, async (ledger) => {
        if (ledger === undefined) return;
        const { references } = ledger.record;
        if (references > 1) {
          await ledger.writeBehind({ pool: { ...ledger.record, references: references - 1 } });
          return;
        }
        await this.#remove(ledger);
      }),
    );
  }

  /** Takes a pool away from all who hold it, unless it was leased less than `olderThanMs` ago. Throws E709. */
  evict(poolId: string, olderThanMs: number): Promise<boolean> {
    return this.#leaseMutex.run("", () =>
      this.use(poolId, async (ledger) => {
        if (ledger === undefined || this.#now() - ledger.record.leasedAtMs <= olderThanMs) return false;
        await this.#remove(ledger);
        return true;
      }),
    );
  }

  async #remove(ledger: PoolLedger): Promise<void> {
    this.#leased.delete(ledger.id);
    this.#unburied.add(ledger);
    await this.#bury();
  }

  /** Removes from the store what was given back while it could not be written. Throws E709. */
  async #bury(): Promise<void> {
    for (const ledger of this.#unburied) {
      await ledger.erase();
      this.#unburied.delete(ledger);
    }
  }

  async #create(ledger: PoolLedger): Promise<PoolLedger> {
    try {
      await ledger.write({ pool: ledger.record });
    } catch (error) {
      // It may have been written all the same.
      this.#unburied.add(ledger);
      throw error;
    }
    this.#leased.set(ledger.id, ledger);
    return ledger;
  }

  /** Across address spaces pools may overlap: a Swarm manager that runs tasks asks for a subnet in both. */
  #demandNoOverlap(addressSpace: string, pool: Prefix): void {
    const others = this.all().filter(({ record }) => record.addressSpace === addressSpace);
    const other = findOverlap(
      pool,
      others.map(({ record }) => record.pool),
    );
    if (other !== undefined) throw new HyperionError("E402", { pool, other });
  }

  #chooseDefault({ v6, subPool }: PoolRequest): Prefix {
    const family = v6 || (subPool !== undefined && prefixFamily(subPool) === 6) ? 6 : 4;
    // Pools of every address space count: nobody wants two networks of one subnet unasked.
    const taken = this.all().map(({ record }) => record.pool);
    const chosen = chooseDefaultPool(this.#defaultPools, family, taken);
    if (chosen === undefined) throw new HyperionError("E407");
    return chosen;
  }
}

/** Says what the pool is, so that the same request finds it again. */
function poolIdFor(addressSpace: string, pool: Prefix, subPool: Prefix | undefined): string {
  return [addressSpace, pool, ...(subPool === undefined ? [] : [subPool])].join("/");
}

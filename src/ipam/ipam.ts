import { HyperionError } from "../model/errors.ts";
import { type Ip, ipToBigInt } from "../model/ip.ts";
import { type Prefix, prefixBits, prefixContains } from "../model/prefix.ts";
import type { Store } from "../platform/store/store.ts";
import type {
  AddressRelease,
  AddressReply,
  AddressRequest,
  AddressSpaces,
  IpamCapabilities,
  IpamDriver,
  Pool,
  PoolRequest,
} from "../protocol/ipam-driver.ts";
import { AddressAllocator, isHeld } from "./allocator.ts";
import type { DefaultPool } from "./pools.ts";
import { PoolRegister } from "./register.ts";

export interface IpamSettings {
  /** In the order of preference, both families mixed as you like. */
  readonly defaultPools: readonly DefaultPool[];
  /** How long a released address rests before a container that did not ask for it may get it. */
  readonly addressReuseDelayMs: number;
  /** Whether an endpoint has the address: an engine that was killed asks again for what it never released. */
  readonly isInUse: (ip: Ip) => Promise<boolean>;
}

/** A leased pool, for those who list them. */
export interface PoolStatus {
  readonly id: string;
  readonly addressSpace: string;
  readonly pool: Prefix;
  readonly subPool: Prefix | undefined;
  /** How many networks hold it. */
  readonly references: number;
  /** Addresses in use, gateway and auxiliary ones included. */
  readonly held: number;
  /** Addresses that wait for the reuse delay to pass. */
  readonly resting: number;
}

/**
 * The IPAM driver. Everything is in the store before it is answered, so nothing needs replaying
 * when the engine or the daemon restarts; memory holds an index of the store, read at the start.
 *
 * The engine asks for pools in two address spaces, `local` for networks of this host and `global`
 * on a Swarm manager. Pools overlap only across spaces: a manager that also runs tasks asks for one
 * subnet in both.
 */
export class Ipam implements IpamDriver {
  readonly capabilities: IpamCapabilities = { requiresMacAddress: false, requiresRequestReplay: false };
  readonly addressSpaces: AddressSpaces = { local: "hyperion-local", global: "hyperion-global" };
  readonly #register: PoolRegister;
  readonly #allocator: AddressAllocator;

  private constructor(register: PoolRegister, allocator: AddressAllocator) {
    this.#register = register;
    this.#allocator = allocator;
  }

  /** @param now wall clock, ms since the epoch. Throws E709. */
  static async open(store: Store, settings: IpamSettings, now: () => number = Date.now): Promise<Ipam> {
    const register = await PoolRegister.open(store, settings.defaultPools, now);
    return new Ipam(register, new AddressAllocator(settings.addressReuseDelayMs, settings.isInUse, now));
  }

  /** Throws E205 for a foreign address space, E402, E406, E407, E709. */
  async requestPool(request: PoolRequest): Promise<Pool> {
    const { local, global } = this.addressSpaces;
    if (request.addressSpace !== local && request.addressSpace !== global) {
      const text = `address space ${JSON.stringify(request.addressSpace)}`;
      throw new HyperionError("E205", { text, expected: `${local} or ${global}` });
    }
    const { id, record } = await this.#register.lease(request);
    return { poolId: id, pool: record.pool };
  }

  /** Throws E709; the pool is free for this process all the same. */
  releasePool(poolId: string): Promise<void> {
    return this.#register.release(poolId);
  }

  /** Throws E401, E403, E404, E405, E408, E709. */
  async requestAddress(request: AddressRequest): Promise<AddressReply> {
    return this.#register.use(request.poolId, async (ledger) => {
      if (ledger === undefined) throw new HyperionError("E401", { pool: request.poolId });
      const ip = await this.#allocator.allocate(ledger, request);
      return { address: { ip, bits: prefixBits(ledger.record.pool) } };
    });
  }

  /** Throws E709; the address is free for this process all the same. */
  async releaseAddress({ poolId, address }: AddressRelease): Promise<void> {
    if (address === undefined) return;
    await this.#register.use(poolId, async (ledger) => {
      if (ledger !== undefined) await this.#allocator.release(ledger, address);
    });
  }

  /**
   * Takes back the addresses of endpoints that Docker no longer lists, as after a crash of the
   * engine. `known`: the address of every endpoint that it does list. Only the local address space
   * is swept, as a Swarm manager's other pools hold addresses of other nodes; gateways and auxiliary
   * addresses stay, as Docker does not list them. Returns what it took. Throws E709.
   */
  async sweep(known: ReadonlySet<string>, olderThanMs: number): Promise<readonly Ip[]> {
    const swept: Ip[] = [];
    for (const { id, record } of this.#register.all()) {
      if (record.addressSpace !== this.addressSpaces.local) continue;
      const taken = await this.#register.use(id, async (ledger) =>
        ledger === undefined ? [] : this.#allocator.sweep(ledger, known, olderThanMs),
      );
      swept.push(...taken);
    }
    return swept;
  }

  /**
   * Takes back the pools that no network has, as after a crash between the request of a pool and
   * the creation of its network. `known`: every subnet of every network that Docker lists with this
   * IPAM driver. As {@link sweep}, of the local address space only. Returns what it took. Throws E709.
   */
  async sweepPools(known: ReadonlySet<string>, olderThanMs: number): Promise<readonly Prefix[]> {
    const swept: Prefix[] = [];
    for (const { id, record } of this.#register.all()) {
      if (record.addressSpace !== this.addressSpaces.local || known.has(record.pool)) continue;
      if (await this.#register.evict(id, olderThanMs)) swept.push(record.pool);
    }
    return swept;
  }

  /**
   * Name of the container that holds an address, where the engine gave it (29 and later). The local
   * address space goes first. A network with another IPAM driver may use the same address: ask only
   * for addresses that came from this one.
   */
  endpointName(ip: Ip): string | undefined {
    const { local } = this.addressSpaces;
    const names = this.#register
      .all()
      .filter(({ record }) => prefixContains(record.pool, ip))
      .sort((a, b) => Number(b.record.addressSpace === local) - Number(a.record.addressSpace === local))
      .map(({ addresses }) => addresses.get(ipToBigInt(ip))?.endpointName);
    return names.find((name) => name !== undefined);
  }

  /**
   * An endpoint was made with this address. Engines before 29 ask for `docker run --ip` as they do
   * for an auxiliary address, which no sweep touches; from now on it counts as an endpoint's.
   * Addresses of other IPAM drivers are fine. Throws E709.
   */
  async assigned(ip: Ip): Promise<void> {
    for (const { id, record, addresses } of this.#register.all()) {
      if (!prefixContains(record.pool, ip) || addresses.get(ipToBigInt(ip))?.purpose !== "auxiliary")
        continue;
      await this.#register.use(id, async (ledger) => ledger && this.#allocator.assign(ledger, ip));
    }
  }

  pools(): readonly PoolStatus[] {
    return this.#register.all().map(({ id, record, addresses }) => {
      const held = [...addresses.values()].filter(isHeld).length;
      const { addressSpace, pool, subPool, references } = record;
      return { id, addressSpace, pool, subPool, references, held, resting: addresses.size - held };
    });
  }
}

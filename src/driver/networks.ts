import type { IdPool } from "../base/id-pool.ts";
import { KeyedMutex } from "../base/keyed-mutex.ts";
import { HyperionError } from "../model/errors.ts";
import type { NetworkFacts, Subnet } from "../model/facts.ts";
import { type NetworkId, shortId } from "../model/ids.ts";
import { prefixesOverlap } from "../model/prefix.ts";
import type { CreateNetworkRequest, PoolData } from "../protocol/network-driver.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { FactsStore } from "./facts-store.ts";
import { parseNetworkOptions } from "./network-options.ts";

export interface NetworksParts {
  readonly facts: FactsStore;
  readonly reconciler: Reconciler;
  /** Network indices, those of known networks already claimed. */
  readonly indices: IdPool;
  readonly defaultMtuBytes: number;
  readonly nowMs: () => number;
}

/** Networks: made and taken away, one at a time. */
export class Networks {
  readonly #parts: NetworksParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: NetworksParts) {
    this.#parts = parts;
  }

  /** Throws E301 when Docker speaks of a network that was never created here. */
  known(id: NetworkId): NetworkFacts {
    const network = this.#parts.facts.network(id);
    if (network === undefined) throw new HyperionError("E301", { network: shortId(id) });
    return network;
  }

  /** Repeatable with equal settings. Throws E302 for others, E303 to E305, E321. */
  create(request: CreateNetworkRequest): Promise<void> {
    // One at a time: two networks with overlapping subnets must not pass each other's check.
    return this.#mutex.run("networks", () => this.#create(request));
  }

  async #create(request: CreateNetworkRequest): Promise<void> {
    const { facts, reconciler, indices, nowMs } = this.#parts;
    const options = parseNetworkOptions(request.options, this.#parts.defaultMtuBytes);
    const subnets = [...request.ipv4, ...request.ipv6].flatMap(subnetOf);
    const existing = facts.network(request.networkId);
    if (existing !== undefined) {
      if (sameSettings(existing, { options, subnets, internal: request.internal })) return;
      throw new HyperionError("E302", { network: shortId(request.networkId) });
    }
    this.#refuseOverlap(subnets);
    const index = indices.allocate();
    if (index === undefined) throw new HyperionError("E321", { what: "network", limit: indices.capacity });
    const network: NetworkFacts = {
      id: request.networkId,
      name: undefined,
      index,
      compose: undefined,
      options,
      internal: request.internal,
      subnets,
      createdAtMs: nowMs(),
    };
    try {
      await Promise.all([facts.putNetwork(network), reconciler.settle(`network:${network.id}`)]);
    } catch (error) {
      await this.#undo(network);
      throw error;
    }
  }

  /** Takes a network away, known or not; its endpoints must be gone. Throws E709, and then it stays. */
  delete(id: NetworkId): Promise<void> {
    return this.#mutex.run("networks", async () => {
      const { facts, reconciler, indices } = this.#parts;
      const network = facts.network(id);
      if (network === undefined) return;
      try {
        await facts.removeNetwork(network);
      } catch (error) {
        await reconciler.settle().catch(() => {}); // A pass may have seen it gone.
        throw error;
      }
      // What the data plane refuses to let go of is tried again; the index rests for a thousand networks.
      await reconciler.settle().catch(() => {});
      indices.release(network.index);
    });
  }

  async #undo(network: NetworkFacts): Promise<void> {
    const { facts, reconciler, indices } = this.#parts;
    await facts.dropNetwork(network).catch(() => {});
    await reconciler.settle().catch(() => {});
    indices.release(network.index);
  }

  #refuseOverlap(subnets: readonly Subnet[]): void {
    for (const network of this.#parts.facts.facts.networks.values()) {
      for (const { prefix: other } of network.subnets) {
        const clash = subnets.find(({ prefix }) => prefixesOverlap(prefix, other));
        if (clash === undefined) continue;
        const name = network.name ?? shortId(network.id);
        throw new HyperionError("E305", { prefix: clash.prefix, other, network: name });
      }
    }
  }
}

function subnetOf(pool: PoolData): readonly Subnet[] {
  return pool.prefix === undefined ? [] : [{ prefix: pool.prefix, gateway: pool.gateway?.ip }];
}

function sameSettings(a: Settings, b: Settings): boolean {
  const flat = ({ options, subnets, internal }: Settings) =>
    JSON.stringify([
      options.mtuBytes,
      options.gateway,
      options.posture ?? null,
      options.multicast,
      internal,
      subnets.map(({ prefix, gateway }) => [prefix, gateway ?? null]),
    ]);
  return flat(a) === flat(b);
}

type Settings = Pick<NetworkFacts, "options" | "subnets" | "internal">;

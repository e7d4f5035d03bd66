import { HyperionError, reasonOf } from "../model/errors.ts";
import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../model/ids.ts";
import type { Json, Store, StoreOperation } from "../platform/store/store.ts";
import {
  decodeEndpoint,
  decodeNetwork,
  encodeEndpoint,
  encodeNetwork,
  endpointKey,
  networkKey,
} from "./records.ts";

/**
 * Networks and endpoints: in memory for everybody to read, in the store to outlive the daemon.
 *
 * A change is visible at once, so that the data plane can be programmed while the disk still works;
 * the promise resolves when it is on disk. If the disk refuses, the change is taken back and the
 * promise rejects (E709).
 */
export class FactsStore {
  readonly #store: Store;
  readonly #networks = new Map<NetworkId, NetworkFacts>();
  readonly #endpoints = new Map<EndpointId, EndpointFacts>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Reads everything back. Throws E709 when a record makes no sense: better no daemon than a wrong one. */
  static async open(store: Store): Promise<FactsStore> {
    const facts = new FactsStore(store);
    for (const { key, value } of await store.list("networks/")) {
      const network = decoded(key, value, decodeNetwork);
      facts.#networks.set(network.id, network);
    }
    for (const { key, value } of await store.list("endpoints/")) {
      const endpoint = decoded(key, value, decodeEndpoint);
      facts.#endpoints.set(endpoint.id, endpoint);
    }
    return facts;
  }

  /** A live view: later changes show in it. */
  get facts(): Facts {
    return { networks: this.#networks, endpoints: this.#endpoints };
  }

  network(id: NetworkId): NetworkFacts | undefined {
    return this.#networks.get(id);
  }

  endpoint(id: EndpointId): EndpointFacts | undefined {
    return this.#endpoints.get(id);
  }

  endpointsOf(networkId: NetworkId): readonly EndpointFacts[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.networkId === networkId);
  }

  endpointsOfContainer(containerId: ContainerId): readonly EndpointFacts[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.container?.id === containerId);
  }

  putNetwork(network: NetworkFacts): Promise<void> {
    const put = { verb: "put", key: networkKey(network.id), value: encodeNetwork(network) } as const;
    return this.#change(this.#networks, network.id, network, put);
  }

  removeNetwork(network: NetworkFacts): Promise<void> {
    const remove = { verb: "delete", key: networkKey(network.id) } as const;
    return this.#change(this.#networks, network.id, undefined, remove);
  }

  putEndpoint(endpoint: EndpointFacts): Promise<void> {
    const key = endpointKey(endpoint.networkId, endpoint.id);
    const put = { verb: "put", key, value: encodeEndpoint(endpoint) } as const;
    return this.#change(this.#endpoints, endpoint.id, endpoint, put);
  }

  removeEndpoint(endpoint: EndpointFacts): Promise<void> {
    const remove = { verb: "delete", key: endpointKey(endpoint.networkId, endpoint.id) } as const;
    return this.#change(this.#endpoints, endpoint.id, undefined, remove);
  }

  async #change<Id, Fact>(
    map: Map<Id, Fact>,
    id: Id,
    next: Fact | undefined,
    operation: StoreOperation,
  ): Promise<void> {
    const before = map.get(id);
    replace(map, id, next);
    try {
      await this.#store.transaction([], [operation]);
    } catch (error) {
      // Only this change is taken back: a later one to the same fact stands on its own write.
      if (map.get(id) === next) replace(map, id, before);
      throw error;
    }
  }
}

function replace<Id, Fact>(map: Map<Id, Fact>, id: Id, fact: Fact | undefined): void {
  if (fact === undefined) map.delete(id);
  else map.set(id, fact);
}

function decoded<T>(key: string, value: Json, decode: (value: Json) => T): T {
  try {
    return decode(value);
  } catch (error) {
    throw new HyperionError("E709", { operation: `read ${key}`, reason: reasonOf(error) }, { cause: error });
  }
}

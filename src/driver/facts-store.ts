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
  /** Those of the endpoints that have no container yet: few, and asked for often. */
  readonly #unattributed = new Map<EndpointId, EndpointFacts>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Reads everything back. Throws E709 when a record makes no sense: better no daemon than a wrong one. */
  static async open(store: Store): Promise<FactsStore> {
    const facts = new FactsStore(store);
    for (const { key, value } of await store.list("networks/")) {
      const network = decoded(key, value, decodeNetwork);
      facts.#replaceNetwork(network.id, network);
    }
    for (const { key, value } of await store.list("endpoints/")) {
      const endpoint = decoded(key, value, decodeEndpoint);
      facts.#replaceEndpoint(endpoint.id, endpoint);
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

  get unattributed(): Iterable<EndpointFacts> {
    return this.#unattributed.values();
  }

  endpointsOf(networkId: NetworkId): readonly EndpointFacts[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.networkId === networkId);
  }

  endpointsOfContainer(containerId: ContainerId): readonly EndpointFacts[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.container?.id === containerId);
  }

  putNetwork(network: NetworkFacts): Promise<void> {
    const put = { verb: "put", key: networkKey(network.id), value: encodeNetwork(network) } as const;
    return this.#change(network.id, network, put, this.#networks, (id, fact) =>
      this.#replaceNetwork(id, fact),
    );
  }

  removeNetwork({ id }: NetworkFacts): Promise<void> {
    const remove = { verb: "delete", key: networkKey(id) } as const;
    return this.#change(id, undefined, remove, this.#networks, (id, fact) => this.#replaceNetwork(id, fact));
  }

  putEndpoint(endpoint: EndpointFacts): Promise<void> {
    const key = endpointKey(endpoint.networkId, endpoint.id);
    const put = { verb: "put", key, value: encodeEndpoint(endpoint) } as const;
    return this.#change(endpoint.id, endpoint, put, this.#endpoints, (id, fact) =>
      this.#replaceEndpoint(id, fact),
    );
  }

  removeEndpoint({ networkId, id }: EndpointFacts): Promise<void> {
    const remove = { verb: "delete", key: endpointKey(networkId, id) } as const;
    return this.#change(id, undefined, remove, this.#endpoints, (id, fact) =>
      this.#replaceEndpoint(id, fact),
    );
  }

  async #change<Id, Fact>(
    id: Id,
    next: Fact | undefined,
    operation: StoreOperation,
    facts: ReadonlyMap<Id, Fact>,
    replace: (id: Id, fact: Fact | undefined) => void,
  ): Promise<void> {
    const before = facts.get(id);
    replace(id, next);
    try {
      await this.#store.transaction([], [operation]);
    } catch (error) {
      // Only this change is taken back: a later one to the same fact stands on its own write.
      if (facts.get(id) === next) replace(id, before);
      throw error;
    }
  }

  #replaceNetwork(id: NetworkId, network: NetworkFacts | undefined): void {
    if (network === undefined) this.#networks.delete(id);
    else this.#networks.set(id, network);
  }

  #replaceEndpoint(id: EndpointId, endpoint: EndpointFacts | undefined): void {
    if (endpoint === undefined) this.#endpoints.delete(id);
    else this.#endpoints.set(id, endpoint);
    if (endpoint !== undefined && endpoint.container === undefined) this.#unattributed.set(id, endpoint);
    else this.#unattributed.delete(id);
  }
}

function decoded<T>(key: string, value: Json, decode: (value: Json) => T): T {
  try {
    return decode(value);
  } catch (error) {
    throw new HyperionError("E709", { operation: `read ${key}`, reason: reasonOf(error) }, { cause: error });
  }
}

import { HyperionError, reasonOf } from "../model/errors.ts";
import type { EndpointFacts, Facts, NetworkFacts, PolicyFacts } from "../model/facts.ts";
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
 * the promise resolves when it is on disk, and rejects (E709) when the disk refuses. `put` and
 * `remove` are then taken back; `learn` and `drop` stand.
 */
export class FactsStore {
  readonly #store: Store;
  readonly #networks = new Map<NetworkId, NetworkFacts>();
  readonly #endpoints = new Map<EndpointId, EndpointFacts>();
  #gateways: Facts["gateways"] = new Map();
  #hostAddresses: Facts["hostAddresses"] = new Set();
  readonly #policies: ReadonlyMap<string, PolicyFacts>;
  /** Those of the endpoints that have no container yet: few, and asked for often. */
  readonly #unattributed = new Map<EndpointId, EndpointFacts>();
  /**
   * After a refused write nobody knows what the disk has under that key. It is owed what memory has:
   * every transaction carries that along, so that no later record can contradict an old one.
   */
  readonly #owed = new Map<string, StoreOperation>();

  private constructor(store: Store, policies: ReadonlyMap<string, PolicyFacts>) {
    this.#store = store;
    this.#policies = policies;
  }

  /**
   * Reads everything back. Throws E709 when a record makes no sense: better no daemon than a wrong one.
   *
   * @param policies a live view of the admin policies, which are somebody else's to change.
   */
  static async open(store: Store, policies: ReadonlyMap<string, PolicyFacts>): Promise<FactsStore> {
    const facts = new FactsStore(store, policies);
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
    const store = this;
    return {
      networks: this.#networks,
      endpoints: this.#endpoints,
      policies: this.#policies,
      // Replaced as a whole: an object that is the same has not changed.
      get gateways() {
        return store.#gateways;
      },
      get hostAddresses() {
        return store.#hostAddresses;
      },
    };
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
    return this.#change(this.#networkChange(network.id, network), "take back");
  }

  removeNetwork({ id }: NetworkFacts): Promise<void> {
    return this.#change(this.#networkChange(id, undefined), "take back");
  }

  putEndpoint(endpoint: EndpointFacts): Promise<void> {
    return this.#change(this.#endpointChange(endpoint, endpoint), "take back");
  }

  removeEndpoint(endpoint: EndpointFacts): Promise<void> {
    return this.#change(this.#endpointChange(endpoint, undefined), "take back");
  }

  /** As putNetwork, for what is true whether or not the disk takes it: a refusal is made up for later. */
  learnNetwork(network: NetworkFacts): Promise<void> {
    return this.#change(this.#networkChange(network.id, network), "keep");
  }

  /** As putEndpoint, for what is true whether or not the disk takes it. */
  learnEndpoint(endpoint: EndpointFacts): Promise<void> {
    return this.#change(this.#endpointChange(endpoint, endpoint), "keep");
  }

  /** As removeNetwork, for one that has come to nothing whether or not the disk takes it. */
  dropNetwork({ id }: NetworkFacts): Promise<void> {
    return this.#change(this.#networkChange(id, undefined), "keep");
  }

  /** As removeEndpoint, for one that has come to nothing whether or not the disk takes it. */
  dropEndpoint(endpoint: EndpointFacts): Promise<void> {
    return this.#change(this.#endpointChange(endpoint, undefined), "keep");
  }

  /** Of this machine, where they are found again at every start: never on disk. True when they are others. */
  setGateways(gateways: Facts["gateways"]): boolean {
    const same =
      gateways.size === this.#gateways.size &&
      [...gateways].every(([id, port]) => this.#gateways.get(id) === port);
    if (!same) this.#gateways = gateways;
    return !same;
  }

  /** As setGateways. */
  setHostAddresses(addresses: Facts["hostAddresses"]): boolean {
    const same =
      addresses.size === this.#hostAddresses.size &&
      [...addresses].every((ip) => this.#hostAddresses.has(ip));
    if (!same) this.#hostAddresses = addresses;
    return !same;
  }

  #networkChange(id: NetworkId, next: NetworkFacts | undefined): Change<NetworkFacts> {
    return {
      key: networkKey(id),
      next,
      now: () => this.#networks.get(id),
      replace: (fact) => this.#replaceNetwork(id, fact),
      encode: encodeNetwork,
    };
  }

  #endpointChange({ id, networkId }: EndpointFacts, next: EndpointFacts | undefined): Change<EndpointFacts> {
    return {
      key: endpointKey(networkId, id),
      next,
      now: () => this.#endpoints.get(id),
      replace: (fact) => this.#replaceEndpoint(id, fact),
      encode: encodeEndpoint,
    };
  }

  async #change<Fact>(change: Change<Fact>, whenRefused: "take back" | "keep"): Promise<void> {
    const { key, next, now, replace } = change;
    const before = now();
    replace(next);
    this.#owed.delete(key);
    try {
      await this.#write(operationFor(change, next));
    } catch (error) {
      // Only this change is taken back: a later one to the same fact stands on its own write.
      if (whenRefused === "take back" && now() === next) replace(before);
      this.#owed.set(key, operationFor(change, now()));
      throw error;
    }
  }

  async #write(operation: StoreOperation): Promise<void> {
    const owed = [...this.#owed.values()];
    await this.#store.transaction([], [...owed, operation]);
    for (const one of owed) if (this.#owed.get(one.key) === one) this.#owed.delete(one.key);
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

/** A fact to be replaced by another, or by none. */
interface Change<Fact> {
  readonly key: string;
  readonly next: Fact | undefined;
  readonly now: () => Fact | undefined;
  readonly replace: (fact: Fact | undefined) => void;
  readonly encode: (fact: Fact) => Json;
}

function operationFor<Fact>({ key, encode }: Change<Fact>, fact: Fact | undefined): StoreOperation {
  return fact === undefined ? { verb: "delete", key } : { verb: "put", key, value: encode(fact) };
}

function decoded<T>(key: string, value: Json, decode: (value: Json) => T): T {
  try {
    return decode(value);
  } catch (error) {
    throw new HyperionError("E709", { operation: `read ${key}`, reason: reasonOf(error) }, { cause: error });
  }
}

import { createHash } from "node:crypto";
import type { IdPool } from "../base/id-pool.ts";
import { KeyedMutex } from "../base/keyed-mutex.ts";
import type { Log } from "../base/log.ts";
import { HyperionError, reasonOf } from "../model/errors.ts";
import type { EndpointFacts, NetworkFacts } from "../model/facts.ts";
import { type EndpointId, type NetworkId, shortId } from "../model/ids.ts";
import type { InterfaceAddress, Ip } from "../model/ip.ts";
import { isMulticastMac, localMac, type MacAddress } from "../model/mac.ts";
import { prefixContains } from "../model/prefix.ts";
import type { CreateEndpointRequest, EndpointInterface, EndpointRef } from "../protocol/network-driver.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { Admission } from "./admission.ts";
import type { Attribution } from "./attribution.ts";
import { endpointOptions } from "./endpoint-options.ts";
import type { FactsStore } from "./facts-store.ts";
import { hasAddress, type Liveness } from "./liveness.ts";
import type { Networks } from "./networks.ts";
import type { Vf, VfPool } from "./vf-pool.ts";

export interface EndpointsParts {
  readonly facts: FactsStore;
  readonly networks: Networks;
  readonly reconciler: Reconciler;
  readonly liveness: Liveness;
  readonly vfs: VfPool;
  readonly attribution: Attribution;
  /** The name of the container that IPAM gave an address for, where the engine told it (≥ 29). */
  readonly nameOf: (ip: Ip) => string | undefined;
  /** Tells IPAM that an address is an endpoint's: engines < 29 do not say so when they ask for it. */
  readonly assigned: (ip: Ip) => Promise<void>;
  readonly admission: Admission;
  /** Endpoint indices, those of known endpoints already claimed. */
  readonly indices: IdPool;
  readonly bootId: string;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** Endpoints: each gets a VF, a MAC and its addresses, and starts out quarantined. */
export class Endpoints {
  readonly #parts: EndpointsParts;
  readonly #creating = new KeyedMutex();
  readonly #mutex = new KeyedMutex();

  constructor(parts: EndpointsParts) {
    this.#parts = parts;
  }

  /** Throws E301, E310. */
  known(ref: EndpointRef): EndpointFacts {
    const endpoint = this.#parts.facts.endpoint(ref.endpointId);
    if (endpoint?.networkId === ref.networkId) return endpoint;
    const network = this.#parts.networks.known(ref.networkId);
    throw new HyperionError("E310", { endpoint: shortId(ref.endpointId), network: shortId(network.id) });
  }

  /**
   * Makes an endpoint that passes nothing yet. Repeatable: the same ID gets the same reply.
   * Throws E301, E311 to E314, E320, E321, E501, E510, E601, E709 and what {@link Admission} refuses;
   * whatever it had done is then undone.
   */
  create(request: CreateEndpointRequest): Promise<EndpointInterface> {
    return this.#mutex.run(request.endpointId, async () => {
      const existing = this.#parts.facts.endpoint(request.endpointId);
      if (existing !== undefined) demandSame(existing, request);
      const endpoint = existing ?? (await this.#create(request));
      return endpoint.macGiven ? {} : { mac: endpoint.mac };
    });
  }

  async #create(request: CreateEndpointRequest): Promise<EndpointFacts> {
    const network = this.#parts.networks.known(request.networkId);
    const driverOptions = endpointOptions(request.options);
    const containerName = this.#expectedName(request);
    this.#parts.admission.beforeCreate(request.endpointId, driverOptions, containerName);
    checkAddresses(request, network);
    // One at a time per network, so that two claims to an address cannot pass each other's check. Once it
    // is among the facts the next one sees it: disk and data plane may work for many at a time.
    const { endpoint, programmed } = await this.#creating.run(request.networkId, () =>
      this.#claim(request, network, driverOptions),
    );
    try {
      await programmed;
    } catch (error) {
      this.#parts.indices.release(endpoint.index);
      void this.#parts.vfs.giveBack(endpoint);
      throw error;
    }
    if (containerName !== undefined) this.#parts.attribution.expect(endpoint, containerName);
    return endpoint;
  }

  /** Puts a new endpoint among the facts. That it is on disk and in the data plane is what `programmed` says. */
  async #claim(
    request: CreateEndpointRequest,
    network: NetworkFacts,
    driverOptions: EndpointFacts["driverOptions"],
  ): Promise<{ readonly endpoint: EndpointFacts; readonly programmed: Promise<void> }> {
    const mac = request.mac ?? this.#inventMac(request);
    await this.#refuseConflicts(request, mac);
    const { indices, vfs, nowMs, bootId } = this.#parts;
    const index = indices.allocate();
    if (index === undefined) throw new HyperionError("E321", { what: "endpoint", limit: indices.capacity });
    let vf: Vf;
    try {
      vf = await vfs.take(network.options.mtuBytes);
    } catch (error) {
      indices.release(index);
      throw error;
    }
    const endpoint: EndpointFacts = {
      id: request.endpointId,
      networkId: request.networkId,
      index,
      mac,
      macGiven: request.mac !== undefined,
      ipv4: request.ipv4,
      ipv6: request.ipv6,
      vf: vf.vf,
      representor: vf.representor,
      port: vf.port,
      driverOptions,
      container: undefined,
      bootId,
      createdAtMs: nowMs(),
    };
    return { endpoint, programmed: this.#program(endpoint) };
  }

  #expectedName(request: CreateEndpointRequest): string | undefined {
    const address = request.ipv4 ?? request.ipv6;
    return address === undefined ? undefined : this.#parts.nameOf(address.ip);
  }

  /** Store and data plane side by side: either alone is harmless, and the reply waits for both. */
  async #program(endpoint: EndpointFacts): Promise<void> {
    const { facts, reconciler } = this.#parts;
    const addresses = [endpoint.ipv4, endpoint.ipv6].filter((address) => address !== undefined);
    const outcomes = await Promise.allSettled([
      facts.putEndpoint(endpoint),
      ...addresses.map(({ ip }) => this.#parts.assigned(ip)),
      reconciler.settle(`endpoint:${endpoint.id}`),
    ]);
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure === undefined) return;
    await facts.dropEndpoint(endpoint).catch(() => {});
    await reconciler.settle().catch(() => {});
    throw failure.reason;
  }

  /** Takes an endpoint away and gives back what it had. An unknown one is fine. Throws E709, and then it stays. */
  delete(ref: EndpointRef): Promise<void> {
    return this.#mutex.run(ref.endpointId, async () => {
      const endpoint = this.#parts.facts.endpoint(ref.endpointId);
      if (endpoint !== undefined) await this.#release(endpoint);
    });
  }

  /** Like delete, for an endpoint that the engine has forgotten. */
  async evict(id: EndpointId, why: string): Promise<void> {
    await this.#mutex.run(id, async () => {
      const endpoint = this.#parts.facts.endpoint(id);
      if (endpoint === undefined) return;
      this.#parts.log.warn("endpoint.evicted", `endpoint ${shortId(id)} is taken away: ${why}`, {
        endpoint: id,
        network: endpoint.networkId,
        container: endpoint.container?.name,
      });
      await this.#release(endpoint);
    });
  }

  async evictAll(networkId: NetworkId, why: string): Promise<void> {
    for (const endpoint of this.#parts.facts.endpointsOf(networkId)) await this.evict(endpoint.id, why);
  }

  async #release(endpoint: EndpointFacts): Promise<void> {
    const { facts, reconciler, vfs, indices, log } = this.#parts;
    try {
      await facts.removeEndpoint(endpoint);
    } catch (error) {
      await reconciler.settle().catch(() => {}); // A pass may have seen it gone.
      throw error;
    }
    this.#parts.attribution.forget(endpoint.id);
    // Off the tables before the VF can belong to anybody else. A refusal is retried by the reconciler.
    await reconciler
      .settle()
      .catch((error) =>
        log.error("endpoint.release", `endpoint ${shortId(endpoint.id)}: ${reasonOf(error)}`),
      );
    indices.release(endpoint.index);
    // Nobody waits for the kernel to take the VF apart: the pool sees to it.
    void vfs.giveBack(endpoint);
  }

  /** A MAC of the endpoint's own, the same for a repeated request (libnetwork shows it in inspect). */
  #inventMac(request: CreateEndpointRequest): MacAddress {
    const seed = createHash("sha256").update(request.networkId).update(request.endpointId).digest();
    return localMac(seed);
  }

  /**
   * Docker's IPAM is the authority on addresses: when it gives out one that an endpoint here still
   * has, that endpoint is a leftover, unless its VF is plainly in use.
   */
  async #refuseConflicts(request: CreateEndpointRequest, mac: MacAddress): Promise<void> {
    for (const other of this.#parts.facts.endpointsOf(request.networkId)) {
      const address = [request.ipv4, request.ipv6].find(
        (wanted) => wanted !== undefined && hasAddress(other, wanted.ip),
      );
      if (address === undefined && other.mac !== mac) continue;
      if (await this.#parts.liveness.isStale(other)) {
        await this.evict(other.id, "its address was given to another endpoint and its container is gone");
        continue;
      }
      const endpoint = other.container?.name ?? shortId(other.id);
      if (address !== undefined) throw new HyperionError("E311", { address: address.ip, endpoint });
      throw new HyperionError("E312", { mac, endpoint });
    }
  }
}

/** Throws E316 when a known ID comes with a request that is not a repetition. */
function demandSame(endpoint: EndpointFacts, request: CreateEndpointRequest): void {
  const same =
    endpoint.networkId === request.networkId &&
    (request.mac ?? endpoint.mac) === endpoint.mac &&
    endpoint.macGiven === (request.mac !== undefined) &&
    sameAddress(endpoint.ipv4, request.ipv4) &&
    sameAddress(endpoint.ipv6, request.ipv6);
  if (!same) throw new HyperionError("E316", { endpoint: shortId(endpoint.id) });
}

function sameAddress(a: InterfaceAddress | undefined, b: InterfaceAddress | undefined): boolean {
  return a?.ip === b?.ip && a?.bits === b?.bits;
}

function checkAddresses(request: CreateEndpointRequest, network: NetworkFacts): void {
  const addresses = [request.ipv4, request.ipv6].filter((address) => address !== undefined);
  if (addresses.length === 0) throw new HyperionError("E314", { endpoint: shortId(request.endpointId) });
  if (request.mac !== undefined && isMulticastMac(request.mac)) {
    throw new HyperionError("E205", { text: request.mac, expected: "a unicast MAC address" });
  }
  for (const { ip } of addresses) {
    if (network.subnets.length === 0) continue;
    if (network.subnets.some(({ prefix }) => prefixContains(prefix, ip))) continue;
    throw new HyperionError("E313", { address: ip, network: network.name ?? shortId(network.id) });
  }
}

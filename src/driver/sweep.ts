import type { Log } from "../base/log.ts";
import type { DockerObservation } from "../identity/directory.ts";
import { reasonOf } from "../model/errors.ts";
import type { EndpointFacts } from "../model/facts.ts";
import { type NetworkId, shortId } from "../model/ids.ts";
import type { Endpoints } from "./endpoints.ts";
import type { FactsStore } from "./facts-store.ts";
import type { Networks } from "./networks.ts";

/**
 * How old a fact must be before Docker's not listing it means anything: Docker lists an endpoint
 * only after CreateEndpoint, and a network only after everything about its creation succeeded.
 */
export const SWEEP_GRACE_MS = 30_000;

export interface SweepParts {
  readonly facts: FactsStore;
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly bootId: string;
  readonly log: Log;
}

/**
 * Takes away what nobody owns any more. The engine forgets without saying so: killed, or started
 * while no driver answered, it never sends the delete for what it lost.
 */
export class Sweep {
  readonly #parts: SweepParts;

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** At start: endpoints whose VF did not survive, as after a reboot. */
  async lost(endpoints: readonly EndpointFacts[]): Promise<void> {
    const whyOf = (bootId: string) =>
      bootId === this.#parts.bootId ? "its VF is gone" : "the machine was rebooted";
    // All at once: the store writes them in a few commits, and the machine waits for its containers.
    await Promise.all(endpoints.map(({ id, bootId }) => this.#parts.endpoints.evict(id, whyOf(bootId))));
  }

  /** What Docker lists, all of it, against what is on the books. */
  async unlisted({ networks, startedAtMs }: DockerObservation): Promise<void> {
    const isYoung = (createdAtMs: number) => startedAtMs - createdAtMs < SWEEP_GRACE_MS;
    const listed = new Set(networks.flatMap((network) => network.attachments.map((one) => one.endpointId)));
    const present = new Set(networks.map((network) => network.id));
    const { facts, endpoints } = this.#parts;
    for (const endpoint of [...facts.facts.endpoints.values()]) {
      if (listed.has(endpoint.id) || isYoung(endpoint.createdAtMs)) continue;
      await endpoints.evict(endpoint.id, "Docker does not know it any more");
    }
    for (const network of [...facts.facts.networks.values()]) {
      if (present.has(network.id) || isYoung(network.createdAtMs)) continue;
      if (facts.endpointsOf(network.id).length > 0) continue;
      await this.#removeNetwork(network.id);
    }
  }

  async #removeNetwork(id: NetworkId): Promise<void> {
    const { networks, log } = this.#parts;
    try {
      await networks.delete(id);
      log.warn("network.swept", `network ${shortId(id)} is taken away: Docker does not know it any more`, {
        network: id,
      });
    } catch (error) {
      log.error("network.sweep", `network ${shortId(id)} could not be taken away: ${reasonOf(error)}`);
    }
  }
}

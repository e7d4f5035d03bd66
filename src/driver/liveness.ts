import type { EndpointFacts } from "../model/facts.ts";
import type { Ip } from "../model/ip.ts";
import type { Host } from "../platform/host/host.ts";
import type { FactsStore } from "./facts-store.ts";

/**
 * How long an endpoint may wait for its VF to be moved into the container before another claim to
 * its address shows that its start failed and nobody said so.
 */
const UNJOINED_LIFETIME_MS = 10_000;

export interface LivenessParts {
  readonly facts: FactsStore;
  readonly host: Host;
  readonly bootId: string;
  readonly nowMs: () => number;
}

/** Tells endpoints in use from leftovers by their VFs, without asking Docker, which may be waiting for the answer. */
export class Liveness {
  readonly #parts: LivenessParts;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
  }

  /** True when the VF cannot be inside a running container: its pair is gone, or it never left or came back. */
  async isStale(endpoint: EndpointFacts): Promise<boolean> {
    const { host, bootId, nowMs } = this.#parts;
    if (endpoint.bootId !== bootId) return true;
    if ((await host.link(endpoint.representor))?.index !== endpoint.port) return true;
    const atHome = (await host.link(endpoint.vf)) !== undefined;
    return atHome && nowMs() - endpoint.createdAtMs > UNJOINED_LIFETIME_MS;
  }

  /** True while an endpoint that is no leftover has the address. */
  async isInUse(ip: Ip): Promise<boolean> {
    for (const endpoint of this.#parts.facts.facts.endpoints.values()) {
      if (!hasAddress(endpoint, ip)) continue;
      if (!(await this.isStale(endpoint))) return true;
    }
    return false;
  }
}

export function hasAddress(endpoint: EndpointFacts, ip: Ip): boolean {
  return endpoint.ipv4?.ip === ip || endpoint.ipv6?.ip === ip;
}

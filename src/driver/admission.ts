import { isHyperionError } from "../model/errors.ts";
import type { EndpointFacts } from "../model/facts.ts";
import { type EndpointId, shortId } from "../model/ids.ts";
import { endpointName, offloadProblem, type Settings, startProblems } from "../pipeline/index.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { Attribution } from "./attribution.ts";
import type { FactsStore } from "./facts-store.ts";
import { refuseProblems } from "./refusal.ts";

/**
 * Longest time that a Join waits to hear whose endpoint it is about, in milliseconds. Most are attributed before
 * their Join; other starts on the same network wait along.
 */
export const ATTRIBUTION_WAIT_MS = 300;

export interface AdmissionParts {
  readonly facts: FactsStore;
  readonly reconciler: Reconciler;
  readonly attribution: Attribution;
  readonly settings: Settings;
  /** False: a container whose labels are wrong starts, and stays quarantined. */
  readonly rejectLabelErrors: boolean;
}

/** Refuses the start of containers that must not start as they are. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * In CreateEndpoint, before anything is made. driver_opts are refused whatever is to be done about labels: only
   * the engine's user can have written them. Throws E101 to E150 and E510.
   *
   * @param containerName where the engine has told it (≥ 29).
   */
  beforeCreate(
    id: EndpointId,
    driverOptions: EndpointFacts["driverOptions"],
    containerName: string | undefined,
  ): void {
    const { attribution, settings, rejectLabelErrors } = this.#parts;
    const known = containerName === undefined ? undefined : attribution.known(containerName);
    const container = rejectLabelErrors ? known : undefined;
    const { problems } = startProblems({ driverOptions, container }, settings);
    refuseProblems(problems, containerName ?? `endpoint ${shortId(id)}`);
  }

  /**
   * In Join: the last moment at which the engine lets a driver say no, and on engines before 29 the first at
   * which it can be known whose endpoint it is. Throws E101 to E150 and E510.
   */
  async beforeJoin(id: EndpointId): Promise<void> {
    const { facts, attribution, settings, rejectLabelErrors } = this.#parts;
    if (!rejectLabelErrors) return;
    if (facts.endpoint(id)?.container === undefined) await attribution.attributed(id, ATTRIBUTION_WAIT_MS);
    const endpoint = facts.endpoint(id);
    if (endpoint?.container === undefined) return;
    const { problems, needsRoom } = startProblems(endpoint, settings);
    refuseProblems(problems, endpointName(endpoint));
    if (needsRoom) await this.#demandRoom(endpoint);
  }

  async #demandRoom(endpoint: EndpointFacts): Promise<void> {
    try {
      await this.#parts.reconciler.settle(`endpoint:${endpoint.id}`);
    } catch (error) {
      // Whatever else ails the data plane is tried again, and keeps the endpoint in quarantine meanwhile.
      if (!isHyperionError(error, "E510")) return;
      refuseProblems([offloadProblem(endpoint.driverOptions, error.message)], endpointName(endpoint));
    }
  }
}

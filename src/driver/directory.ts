import type { Log } from "../base/log.ts";
import type { DockerObservation, EndpointDirectory } from "../identity/directory.ts";
import { isHyperionError, reasonOf } from "../model/errors.ts";
import type { ComposeNetwork, ContainerFacts, EndpointFacts } from "../model/facts.ts";
import { type ContainerId, type EndpointId, type NetworkId, shortId } from "../model/ids.ts";
import { type EndpointView, quarantineTexts } from "../pipeline/index.ts";
import { formatWarning } from "../policy/index.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { FactsStore } from "./facts-store.ts";

/** Of many labels that are ignored, the log tells so many: an image may have thousands. */
export const IGNORED_TOLD_MAX = 10;

export interface DirectoryParts {
  readonly facts: FactsStore;
  readonly reconciler: Reconciler;
  readonly log: Log;
  readonly nowMs: () => number;
  /** What Docker has, for the sweep. */
  readonly observed: (observation: DockerObservation) => void;
}

/** Takes what identity finds out into the facts, and the facts into the data plane. */
export class Directory implements EndpointDirectory {
  readonly #parts: DirectoryParts;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  unattributed(): Iterable<EndpointFacts> {
    return this.#parts.facts.unattributed;
  }

  attribute(endpointId: EndpointId, container: ContainerFacts): void {
    const endpoint = this.#parts.facts.endpoint(endpointId);
    if (endpoint === undefined || sameContainer(endpoint.container, container)) return;
    const isNews = container.inherited !== undefined && this.inherited(container.id) === undefined;
    this.#write({ ...endpoint, container });
    void this.#programmed(endpoint, container, isNews);
  }

  rename(containerId: ContainerId, name: string): void {
    let changed = false;
    for (const endpoint of this.#parts.facts.endpointsOfContainer(containerId)) {
      const { container } = endpoint;
      if (container === undefined || container.name === name) continue;
      this.#write({ ...endpoint, container: { ...container, name } });
      changed = true;
    }
    // Names are told of all containers, most of them on other networks: those must cost no pass.
    if (changed) this.#settle();
  }

  /** Its endpoints were deleted when it stopped, or the sweep will find them. */
  gone(): void {}

  named(networkId: NetworkId, name: string, compose: ComposeNetwork | undefined): void {
    const { facts } = this.#parts;
    const network = facts.network(networkId);
    if (network === undefined || (network.name === name && sameCompose(network.compose, compose))) return;
    void facts.learnNetwork({ ...network, name, compose }).catch((error) => this.#unsaved(error));
    this.#settle();
  }

  *unsifted(): Iterable<EndpointFacts> {
    for (const endpoint of this.#parts.facts.facts.endpoints.values()) {
      if (endpoint.container !== undefined && endpoint.container.inherited === undefined) yield endpoint;
    }
  }

  inherited(containerId: ContainerId): readonly string[] | undefined {
    for (const { container } of this.#parts.facts.endpointsOfContainer(containerId)) {
      if (container?.inherited !== undefined) return container.inherited;
    }
    return undefined;
  }

  observed(observation: DockerObservation): void {
    this.#parts.observed(observation);
  }

  /**
   * Says when the quarantine is lifted, or why it is not: this is what people look for in the log.
   *
   * @param isNews whether this is the first of the container's endpoints of which its image's labels are known.
   */
  async #programmed(endpoint: EndpointFacts, container: ContainerFacts, isNews: boolean): Promise<void> {
    const { reconciler, log, nowMs } = this.#parts;
    const fields = { endpoint: endpoint.id, container: container.name };
    const failure = await reconciler.settle(`endpoint:${endpoint.id}`).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const view = reconciler.desired.endpoints.get(endpoint.id);
    if (view !== undefined && isNews) this.#tellIgnored(view, fields);
    if (failure !== undefined) {
      const message = `${container.name} stays quarantined: ${reasonOf(failure.error)}`;
      const code = isHyperionError(failure.error) ? failure.error.code : undefined;
      log.error("endpoint.refused", message, { ...fields, code });
      return;
    }
    if (view?.quarantine !== undefined) {
      quarantineTexts(view, container.name).forEach((text, i) => {
        log.warn("endpoint.labels", text, { ...fields, code: view.problems[i]?.code, mode: view.mode });
      });
      return;
    }
    const afterMs = nowMs() - endpoint.createdAtMs;
    const message = `endpoint ${shortId(endpoint.id)} is ${container.name}`;
    log.info("endpoint.attributed", message, { ...fields, afterMs });
  }

  #tellIgnored({ warnings }: EndpointView, fields: { endpoint: EndpointId; container: string }): void {
    const { log } = this.#parts;
    const { container } = fields;
    for (const warning of warnings.slice(0, IGNORED_TOLD_MAX)) {
      log.warn("label.ignored", formatWarning(warning, container), { ...fields, code: warning.code });
    }
    const untold = warnings.length - IGNORED_TOLD_MAX;
    if (untold <= 0) return;
    const message = `${container}: ${untold} more labels of its image are ignored`;
    log.warn("label.ignored", message, { ...fields, code: warnings[0]?.code });
  }

  #write(endpoint: EndpointFacts): void {
    this.#parts.facts.learnEndpoint(endpoint).catch((error) => this.#unsaved(error));
  }

  #settle(): void {
    this.#parts.reconciler.settle().catch(() => {
      // The reconciler has said so, and tries again.
    });
  }

  #unsaved(error: unknown): void {
    this.#parts.log.error("store.failed", `what Docker says could not be kept yet: ${reasonOf(error)}`);
  }
}

function sameContainer(a: ContainerFacts | undefined, b: ContainerFacts): boolean {
  return (
    a !== undefined &&
    a.id === b.id &&
    a.name === b.name &&
    sameLabels(a.labels, b.labels) &&
    sameInherited(a.inherited, b.inherited)
  );
}

function sameCompose(a: ComposeNetwork | undefined, b: ComposeNetwork | undefined): boolean {
  return a?.project === b?.project && a?.key === b?.key;
}

function sameLabels(a: ContainerFacts["labels"], b: ContainerFacts["labels"]): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function sameInherited(a: ContainerFacts["inherited"], b: ContainerFacts["inherited"]): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((key) => b.includes(key));
}

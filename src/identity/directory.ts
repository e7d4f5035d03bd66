import type { ComposeNetwork, ContainerFacts, EndpointFacts } from "../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../model/ids.ts";
import type { DockerNetwork } from "../platform/docker/docker.ts";

/**
 * What identity tells, and the few questions it asks. Every method returns at once; none may throw. Identity
 * may repeat itself: telling what is known already changes nothing.
 */
export interface EndpointDirectory {
  /** Endpoints without a container, from their CreateEndpoint on, quarantined. Asked often: keep it a small set. */
  unattributed(): Iterable<EndpointFacts>;

  /**
   * The endpoint is this container's. Unknown endpoints are ones that have gone meanwhile: ignore them. Told
   * again with another container, it corrects what was told before.
   */
  attribute(endpointId: EndpointId, container: ContainerFacts): void;

  /** A container's name, told for every container that is listed: most have no endpoint of ours. */
  rename(containerId: ContainerId, name: string): void;

  /** Docker has removed the container. */
  gone(containerId: ContainerId): void;

  /** The name that Docker shows for a network, and whose it is where compose made it. */
  named(networkId: NetworkId, name: string, compose: ComposeNetwork | undefined): void;

  /**
   * Endpoints with a container of which it is not known which labels are its image's, for the lack of the image
   * or because nothing depended on it.
   */
  unsifted(): Iterable<EndpointFacts>;

  /** Which labels the container has from its image, as an endpoint has it on record. */
  inherited(containerId: ContainerId): readonly string[] | undefined;

  /** All that Docker has of ours, for sweeping. */
  observed(observation: DockerObservation): void;
}

/** One look at the engine, complete: a look with a call that failed is not told. */
export interface DockerObservation {
  /**
   * When the look began, as Date.now(). The calls of a look are not one transaction, and Docker lists an
   * endpoint only after its CreateEndpoint: what is younger than this, or was missed for the first time,
   * is no evidence of an orphan.
   */
  readonly startedAtMs: number;
  /** Our networks, with their attachments. */
  readonly networks: readonly DockerNetwork[];
}

import type { EndpointKey } from "../identity/attribution.ts";
import type { ContainerFacts } from "../model/facts.ts";
import type { EndpointId } from "../model/ids.ts";

/**
 * What the driver tells and asks identity. All but one return at once: the engine waits for the driver, and other
 * starts with it.
 */
export interface Attribution {
  /** The container of that name, if all of it is known without asking. */
  known(containerName: string): ContainerFacts | undefined;

  /** IPAM was told the name of the endpoint's container (engines ≥ 29). */
  expect(endpoint: EndpointKey, containerName: string): void;

  /** CreateEndpoint is about to be answered: a moment later Docker can say whose the endpoint is. */
  created(endpoint: EndpointKey): void;

  /** The VF is on its way into the container: Docker can say whose it is. */
  joined(endpoint: EndpointKey): void;

  /**
   * Resolves when it is known whose endpoint this is, when nothing can be expected of Docker just now, and after
   * `timeoutMs` at the latest.
   */
  attributed(endpointId: EndpointId, timeoutMs: number): Promise<void>;

  /** The endpoint is gone. */
  forget(endpointId: EndpointId): void;
}

/** For a daemon without Docker's API: the driver_opts are all the policy there is. */
export const NO_ATTRIBUTION: Attribution = {
  known: () => undefined,
  expect: () => {},
  created: () => {},
  joined: () => {},
  attributed: async () => {},
  forget: () => {},
};

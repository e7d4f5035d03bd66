import type { EndpointKey } from "../identity/attribution.ts";
import type { ContainerFacts } from "../model/facts.ts";
import type { EndpointId } from "../model/ids.ts";

/** What the driver tells and asks identity. None of it waits: the engine may hold the lock that the answer needs. */
export interface Attribution {
  /** The container of that name, as far as known without asking. */
  known(containerName: string): ContainerFacts | undefined;

  /** IPAM was told the name of the endpoint's container (engines ≥ 29). */
  expect(endpoint: EndpointKey, containerName: string): void;

  /** CreateEndpoint is about to be answered: a moment later Docker can say whose the endpoint is. */
  created(endpoint: EndpointKey): void;

  /** The VF is on its way into the container: Docker can say whose it is. */
  joined(endpoint: EndpointKey): void;

  /** The endpoint is gone. */
  forget(endpointId: EndpointId): void;
}

/** For a daemon without Docker's API: the driver_opts are all the policy there is. */
export const NO_ATTRIBUTION: Attribution = {
  known: () => undefined,
  expect: () => {},
  created: () => {},
  joined: () => {},
  forget: () => {},
};

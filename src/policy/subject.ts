import { COMPOSE_PROJECT, COMPOSE_SERVICE, SWARM_SERVICE, SWARM_STACK } from "./trust.ts";

/** What selectors can see of a container. Everything else about it does not exist for policy. */
export interface Subject {
  /** Compose project or Swarm stack. */
  readonly project: string | undefined;
  /** The service within the project, by its short name. */
  readonly service: string | undefined;
  /** The name under which Swarm lists the service, `stack_service`; undefined outside Swarm. */
  readonly swarmService: string | undefined;
  readonly containerName: string | undefined;
  readonly groups: ReadonlySet<string>;
  /** Identity labels: `hyperion.label.<key>` by `<key>`, and what `identityLabels` lists. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Nobody in particular: what is left of a container about which nothing was said. */
export const STRANGER: Subject = {
  project: undefined,
  service: undefined,
  swarmService: undefined,
  containerName: undefined,
  groups: new Set(),
  labels: new Map(),
};

/** What the container says of itself in `hyperion.group` and `hyperion.label.*`. */
export interface SelfDescription {
  readonly groups: readonly string[];
  readonly identity: ReadonlyMap<string, string>;
}

/**
 * The container as selectors see it.
 *
 * @param containerName undefined when only the endpoint's driver_opts are known.
 * @param labels of the container, those that count.
 * @param identityLabels which of them are identity labels besides Hyperion's own.
 */
export function subjectOf(
  containerName: string | undefined,
  labels: Readonly<Record<string, string>>,
  self: SelfDescription,
  identityLabels: readonly string[],
): Subject {
  const identity = new Map<string, string>();
  for (const key of identityLabels) {
    if (Object.hasOwn(labels, key)) identity.set(key, labels[key] ?? "");
  }
  for (const [key, value] of self.identity) identity.set(key, value);
  return {
    ...placeOf(labels),
    containerName,
    groups: new Set(self.groups),
    labels: identity,
  };
}

type Place = Pick<Subject, "project" | "service" | "swarmService">;

/** Where compose or Swarm put the container. */
function placeOf(labels: Readonly<Record<string, string>>): Place {
  const swarmService = labelOf(labels, SWARM_SERVICE);
  if (swarmService === undefined) {
    return {
      project: labelOf(labels, COMPOSE_PROJECT),
      service: labelOf(labels, COMPOSE_SERVICE),
      swarmService: undefined,
    };
  }
  const stack = labelOf(labels, SWARM_STACK);
  const prefix = `${stack}_`;
  const short = stack !== undefined && swarmService.startsWith(prefix);
  return {
    project: stack,
    service: short ? swarmService.slice(prefix.length) : swarmService,
    swarmService,
  };
}

/** Of a place an empty label counts as absent, as compose and Swarm never write one. */
function labelOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) && labels[key] !== "" ? labels[key] : undefined;
}

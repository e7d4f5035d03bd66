import type { Outside, Subject } from "../policy/index.ts";

/** Endpoints, or addresses outside, that no selector tells apart. One object per class while it is in use. */
export interface IdentityClass {
  readonly number: number;
  readonly remote: Subject | Outside;
}

/**
 * What selectors can see of a container, as a text: equal texts, equal answers of every selector. The container's
 * name is left out: hardly any rule asks for one, and it would make every replica a class of its own.
 */
export function identityKey({ project, service, swarmService, groups, labels }: Subject): string {
  return JSON.stringify([
    project ?? null,
    service ?? null,
    swarmService ?? null,
    [...groups].sort(),
    [...labels].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** The same of what is outside. No container's key is like it. */
export function outsideKey({ prefix, host }: Outside): string {
  return `${host ? "host" : "world"} ${prefix}`;
}

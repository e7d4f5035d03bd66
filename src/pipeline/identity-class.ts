import type { Subject } from "../policy/index.ts";

/** Endpoints that no selector tells apart. One object per class while it is in use. */
export interface IdentityClass {
  readonly number: number;
  readonly subject: Subject;
}

/**
 * What selectors can see, as a text: equal texts, equal answers of every selector. The container's
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

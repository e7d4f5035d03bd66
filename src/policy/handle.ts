import { bitsOf, familyOf, ipToBigInt } from "../model/ip.ts";
import { type Prefix, prefixBase, prefixBits } from "../model/prefix.ts";
import { type Alternative, type Atom, sideOf } from "./ast.ts";
import { type Outside, prefixOfAddress } from "./outside.ts";
import { isOutside, type Remote } from "./selector.ts";
import type { Subject } from "./subject.ts";

/*
 * Handles make selectors searchable. A peer has a few, a remote has a few, and a peer can match only
 * remotes with which it shares one. So neither "whom does this peer match" nor "which peers match
 * this remote" has to try everybody. Sharing a handle is necessary, not sufficient: ask `matches`.
 */

/** The handles that every container has, and every outside remote. */
const EVERY = { containers: "*", outside: "outside" } as const;

/** Of each alternative: the handle of its first term that says something definite, else those of its kind. */
export function handlesOfPeer(peer: readonly Alternative[], owner: Subject): ReadonlySet<string> {
  const handles = peer.flatMap(({ terms }) => {
    for (const { negated, atom } of terms) {
      const handle = negated ? undefined : handleOf(atom, owner);
      if (handle !== undefined) return [handle];
    }
    const side = terms.map(({ atom }) => sideOf(atom)).find((found) => found !== "either");
    return side === undefined ? Object.values(EVERY) : [EVERY[side]];
  });
  return new Set(peer.length === 0 ? Object.values(EVERY) : handles);
}

/** Every handle under which a peer may look for this remote. */
export function handlesOf(remote: NonNullable<Remote>): readonly string[] {
  return isOutside(remote) ? handlesOfOutside(remote) : handlesOfSubject(remote);
}

/** An atom names a prefix; so this has a handle for each prefix that it may lie in. */
function handlesOfOutside({ prefix, host }: Outside): readonly string[] {
  const handles: string[] = [EVERY.outside, host ? "host" : "world"];
  for (let bits = prefixBits(prefix); bits >= 0; bits--) handles.push(prefixHandle(prefix, bits));
  return handles;
}

function handlesOfSubject(subject: Subject): readonly string[] {
  const { project, service, swarmService, containerName, groups, labels } = subject;
  const handles: string[] = [EVERY.containers];
  if (project !== undefined) handles.push(projectHandle(project));
  if (service !== undefined) handles.push(serviceHandle(project, service));
  if (swarmService !== undefined) handles.push(serviceHandle(project, swarmService));
  if (containerName !== undefined) handles.push(`container:${containerName}`);
  for (const group of groups) handles.push(`group:${group}`);
  for (const [key, value] of labels) handles.push(`has:${key}`, labelHandle(key, value));
  return handles;
}

function handleOf(atom: Atom, owner: Subject): string | undefined {
  switch (atom.kind) {
    case "project":
      return projectHandle(owner.project);
    case "service":
      return serviceHandle(owner.project, owner.service);
    case "project-named":
      return projectHandle(atom.project);
    case "service-named":
      return serviceHandle(atom.project ?? owner.project, atom.service);
    case "group":
    case "container":
      return `${atom.kind}:${atom.name}`;
    case "label-has":
    case "label-in":
      return `has:${atom.key}`;
    case "label-is":
      return labelHandle(atom.key, atom.value);
    case "world":
    case "host":
      return atom.kind;
    case "prefix":
      return prefixHandle(atom.prefix, prefixBits(atom.prefix));
    case "address":
      return handleOf({ ...atom, kind: "prefix", prefix: prefixOfAddress(atom.address) }, owner);
    default:
      return undefined;
  }
}

/** The first `bits` of a prefix, in a form that costs less than its text. */
function prefixHandle(prefix: Prefix, bits: number): string {
  const base = prefixBase(prefix);
  const family = familyOf(base);
  return `in:${family}:${(ipToBigInt(base) >> BigInt(bitsOf(family) - bits)).toString(36)}/${bits}`;
}

function projectHandle(project: string | undefined): string {
  return `project:${project ?? ""}`;
}

function serviceHandle(project: string | undefined, service: string | undefined): string {
  return `service:${project ?? ""}/${service ?? ""}`;
}

function labelHandle(key: string, value: string): string {
  return `is:${key}=${value}`;
}

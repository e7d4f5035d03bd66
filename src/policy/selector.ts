import type { Prefix } from "../model/prefix.ts";
import {
  type Alternative,
  type Atom,
  type ContainerAtom,
  isOutsideAtom,
  type Rule,
  type Term,
} from "./ast.ts";
import { isWhere, type Outside, prefixOfAddress } from "./outside.ts";
import { printPeer } from "./print.ts";
import type { Subject } from "./subject.ts";

/** The other side of a connection; undefined: someone of whom nothing is known, neither who nor where. */
export type Remote = Subject | Outside | undefined;

export function isOutside(remote: Remote): remote is Outside {
  return remote !== undefined && "prefix" in remote;
}

/**
 * True when `remote` is one of those that a rule of `owner` names.
 *
 * `!` stays within its kind: `!group:x` is every *container* not in x, `!10.1.0.0/16` every *outside*
 * address not in it. Of an unknown remote only `any` holds. So whatever matches the unknown matches
 * everyone, which flattening builds on.
 */
export function matches(peer: readonly Alternative[], owner: Subject, remote: Remote): boolean {
  return peer.length === 0 || peer.some(({ terms }) => terms.every((term) => holds(term, owner, remote)));
}

function holds(term: Term, owner: Subject, remote: Remote): boolean {
  const { atom, negated } = term;
  if (atom.kind === "any") return !negated;
  if (remote === undefined) return false;
  if (isOutside(remote)) return isOutsideAtom(atom) && isWhere(atom, remote) !== negated;
  return !isOutsideAtom(atom) && describes(atom, owner, remote) !== negated;
}

function describes(atom: ContainerAtom, owner: Subject, remote: Subject): boolean {
  switch (atom.kind) {
    case "containers":
      return true;
    case "project":
      return owner.project !== undefined && remote.project === owner.project;
    case "service":
      return (
        owner.service !== undefined && remote.project === owner.project && remote.service === owner.service
      );
    case "project-named":
      return remote.project === atom.project;
    case "service-named": {
      const project = atom.project ?? owner.project;
      const names = remote.service === atom.service || remote.swarmService === atom.service;
      return project !== undefined && remote.project === project && names;
    }
    case "group":
      return remote.groups.has(atom.name);
    case "container":
      return remote.containerName === atom.name;
    case "label-has":
      return remote.labels.has(atom.key);
    case "label-is":
      return remote.labels.get(atom.key) === atom.value;
    case "label-is-not":
      return remote.labels.get(atom.key) !== atom.value;
    case "label-in": {
      const value = remote.labels.get(atom.key);
      return value !== undefined && atom.values.includes(value);
    }
  }
}

/** Every atom of a peer. */
export function atomsOf(peer: readonly Alternative[]): readonly Atom[] {
  return peer.flatMap(({ terms }) => terms.map(({ atom }) => atom));
}

/** The container names that rules ask for. */
export function mentionedContainers(rules: readonly Rule[]): readonly string[] {
  const atoms = rules.flatMap(({ peer }) => atomsOf(peer));
  return [...new Set(atoms.flatMap((atom) => (atom.kind === "container" ? [atom.name] : [])))].sort();
}

/** True when a peer names someone outside by more than `any`. */
export function namesOutside(peer: readonly Alternative[]): boolean {
  return peer.some(({ terms }) => terms.some(({ atom }) => isOutsideAtom(atom)));
}

/** The prefixes that a peer tells apart from what surrounds them. */
export function mentionedPrefixes(peer: readonly Alternative[]): readonly Prefix[] {
  return atomsOf(peer).flatMap((atom) => {
    if (atom.kind === "prefix") return [atom.prefix];
    return atom.kind === "address" ? [prefixOfAddress(atom.address)] : [];
  });
}

/** What a peer takes from the owner of its rule: with other owners it means something else. */
export function usesOwner(peer: readonly Alternative[]): { project: boolean; service: boolean } {
  const atoms = atomsOf(peer);
  const service = atoms.some(({ kind }) => kind === "service");
  const project = service || atoms.some(takesOwnProject);
  return { project, service };
}

function takesOwnProject(atom: Atom): boolean {
  return atom.kind === "project" || (atom.kind === "service-named" && atom.project === undefined);
}

/** Equal for two peers only if they match the same remotes. */
export function peerKey(peer: readonly Alternative[], owner: Subject): string {
  const uses = usesOwner(peer);
  const project = uses.project ? (owner.project ?? null) : null;
  const service = uses.service ? (owner.service ?? null) : null;
  return JSON.stringify([printPeer(peer), project, service]);
}

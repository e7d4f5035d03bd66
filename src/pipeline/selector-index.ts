import { type Alternative, handlesOf, handlesOfPeer, matches, type Subject } from "../policy/index.ts";
import type { IdentityClass } from "./identity-class.ts";

interface IndexedPeer {
  readonly peer: readonly Alternative[];
  readonly owner: Subject;
  readonly handles: ReadonlySet<string>;
  readonly matching: Set<IdentityClass>;
  users: number;
}

/**
 * Which identity classes each peer of each rule matches, kept up to date as either come and go. A new
 * class is tried against the peers with which it shares a handle, a new peer against such classes.
 */
export class SelectorIndex {
  readonly #peers = new Map<string, IndexedPeer>();
  readonly #peersByHandle = new Map<string, Set<IndexedPeer>>();
  readonly #classesByHandle = new Map<string, Set<IdentityClass>>();

  addClass(added: IdentityClass): void {
    for (const handle of handlesOf(added.remote)) {
      put(this.#classesByHandle, handle, added);
      for (const indexed of this.#peersByHandle.get(handle) ?? []) consider(indexed, added);
    }
  }

  removeClass(removed: IdentityClass): void {
    for (const handle of handlesOf(removed.remote)) {
      take(this.#classesByHandle, handle, removed);
      for (const indexed of this.#peersByHandle.get(handle) ?? []) indexed.matching.delete(removed);
    }
  }

  /**
   * The classes that a peer matches: a live set, to be given back by {@link release}.
   *
   * @param key the `peerKey` of `peer` and `owner`.
   */
  acquire(key: string, peer: readonly Alternative[], owner: Subject): ReadonlySet<IdentityClass> {
    const known = this.#peers.get(key);
    if (known !== undefined) {
      known.users += 1;
      return known.matching;
    }
    const indexed = {
      peer,
      owner,
      handles: handlesOfPeer(peer, owner),
      matching: new Set<never>(),
      users: 1,
    };
    this.#peers.set(key, indexed);
    for (const handle of indexed.handles) {
      put(this.#peersByHandle, handle, indexed);
      for (const candidate of this.#classesByHandle.get(handle) ?? []) consider(indexed, candidate);
    }
    return indexed.matching;
  }

  release(key: string): void {
    const indexed = this.#peers.get(key);
    if (indexed === undefined) return;
    indexed.users -= 1;
    if (indexed.users > 0) return;
    this.#peers.delete(key);
    for (const handle of indexed.handles) take(this.#peersByHandle, handle, indexed);
  }
}

function consider(indexed: IndexedPeer, candidate: IdentityClass): void {
  if (matches(indexed.peer, indexed.owner, candidate.remote)) indexed.matching.add(candidate);
}

function put<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function take<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}

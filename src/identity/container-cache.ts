import { SingleFlight } from "../base/single-flight.ts";
import type { ContainerFacts } from "../model/facts.ts";
import type { ContainerId } from "../model/ids.ts";
import type { Docker } from "../platform/docker/docker.ts";

/** More ids than this are asked for as "all": an id takes 67 bytes of the request's URL. */
const IDS_PER_LIST_MAX = 32;

interface Entry {
  readonly facts: ContainerFacts;
  /**
   * False for what a `create` event told: labels `image` and `name` are hidden in it, because the engine
   * writes its own values over them.
   */
  readonly complete: boolean;
}

export interface ContainerNews {
  rename(containerId: ContainerId, name: string): void;
  gone(containerId: ContainerId): void;
}

/**
 * Docker's containers by id and by name: fed by events as they come, completed and corrected by lists. At most
 * one list is under way; misses meanwhile are gathered for the next.
 */
export class ContainerCache {
  readonly #docker: Docker;
  readonly #news: ContainerNews;
  readonly #byId = new Map<ContainerId, Entry>();
  readonly #byName = new Map<string, ContainerId>();
  readonly #lists = new SingleFlight<"list", void>(() => this.#list());
  #wanted = new Set<ContainerId>();
  #allWanted = false;
  /** Grows with every gain and loss of the events; odd while they come. */
  #following = 0;
  #synced = 0;
  /** Told of by an event while a list was under way, which may be older than the event. */
  #touched = new Set<ContainerId>();

  constructor(docker: Docker, news: ContainerNews) {
    this.#docker = docker;
    this.#news = news;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** True when nothing can have been missed: events have come without a gap since before the last full list. */
  get synced(): boolean {
    return this.#following % 2 === 1 && this.#synced === this.#following;
  }

  /** Events come, or have ceased to. */
  follow(connected: boolean): void {
    if (connected !== (this.#following % 2 === 1)) this.#following++;
  }

  /** What is known, complete or not. */
  get(id: ContainerId): ContainerFacts | undefined {
    return this.#byId.get(id)?.facts;
  }

  named(name: string): ContainerFacts | undefined {
    const id = this.#byName.get(name);
    return id === undefined ? undefined : this.get(id);
  }

  /** The same, when all labels are known to be there. */
  complete(id: ContainerId): ContainerFacts | undefined {
    const entry = this.#byId.get(id);
    return entry?.complete === true ? entry.facts : undefined;
  }

  /** From the cache, or from Docker; undefined when there is no such container. Rejects as `containers()` does. */
  async fetch(id: ContainerId): Promise<ContainerFacts | undefined> {
    if (this.complete(id) === undefined) {
      this.#wanted.add(id);
      await this.#lists.request("list");
    }
    return this.get(id);
  }

  /** Reads all containers anew; tells of names, and of containers that have gone unseen. */
  async refresh(): Promise<void> {
    this.#allWanted = true;
    await this.#lists.request("list");
  }

  created(container: ContainerFacts): void {
    this.#put(container, false);
  }

  renamed(id: ContainerId, name: string): void {
    this.#touched.add(id);
    const entry = this.#byId.get(id);
    if (entry !== undefined) this.#put({ ...entry.facts, name }, entry.complete);
    this.#news.rename(id, name);
  }

  destroyed(id: ContainerId): void {
    this.#touched.add(id);
    this.#drop(id);
    this.#news.gone(id);
  }

  async #list(): Promise<void> {
    const all = this.#allWanted || this.#wanted.size > IDS_PER_LIST_MAX;
    const wanted = this.#wanted;
    this.#wanted = new Set();
    this.#allWanted = false;
    this.#touched = new Set();
    const following = this.#following;
    const before = all ? [...this.#byId.keys()] : [...wanted];
    const listed = await this.#docker.containers(all ? undefined : [...wanted]);
    for (const container of listed) {
      if (this.#touched.has(container.id)) continue;
      if (this.get(container.id)?.name !== container.name) this.#news.rename(container.id, container.name);
      this.#put(container, true);
    }
    const there = new Set(listed.map(({ id }) => id));
    for (const id of before) if (!there.has(id) && this.#byId.has(id)) this.destroyed(id);
    if (all) this.#synced = following;
  }

  #put(facts: ContainerFacts, complete: boolean): void {
    this.#drop(facts.id);
    this.#byId.set(facts.id, { facts, complete });
    if (facts.name !== "") this.#byName.set(facts.name, facts.id);
  }

  #drop(id: ContainerId): void {
    const name = this.#byId.get(id)?.facts.name;
    this.#byId.delete(id);
    if (name !== undefined && this.#byName.get(name) === id) this.#byName.delete(name);
  }
}

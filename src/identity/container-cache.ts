import { SingleFlight } from "../base/single-flight.ts";
import type { ContainerFacts } from "../model/facts.ts";
import type { ContainerId } from "../model/ids.ts";
import type { Docker, DockerContainer } from "../platform/docker/docker.ts";
import { relevantLabels } from "../policy/index.ts";
import { ImageLabels } from "./image-labels.ts";

/** More ids than this are asked for as "all": an id takes 67 bytes of the request's URL. */
const IDS_PER_LIST_MAX = 32;

interface Entry {
  readonly container: DockerContainer;
  /**
   * False for what a `create` event told: labels `image` and `name` are hidden in it, because the engine
   * writes its own values over them.
   */
  readonly listed: boolean;
  /** Whether policy looks at any of the labels, and with that, whether it matters which are the image's. */
  readonly concerned: boolean;
  /** Keys of all labels that are as the image has them; undefined until that is known. */
  readonly inherited: readonly string[] | undefined;
}

export interface ContainerNews {
  rename(containerId: ContainerId, name: string): void;
  gone(containerId: ContainerId): void;
  /** What was found out earlier about the labels that the container has from its image. */
  inherited(containerId: ContainerId): readonly string[] | undefined;
}

/**
 * Docker's containers by id and by name: fed by events as they come, completed and corrected by lists. At most
 * one list is under way; misses meanwhile are gathered for the next.
 *
 * Docker mixes the labels of an image into those of its containers. Where policy looks at any of them, the
 * image is asked for as well, once: neither changes as long as the container lives.
 */
export class ContainerCache {
  readonly #docker: Docker;
  readonly #news: ContainerNews;
  readonly #identityLabels: readonly string[];
  readonly #images: ImageLabels;
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

  /** @param identityLabels labels besides `hyperion.*` that selectors may see. */
  constructor(docker: Docker, news: ContainerNews, identityLabels: readonly string[]) {
    this.#docker = docker;
    this.#news = news;
    this.#identityLabels = identityLabels;
    this.#images = new ImageLabels(docker);
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
    const entry = this.#byId.get(id);
    return entry && factsOf(entry);
  }

  named(name: string): ContainerFacts | undefined {
    const id = this.#byName.get(name);
    return id === undefined ? undefined : this.get(id);
  }

  /** The same, when it is known which labels are the image's, or does not matter. */
  sifted(id: ContainerId): ContainerFacts | undefined {
    const entry = this.#byId.get(id);
    return entry !== undefined && isSifted(entry) ? factsOf(entry) : undefined;
  }

  /** The same, when besides all labels are known to be there. */
  complete(id: ContainerId): ContainerFacts | undefined {
    return this.#byId.get(id)?.listed === true ? this.sifted(id) : undefined;
  }

  /**
   * From the cache, or from Docker; undefined when there is no such container. One whose image Docker no longer
   * has is told with `inherited` undefined. Rejects as `containers()` and `imageLabels()` do.
   */
  async fetch(id: ContainerId): Promise<ContainerFacts | undefined> {
    await this.look(id);
    await this.#sift(id);
    return this.get(id);
  }

  /** The same without the image: sees to it that the container has been listed, if there is one. */
  async look(id: ContainerId): Promise<void> {
    if (this.#byId.get(id)?.listed === true) return;
    this.#wanted.add(id);
    await this.#lists.request("list");
  }

  /** Reads all containers anew; tells of names, and of containers that have gone unseen. */
  async refresh(): Promise<void> {
    this.#allWanted = true;
    await this.#lists.request("list");
  }

  created(container: DockerContainer): void {
    this.#put(container, false);
  }

  renamed(id: ContainerId, name: string): void {
    this.#touched.add(id);
    const entry = this.#byId.get(id);
    if (entry !== undefined) this.#put({ ...entry.container, name }, entry.listed);
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
      const known = this.get(container.id)?.name;
      if (!this.#touched.has(container.id)) {
        if (known !== container.name) this.#news.rename(container.id, container.name);
        this.#put(container, true);
      } else if (known !== undefined) {
        this.#put({ ...container, name: known }, true); // All but its name is as it was made.
      }
    }
    const there = new Set(listed.map(({ id }) => id));
    for (const id of before) if (!there.has(id) && this.#byId.has(id)) this.destroyed(id);
    if (all) this.#synced = following;
  }

  /** Finds out which labels are the image's, where it is not known yet. */
  async #sift(id: ContainerId): Promise<void> {
    const entry = this.#byId.get(id);
    if (entry === undefined || isSifted(entry)) return;
    const { labels, image } = entry.container;
    const inherited = inheritedOf(labels, image && (await this.#images.of(image)));
    const now = this.#byId.get(id); // It may have been renamed meanwhile, or removed.
    if (now !== undefined && inherited !== undefined) this.#byId.set(id, { ...now, inherited });
  }

  #put(container: DockerContainer, listed: boolean): void {
    const { id, name, labels } = container;
    const concerned = relevantLabels(labels, this.#identityLabels).length > 0;
    // While the container has an endpoint: its record goes when it stops, and the image may be gone by then.
    const recorded = () => (concerned ? this.#news.inherited(id) : undefined);
    const inherited = this.#byId.get(id)?.inherited ?? recorded();
    this.#drop(id);
    this.#byId.set(id, { container, listed, concerned, inherited });
    if (name !== "") this.#byName.set(name, id);
  }

  #drop(id: ContainerId): void {
    const name = this.#byId.get(id)?.container.name;
    this.#byId.delete(id);
    if (name !== undefined && this.#byName.get(name) === id) this.#byName.delete(name);
  }
}

function isSifted({ concerned, inherited }: Entry): boolean {
  return !concerned || inherited !== undefined;
}

function factsOf({ container: { id, name, labels }, inherited }: Entry): ContainerFacts {
  return { id, name, labels, inherited };
}

/** A label that is given to the container just as the image has it cannot be told from the image's. */
function inheritedOf(
  labels: ContainerFacts["labels"],
  image: ContainerFacts["labels"] | undefined,
): readonly string[] | undefined {
  if (image === undefined) return undefined;
  return Object.keys(labels).filter((key) => Object.hasOwn(image, key) && image[key] === labels[key]);
}

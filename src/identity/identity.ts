import type { Log } from "../base/log.ts";
import { SingleFlight } from "../base/single-flight.ts";
import { reasonOf } from "../model/errors.ts";
import type { ContainerFacts } from "../model/facts.ts";
import { type EndpointId, type NetworkId, shortId } from "../model/ids.ts";
import type { Docker, DockerEvent, DockerNetwork } from "../platform/docker/docker.ts";
import { Attribution, type EndpointKey } from "./attribution.ts";
import { ContainerCache } from "./container-cache.ts";
import type { EndpointDirectory } from "./directory.ts";
import { EventFeed, type FeedTiming } from "./event-feed.ts";
import { NetworkWatch, type WatchTiming } from "./network-watch.ts";

/** All in milliseconds. */
export interface IdentityTiming extends FeedTiming, WatchTiming {
  /** Period of the search for endpoints that are still unattributed, and the age at which it sees them. */
  readonly overduePeriodMs: number;
  readonly overdueAfterMs: number;
  /** Period of the survey of everything, and the wait after one that failed. */
  readonly surveyPeriodMs: number;
  readonly surveyRetryMs: number;
}

export const IDENTITY_TIMING: IdentityTiming = {
  reconnectFirstMs: 50,
  reconnectLastMs: 1000,
  pollFirstMs: 2,
  pollLastMs: 250,
  verifyFirstMs: 20,
  watchForMs: 10_000,
  overduePeriodMs: 5000,
  overdueAfterMs: 1000,
  surveyPeriodMs: 60_000,
  surveyRetryMs: 1000,
};

export interface IdentityParts {
  readonly docker: Docker;
  readonly log: Log;
  readonly directory: EndpointDirectory;
  /** Whether a network is of our driver: those are surveyed and told in `observed`. */
  readonly isOurs: (network: DockerNetwork) => boolean;
  /** Labels besides `hyperion.*` that policy looks at. */
  readonly identityLabels: readonly string[];
}

/**
 * Finds the container behind each endpoint, and its labels, before its first packet.
 *
 * A driver call names no container. What does, in the order in which it can be known:
 *
 * 1. from engine 29 on, the container's name in IPAM's RequestAddress ({@link expect});
 * 2. from CreateEndpoint's reply on, `GET /networks/{id}`: the endpoint with the container's name, under the
 *    key `ep-<endpoint>` ({@link created} looks there);
 * 3. from Join's reply on, the same with the container's ID;
 * 4. once the container has all its networks, docker_gwbridge included, the event `network connect`: with
 *    many containers starting it is a second late, and from engine 28 on it races with the process.
 *
 * Each is exact: names are unique in an engine, and it does not rename a container that it is starting. None
 * relies on an order of calls or events. No failure of the engine's API gets out: an endpoint that cannot be
 * attributed stays unattributed and is looked for again. One protocol handler waits for something here, for a
 * moment and only while the engine is well ({@link attributed}).
 */
export class Identity {
  readonly #docker: Docker;
  readonly #log: Log;
  readonly #directory: EndpointDirectory;
  readonly #isOurs: (network: DockerNetwork) => boolean;
  readonly #timing: IdentityTiming;
  readonly #containers: ContainerCache;
  readonly #attribution: Attribution;
  readonly #feed: EventFeed;
  readonly #watch: NetworkWatch;
  readonly #inspections = new SingleFlight((id: NetworkId) => this.#inspect(id));
  readonly #surveys = new SingleFlight((_: "all") => this.#survey());
  readonly #networkNames = new Map<NetworkId, string>();
  /** Overdue endpoints that the log knows of. */
  #reported = new Set<EndpointId>();
  #overdueTimer: NodeJS.Timeout | undefined;
  #surveyTimer: NodeJS.Timeout | undefined;
  #surveyFails = false;
  #running = false;

  constructor(parts: IdentityParts, timing: IdentityTiming = IDENTITY_TIMING) {
    const { docker, log, directory, isOurs, identityLabels } = parts;
    this.#docker = docker;
    this.#log = log;
    this.#directory = directory;
    this.#isOurs = isOurs;
    this.#timing = timing;
    this.#containers = new ContainerCache(docker, directory, identityLabels);
    this.#attribution = new Attribution(directory, this.#containers, log);
    this.#feed = new EventFeed(docker, log, timing, {
      connected: () => {
        this.#containers.follow(true);
        void this.#surveyNow();
      },
      disconnected: () => {
        this.#containers.follow(false);
        this.#attribution.abandon();
      },
      event: (event) => this.#handle(event),
    });
    this.#watch = new NetworkWatch(timing, {
      interest: (id) => this.#attribution.interest(id),
      look: (id) => quietly(this.#inspections.request(id)),
    });
  }

  /** True while Docker's events flow. */
  get connected(): boolean {
    return this.#feed.connected;
  }

  /** Begins; does not wait for the engine, which may be waiting for us. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#feed.start();
    this.#overdueTimer = setInterval(() => this.#seekOverdue(), this.#timing.overduePeriodMs);
  }

  /** For good. Tells the directory nothing more, except what a call that is under way still finds. */
  stop(): void {
    this.#running = false;
    this.#feed.stop();
    this.#watch.stop();
    this.#attribution.abandon();
    clearInterval(this.#overdueTimer);
    clearTimeout(this.#surveyTimer);
  }

  /**
   * The container of that name with all its labels; undefined also while Docker's events do not flow, when it
   * may be another.
   */
  known(containerName: string): ContainerFacts | undefined {
    const id = this.#containers.synced ? this.#containers.named(containerName)?.id : undefined;
    return id && this.#containers.complete(id);
  }

  /**
   * Called in CreateEndpoint, once the directory has the endpoint, when IPAM was told the container's name.
   * With the container in the cache, `attribute` is called before this returns.
   */
  expect(endpoint: EndpointKey, containerName: string): void {
    if (this.#attribution.expect(endpoint, containerName)) return;
    void quietly(this.#attribution.seek(containerName));
  }

  /**
   * Called when CreateEndpoint is about to be answered: a moment later Docker lists the endpoint. The engine
   * has work of its own until it sends the Join, and whose endpoint it is can be known by then. Returns at once.
   */
  created(endpoint: EndpointKey): void {
    this.#attribution.starts(endpoint.id);
    this.#watch.begin(endpoint.networkId, "soon");
  }

  /** Called when a Join arrives: by now Docker does list the endpoint. Returns at once. */
  joined(endpoint: EndpointKey): void {
    this.#attribution.starts(endpoint.id);
    this.#watch.begin(endpoint.networkId, "now");
  }

  /**
   * Called in Join for an endpoint that is still unattributed. Resolves when it is not any more, when nothing
   * can be expected of Docker just now, and after `timeoutMs` at the latest.
   */
  async attributed(endpointId: EndpointId, timeoutMs: number): Promise<void> {
    if (this.#feed.connected) await this.#attribution.told(endpointId, timeoutMs);
  }

  /** Called when an endpoint is deleted. */
  forget(endpointId: EndpointId): void {
    this.#attribution.forget(endpointId);
  }

  #handle(event: DockerEvent): void {
    switch (event.type) {
      case "create":
        this.#containers.created(event.container);
        // So that the labels are complete by the time the container starts.
        void quietly(
          this.#containers.fetch(event.container.id).then(() => this.#attribution.meetExpectations()),
        );
        break;
      case "connect":
        if (this.#attribution.interest(event.networkId) === "none") break;
        void quietly(this.#containers.fetch(event.containerId));
        void quietly(this.#inspections.request(event.networkId));
        break;
      case "rename":
        this.#containers.renamed(event.containerId, event.name);
        break;
      case "destroy":
        this.#containers.destroyed(event.containerId);
        break;
      case "disconnect":
        break; // The driver is told by Leave and DeleteEndpoint; what those miss, the next survey sees.
    }
  }

  /** Reads a network and attributes what it tells. Undefined: Docker has no such network. */
  async #inspect(networkId: NetworkId): Promise<DockerNetwork | undefined> {
    const network = await this.#docker.network(networkId);
    if (network === undefined) return undefined;
    this.#learnName(network);
    await this.#attribution.settle(network);
    return network;
  }

  #learnName({ id, name, compose }: DockerNetwork): void {
    if (this.#networkNames.get(id) === name) return;
    this.#networkNames.set(id, name);
    this.#directory.named(id, name, compose);
  }

  /** Whatever was missed: daemon boot, a hung API, lost events. */
  #seekOverdue(): void {
    if (!this.#feed.connected) return; // A survey follows the connection.
    const beforeMs = Date.now() - this.#timing.overdueAfterMs;
    const overdue = [...this.#directory.unattributed()].filter((each) => each.createdAtMs <= beforeMs);
    for (const id of new Set(overdue.map((each) => each.networkId))) {
      void quietly(this.#inspections.request(id));
    }
    for (const endpoint of overdue) if (!this.#reported.has(endpoint.id)) this.#reportOverdue(endpoint.id);
    this.#reported = new Set(overdue.map((each) => each.id));
  }

  #reportOverdue(endpointId: EndpointId): void {
    const message = `endpoint ${shortId(endpointId)} stays quarantined: Docker has not said whose it is`;
    this.#log.warn("identity.unattributed", message, { endpointId });
  }

  async #surveyNow(): Promise<void> {
    clearTimeout(this.#surveyTimer);
    let waitMs = this.#timing.surveyPeriodMs;
    try {
      await this.#surveys.request("all");
      this.#surveyFails = false;
    } catch (error) {
      waitMs = this.#timing.surveyRetryMs;
      if (!this.#surveyFails) {
        this.#log.warn("docker.survey", `the survey of Docker's networks failed: ${reasonOf(error)}`);
      }
      this.#surveyFails = true;
    }
    clearTimeout(this.#surveyTimer);
    if (!this.#running) return;
    // While there is no connection a survey would only fail; the next connection begins with one.
    this.#surveyTimer = setTimeout(() => this.#feed.connected && void this.#surveyNow(), waitMs);
  }

  /** All containers and all our networks, one network after the other: a start of many must not wait for it. */
  async #survey(): Promise<void> {
    const startedAtMs = Date.now();
    const [all] = await Promise.all([this.#docker.networks(), this.#containers.refresh()]);
    this.#attribution.meetExpectations();
    void this.#attribution.sift();
    const networks: DockerNetwork[] = [];
    for (const { id } of all.filter(this.#isOurs)) {
      const network = await this.#inspections.request(id);
      if (network !== undefined) networks.push(network);
    }
    for (const id of this.#networkNames.keys()) {
      if (!networks.some((each) => each.id === id)) this.#networkNames.delete(id);
    }
    this.#directory.observed({ startedAtMs, networks });
  }
}

/** For calls whose failure is the beginning of another attempt, and is told by the event feed. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}

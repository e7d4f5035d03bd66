import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "../base/backoff.ts";
import type { Log } from "../base/log.ts";
import { SingleFlight } from "../base/single-flight.ts";
import { isHyperionError, reasonOf } from "../model/errors.ts";
import type { Ip } from "../model/ip.ts";
import type { Dataplane } from "../platform/dataplane/dataplane.ts";
import type { Host, Link } from "../platform/host/host.ts";
import type { FactsStore } from "./facts-store.ts";
import { findWaysOut, type WaysOut } from "./ways-out.ts";

/**
 * How long a port keeps its programs, and so passes nothing, when the last endpoint that answered for it is
 * gone: Docker takes the endpoint away before the port.
 */
const UNCLAIMED_GRACE_MS = 2_000;

/** The same for a port that nobody answered for yet: Docker moves the devices of a container one by one. */
const UNKNOWN_GRACE_MS = 250;

/**
 * Rest after a look, for each device that there is: more than the kernel and this process work for it. A look
 * takes longer where it waits for the kernel, and that is no reason to rest.
 */
const REST_MS_PER_DEVICE = 0.02;

const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 10_000;

export interface GatewaysParts {
  readonly host: Host;
  readonly dataplane: Dataplane;
  readonly facts: FactsStore;
  /** The facts have changed. */
  readonly changed: () => void;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** A port that carries the programs. */
interface Guarded {
  /** An endpoint of ours answers for it, or did. */
  readonly claimed: boolean;
  /** Since when none does (performance.now). */
  readonly unclaimedSinceMs: number | undefined;
}

interface Found {
  readonly found: WaysOut;
  readonly addresses: ReadonlySet<Ip>;
  readonly devices: number;
}

/**
 * Keeps the ways out of containers and the addresses of this machine among the facts, and the programs on
 * the ways out.
 *
 * A port gets its programs before it is among the facts, and without its row they drop everything. While a
 * container of ours is without a way out, any port that leads nowhere yet gets them: before Docker moves its
 * other end into a container, and thus before anything could be sent. They are taken off those that turn
 * out to be other networks'. A port that cannot get them is set down, unless it was there before this
 * daemon. One that an earlier daemon left with programs keeps them, whatever is known of it.
 */
export class Gateways {
  readonly #parts: GatewaysParts;
  readonly #looks = new SingleFlight<"look", void>(() => this.#lookAgain());
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_LAST_MS);
  readonly #guarded = new Map<number, Guarded>();
  /** Ports that were there before this daemon. */
  readonly #earlier = new Set<number>();
  /** Ports of which the log has been told that they have no programs. */
  readonly #complained = new Set<number>();
  #restUntilMs = 0;
  #nextLookInMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #endWatch: () => void = () => {};
  #stopped = false;

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  /** At start: finds what there is, before anything is compiled of it. Throws E601. */
  async open(): Promise<void> {
    const { found, addresses } = await this.#find();
    for (const { index } of found.ports) this.#earlier.add(index);
    await this.#guardAll(found.ports.filter(({ index }) => found.ours.has(index)));
    this.#publish(found, addresses);
  }

  /** Follows changes from now on, and makes up for those since {@link open}. Throws E601. */
  async follow(): Promise<void> {
    this.#endWatch = await this.#parts.host.watch(() => this.changed());
    if (this.#stopped) this.#endWatch();
    await this.#looks.request("look");
  }

  /** Looks again, soon: something has changed of which the kernel may not tell. */
  changed(): void {
    if (!this.#stopped) void this.#looks.request("look");
  }

  /** Puts the programs on again, after the data plane was lost. Throws E511 when it is lost again. */
  async attachAll(): Promise<void> {
    for (const port of [...this.#guarded.keys()]) {
      try {
        await this.#parts.dataplane.attach(port, "gateway");
      } catch (error) {
        if (isHyperionError(error, "E511")) throw error;
        this.#guarded.delete(port); // for the next look, which says so if it fails again
      }
    }
    this.changed();
  }

  /**
   * Programs stay where they are. A port that nobody answers for any more is waited for and released: the
   * next daemon could not tell it from one whose container has made away with its VF, which stays closed.
   */
  async stop(): Promise<void> {
    const lastMs = performance.now() + UNCLAIMED_GRACE_MS + RETRY_FIRST_MS;
    await this.#looks.request("look");
    while (this.#isReleasing && performance.now() < lastMs) {
      await sleep(RETRY_FIRST_MS);
      await this.#looks.request("look");
    }
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#endWatch();
    await this.#looks.request("look");
  }

  get #isReleasing(): boolean {
    return [...this.#guarded.values()].some(({ unclaimedSinceMs }) => unclaimedSinceMs !== undefined);
  }

  async #lookAgain(): Promise<void> {
    // However many devices there are and however fast they come, there is time for other things.
    const restMs = this.#restUntilMs - performance.now();
    if (restMs > 0) await sleep(restMs);
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#nextLookInMs = Number.POSITIVE_INFINITY;
    let devices = 0;
    try {
      devices = await this.#look();
    } catch (error) {
      this.#parts.log.warn("gateway.look-failed", `the ways out cannot be seen: ${reasonOf(error)}`);
      this.#lookIn(this.#backoff.next());
    }
    this.#restUntilMs = performance.now() + devices * REST_MS_PER_DEVICE;
    if (this.#stopped || this.#nextLookInMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.changed(), this.#nextLookInMs);
    this.#timer.unref();
  }

  /** The number of devices. */
  async #look(): Promise<number> {
    const { found, addresses, devices } = await this.#find();
    // One that leads nowhere yet may be the one that is expected.
    const wanted = found.ports.filter(
      ({ index, peerNamespace }) => found.ours.has(index) || (found.expecting && peerNamespace === undefined),
    );
    const complete = await this.#guardAll(wanted);
    if (this.#publish(found, addresses)) this.#parts.changed();
    await this.#releaseUnclaimed(found);
    if (complete) this.#backoff.reset();
    else this.#lookIn(this.#backoff.next());
    return devices;
  }

  async #find(): Promise<Found> {
    const { host, facts, nowMs } = this.#parts;
    const [links, addresses] = await Promise.all([host.links(""), host.addresses()]);
    const current = facts.facts;
    const found = findWaysOut(links, current, current.gateways, nowMs());
    return { found, addresses: new Set(addresses), devices: links.length };
  }

  /** True when all of them have the programs or are gone. */
  async #guardAll(links: readonly Link[]): Promise<boolean> {
    let complete = true;
    for (const link of links) {
      if (this.#guarded.has(link.index)) continue;
      try {
        await this.#guard(link);
      } catch (error) {
        if (isHyperionError(error, "E602")) continue;
        complete = false;
        await this.#leaveUnguarded(link, error);
      }
    }
    return complete;
  }

  async #guard({ index, name, up, peerNamespace }: Link): Promise<void> {
    const { dataplane, host } = this.#parts;
    await dataplane.attach(index, "gateway");
    // Docker sets it up before it leads anywhere: it was us who set it down.
    if (!up && peerNamespace !== undefined) await host.setUp(name, true);
    this.#guarded.set(index, { claimed: false, unclaimedSinceMs: undefined });
    this.#complained.delete(index);
  }

  async #leaveUnguarded({ index, name, up, peerNamespace }: Link, error: unknown): Promise<void> {
    const { host, log } = this.#parts;
    if (peerNamespace === undefined) return; // nothing passes yet, and it may be another network's
    const cut = !this.#earlier.has(index);
    if (!this.#complained.has(index)) {
      const what = cut ? "is set down until it can be guarded" : "lets its container out past every policy";
      log.error("gateway.unguarded", `${name} ${what}: ${reasonOf(error)}`, { device: name });
      this.#complained.add(index);
    }
    if (cut && up) await host.setUp(name, false);
  }

  /** True when the facts are others now. */
  #publish({ byEndpoint }: WaysOut, addresses: ReadonlySet<Ip>): boolean {
    const { facts } = this.#parts;
    const guarded = new Map([...byEndpoint].filter(([, port]) => this.#guarded.has(port)));
    const moved = facts.setHostAddresses(addresses);
    return facts.setGateways(guarded) || moved;
  }

  async #releaseUnclaimed(found: WaysOut): Promise<void> {
    const ports = new Map(found.ports.map((link) => [link.index, link]));
    for (const gone of [...this.#earlier, ...this.#complained].filter((port) => !ports.has(port))) {
      this.#earlier.delete(gone);
      this.#complained.delete(gone);
    }
    const nowMs = performance.now();
    for (const [port, guarded] of [...this.#guarded]) {
      const link = ports.get(port);
      if (link === undefined) {
        await this.#release(port);
      } else if (found.ours.has(port)) {
        this.#guarded.set(port, { claimed: true, unclaimedSinceMs: undefined });
      } else if (link.peerNamespace !== undefined) {
        const sinceMs = guarded.unclaimedSinceMs ?? nowMs;
        const unknownMs = found.arriving ? UNKNOWN_GRACE_MS : 0;
        const graceMs = guarded.claimed ? UNCLAIMED_GRACE_MS : unknownMs;
        this.#guarded.set(port, { ...guarded, unclaimedSinceMs: sinceMs });
        if (sinceMs + graceMs <= nowMs) await this.#release(port);
        else this.#lookIn(sinceMs + graceMs - nowMs);
      }
    }
  }

  /** Of a port that is gone, or that is another network's. */
  async #release(port: number): Promise<void> {
    const { dataplane, log } = this.#parts;
    try {
      await dataplane.detach(port);
      this.#guarded.delete(port);
    } catch (error) {
      log.warn("gateway.release-failed", `gateway port ${port} keeps its programs: ${reasonOf(error)}`);
      this.#lookIn(this.#backoff.next());
    }
  }

  /** The next look is at most so far away. */
  #lookIn(ms: number): void {
    this.#nextLookInMs = Math.min(this.#nextLookInMs, ms);
  }
}

import { Backoff } from "../base/backoff.ts";
import type { NetworkId } from "../model/ids.ts";

export interface WatchTiming {
  /** First and longest wait between looks at a network with unattributed endpoints, in milliseconds. */
  readonly pollFirstMs: number;
  readonly pollLastMs: number;
  /** First wait where there are only names to verify, in milliseconds. */
  readonly verifyFirstMs: number;
  /** How long after the last Join a network is watched, in milliseconds. */
  readonly watchForMs: number;
}

/** What a look at a network could still tell: the container of an endpoint, or only that a name was right. */
export type Interest = "attribution" | "verification" | "none";

export interface WatchDuty {
  interest(networkId: NetworkId): Interest;
  /** Looks at the network. Must not reject. */
  look(networkId: NetworkId): Promise<void>;
}

interface Watch {
  readonly poll: Backoff;
  readonly verify: Backoff;
  untilMs: number;
  /** Grows at every begin(): only the look that was begun last continues the watch. */
  turn: number;
  timer: NodeJS.Timeout | undefined;
}

/** Looks at networks that containers are joining, at growing intervals, for as long as there is something to learn. */
export class NetworkWatch {
  readonly #timing: WatchTiming;
  readonly #duty: WatchDuty;
  readonly #watches = new Map<NetworkId, Watch>();
  #stopped = false;

  constructor(timing: WatchTiming, duty: WatchDuty) {
    this.#timing = timing;
    this.#duty = duty;
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Looks now or soon if an endpoint waits for it, later if only a name does, and then again. */
  begin(networkId: NetworkId, first: "now" | "soon"): void {
    if (this.#stopped) return;
    const watch = this.#watches.get(networkId) ?? this.#create(networkId);
    clearTimeout(watch.timer);
    watch.poll.reset();
    watch.verify.reset();
    watch.untilMs = performance.now() + this.#timing.watchForMs;
    watch.turn++;
    if (first === "now" && this.#duty.interest(networkId) === "attribution")
      void this.#look(networkId, watch);
    else this.#continue(networkId, watch);
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#watches.values()) clearTimeout(watch.timer);
    this.#watches.clear();
  }

  #create(networkId: NetworkId): Watch {
    const { pollFirstMs, pollLastMs, verifyFirstMs } = this.#timing;
    const poll = new Backoff(pollFirstMs, pollLastMs);
    const verify = new Backoff(verifyFirstMs, Math.max(verifyFirstMs, pollLastMs * 4));
    const watch: Watch = { poll, verify, untilMs: 0, turn: 0, timer: undefined };
    this.#watches.set(networkId, watch);
    return watch;
  }

  async #look(networkId: NetworkId, watch: Watch): Promise<void> {
    const turn = watch.turn;
    await this.#duty.look(networkId);
    if (watch.turn === turn && !this.#stopped) this.#continue(networkId, watch);
  }

  #continue(networkId: NetworkId, watch: Watch): void {
    const interest = this.#duty.interest(networkId);
    if (interest === "none" || performance.now() > watch.untilMs) {
      this.#watches.delete(networkId);
      return;
    }
    const waitMs = interest === "attribution" ? watch.poll.next() : watch.verify.next();
    watch.timer = setTimeout(() => void this.#look(networkId, watch), waitMs);
  }
}

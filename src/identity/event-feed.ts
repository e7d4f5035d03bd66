import { Backoff } from "../base/backoff.ts";
import type { Log } from "../base/log.ts";
import { isHyperionError, reasonOf } from "../model/errors.ts";
import type { Docker, DockerEvent, EventStream } from "../platform/docker/docker.ts";

export interface FeedTiming {
  /** First and longest wait before the engine is called again, in milliseconds. */
  readonly reconnectFirstMs: number;
  readonly reconnectLastMs: number;
}

export interface FeedListener {
  /** Events flow from now on; whatever happened before this was not told. */
  connected(): void;
  /** Events have ceased to flow. */
  disconnected(): void;
  event(event: DockerEvent): void;
}

/** Docker's events, for ever: opens the stream again however it ended. Says so once per outage. */
export class EventFeed {
  readonly #docker: Docker;
  readonly #log: Log;
  readonly #timing: FeedTiming;
  readonly #listener: FeedListener;
  readonly #backoff: Backoff;
  #state: "new" | "running" | "stopped" = "new";
  #outage = false;
  #stream: EventStream | undefined;
  #wake: () => void = () => {};

  constructor(docker: Docker, log: Log, timing: FeedTiming, listener: FeedListener) {
    this.#docker = docker;
    this.#log = log;
    this.#timing = timing;
    this.#listener = listener;
    this.#backoff = new Backoff(timing.reconnectFirstMs, timing.reconnectLastMs);
  }

  get connected(): boolean {
    return this.#stream !== undefined;
  }

  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    void this.#run();
  }

  /** At once: a call that is under way ends by its own deadline, and its answer is dropped. */
  stop(): void {
    this.#state = "stopped";
    this.#stream?.close();
    this.#wake();
  }

  async #run(): Promise<void> {
    while (this.#state === "running") {
      try {
        await this.#follow();
        this.#lost("the event stream ended");
      } catch (error) {
        this.#lost(reasonOf(error));
        // An engine that accepts and does not answer is booting. The deadline has been the wait.
        if (isHyperionError(error, "E603")) this.#backoff.reset();
      }
      await this.#pause(this.#backoff.next());
    }
  }

  async #follow(): Promise<void> {
    const stream = await this.#docker.events((event) => {
      if (this.#state === "running") this.#listener.event(event);
    });
    if (this.#state === "stopped") return stream.close();
    this.#stream = stream;
    const openedAtMs = performance.now();
    if (this.#outage) this.#log.info("docker.connected", `Docker at ${this.#docker.host} answers again`);
    this.#outage = false;
    this.#listener.connected();
    await stream.closed;
    this.#stream = undefined;
    this.#listener.disconnected();
    // Only a stream that lasted is a success: one that ends at once must not be reopened in a tight loop.
    if (performance.now() - openedAtMs > this.#timing.reconnectLastMs) this.#backoff.reset();
  }

  #lost(reason: string): void {
    if (this.#state === "stopped") return;
    if (!this.#outage) {
      const message = `no events from Docker at ${this.#docker.host}: ${reason}; new endpoints stay quarantined`;
      this.#log.warn("docker.lost", message);
    }
    this.#outage = true;
  }

  async #pause(waitMs: number): Promise<void> {
    if (this.#state === "stopped") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { HyperionError } from "../../../model/errors.ts";
import type { NativeLibrary } from "../../native/library.ts";

/** A watch that ended of itself is begun again after this time. */
const WATCH_AGAIN_MS = 1_000;

/**
 * The kernel's news of devices and addresses: a thread of the library reads them and writes a byte into a
 * pipe, which the event loop waits for like for any socket. Costs nothing while nothing happens.
 */
export class HostWatch {
  readonly #library: NativeLibrary;
  readonly #changed: () => void;
  #pipe: Socket | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(library: NativeLibrary, changed: () => void) {
    this.#library = library;
    this.#changed = changed;
  }

  /** Throws E601. */
  static async open(library: NativeLibrary, changed: () => void): Promise<HostWatch> {
    const watch = new HostWatch(library, changed);
    await watch.#begin();
    return watch;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#pipe?.destroy();
  }

  async #begin(): Promise<void> {
    const { result, message } = await this.#library.call("hyp_host_watch");
    if (result < 0) {
      throw new HyperionError("E601", { operation: "watch", device: "every device", reason: message });
    }
    if (this.#closed) {
      closeSync(result);
      return;
    }
    const pipe = new Socket({ fd: result, readable: true, writable: false });
    pipe.on("data", () => this.#changed());
    pipe.on("error", () => {}); // "close" follows
    pipe.on("close", () => this.#beginAgain());
    this.#pipe = pipe;
  }

  #beginAgain(): void {
    if (this.#closed) return;
    this.#again = setTimeout(() => {
      this.#begin().then(
        () => this.#changed(), // whatever nobody told meanwhile
        () => this.#beginAgain(),
      );
    }, WATCH_AGAIN_MS);
  }
}

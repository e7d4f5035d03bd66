import { Backoff } from "../base/backoff.ts";
import type { Log } from "../base/log.ts";
import { HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import type { Dataplane } from "../platform/dataplane/dataplane.ts";
import type { Host } from "../platform/host/host.ts";
import { VF_NAME_PREFIX, VfNamePool, type VfNames, vfNames, vfNumber } from "./vf-names.ts";

export { REPRESENTOR_PREFIX } from "./vf-names.ts";

/** A virtual function with the data plane's programs on its representor. */
export interface Vf extends VfNames {
  /** Kernel index of the representor: the data plane's port id. */
  readonly port: number;
}

export interface VfPoolOptions {
  readonly host: Host;
  readonly dataplane: Dataplane;
  /** VFs kept ready. */
  readonly warm: number;
  /** VFs there may be at once, ready ones and dying ones included. */
  readonly limit: number;
  /** MTU that VFs are made ready with. One taken with another MTU is changed when it is taken. */
  readonly mtuBytes: number;
  readonly log: Log;
}

export interface VfPoolCounts {
  readonly inUse: number;
  readonly warm: number;
  readonly limit: number;
}

interface ReadyVf extends Vf {
  readonly mtuBytes: number;
}

interface Waiter {
  readonly mtuBytes: number;
  readonly resolve: (vf: ReadyVf) => void;
  readonly reject: (error: unknown) => void;
  /** True once everything undead was tried again on its behalf. */
  sawUndead: boolean;
}

/** One that is to be destroyed. `port` is undefined where its representor was never seen. */
interface Mortal extends VfNames {
  readonly port: number | undefined;
}

interface Doomed extends Mortal {
  readonly done: () => void;
}

const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 10_000;

/**
 * VFs made ahead of time, so that starting a container does not wait for the kernel. One that comes
 * back is destroyed and never handed out again: whatever a container did to it goes with it.
 *
 * The kernel makes and destroys devices one at a time, under RTNL; so does the pool, in one lane, and
 * those who wait for a VF go before the dying and the dying before the warm.
 */
export class VfPool {
  readonly #options: VfPoolOptions;
  readonly #names: VfNamePool;
  /** By representor. */
  readonly #inUse = new Map<string, Vf>();
  readonly #warm: ReadyVf[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #doomed: Doomed[] = [];
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_LAST_MS);
  /** What could not be destroyed, until the next retry. */
  #undead: Mortal[] = [];
  /** Ports of devices that are gone, which a data plane of its own process still has open. */
  #left: number[] = [];
  #retry: NodeJS.Timeout | undefined;
  #attaching: Promise<void> = Promise.resolve();
  #running = false;
  #lane: Promise<void> = Promise.resolve();
  #state: "new" | "open" | "closed" = "new";

  constructor(options: VfPoolOptions) {
    this.#options = options;
    this.#names = new VfNamePool(options.limit);
  }

  get counts(): VfPoolCounts {
    return { inUse: this.#inUse.size, warm: this.#warm.length, limit: this.#options.limit };
  }

  /**
   * Begins: keeps the VFs that records say are in use, with their programs brought up to date, dooms
   * every other device that bears our names, and starts warming. Returns those of `inUse` that exist
   * no more. Not before the daemon's lock is held: another daemon's VFs look like orphans.
   */
  async adopt<T extends Vf>(inUse: readonly T[]): Promise<readonly T[]> {
    const { host, dataplane } = this.#options;
    const owned = (await host.links(VF_NAME_PREFIX)).filter(
      ({ name, kind }) => kind === "veth" && vfNumber(name) !== undefined,
    );
    const indices = new Map(owned.map(({ name, index }) => [name, index]));
    const kept = inUse.filter((vf) => indices.get(vf.representor) === vf.port);
    for (const vf of kept) {
      this.#names.claim(vf.representor);
      this.#inUse.set(vf.representor, vf);
    }
    const orphans = new Set<number>();
    const keptNumbers = new Set(kept.map(({ representor }) => vfNumber(representor)));
    for (const { name } of owned) {
      const number = vfNumber(name);
      if (number !== undefined && !keptNumbers.has(number)) orphans.add(number);
    }
    for (const number of orphans) {
      const names = vfNames(number);
      this.#doom({ ...names, port: indices.get(names.representor) });
    }
    const gone = inUse.filter((vf) => !kept.includes(vf));
    const present = new Set(indices.values());
    this.#left.push(...gone.map(({ port }) => port).filter((port) => !present.has(port)));
    // Where the data plane is lost meanwhile, attachAll follows.
    this.#attaching = this.#attachAgain(kept).catch(() => {});
    // With the tables of the earlier daemon its programs are the right ones, and only a device that lost
    // them meanwhile gains by this. With new tables nobody passes before it is done.
    if (!dataplane.capabilities.adopted) await this.#attaching;
    if (this.#state === "new") this.#state = "open";
    this.#work();
    return gone;
  }

  /**
   * Hands out a VF with this MTU on both ends, its programs attached and its representor up.
   * Throws E320 when `limit` VFs are in use, E501, E507, E509 and E601.
   */
  async take(mtuBytes: number): Promise<Vf> {
    if (this.#state === "closed") throw stopping();
    const ready = this.#warm.shift() ?? (await this.#wait(mtuBytes));
    this.#inUse.set(ready.representor, ready);
    this.#work();
    const { vf, representor, port } = ready;
    if (ready.mtuBytes !== mtuBytes) {
      try {
        await this.#options.host.setMtu(representor, mtuBytes);
        await this.#options.host.setMtu(vf, mtuBytes);
      } catch (error) {
        await this.giveBack(ready);
        throw error;
      }
    }
    return { vf, representor, port };
  }

  /**
   * Attaches every VF, in use or ready, after the data plane was lost. One that fails is logged and left
   * as it is. Throws E511 when the data plane is lost again.
   */
  attachAll(): Promise<void> {
    return this.#attachAgain([...this.#inUse.values(), ...this.#warm]);
  }

  /**
   * Destroys a VF, and with it its programs; resolves when it is gone. Does not reject: a VF that
   * cannot be destroyed is logged and tried again, its names taken until then. One that is not in
   * use is left alone, and so is another that has its names by now.
   */
  async giveBack(vf: Vf): Promise<void> {
    const mine = this.#inUse.get(vf.representor);
    if (mine?.port !== vf.port) return;
    this.#inUse.delete(vf.representor);
    await new Promise<void>((resolve) => {
      this.#doomed.push({ ...mine, done: resolve });
      this.#work();
    });
  }

  /** Refuses takers, and destroys what nobody uses. VFs in use go on. */
  async close(): Promise<void> {
    this.#state = "closed";
    clearTimeout(this.#retry);
    this.#retry = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(stopping());
    await Promise.all([this.#attaching, this.#lane]);
    for (const vf of [...this.#warm.splice(0), ...this.#undead.splice(0)]) this.#doom(vf);
    this.#work();
    await this.#lane;
  }

  #doom(vf: Mortal): void {
    this.#names.claim(vf.representor);
    this.#doomed.push({ ...vf, done: () => {} });
  }

  #wait(mtuBytes: number): Promise<ReadyVf> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ mtuBytes, resolve, reject, sawUndead: false });
      this.#work();
    });
  }

  /** Throws E511. */
  async #attachAgain(vfs: readonly Vf[]): Promise<void> {
    const isKept = ({ representor }: Vf) =>
      this.#inUse.has(representor) || this.#warm.some((vf) => vf.representor === representor);
    for (const vf of vfs) {
      if (this.#state === "closed") return;
      if (!isKept(vf)) continue;
      const { representor, port } = vf;
      try {
        await this.#options.dataplane.attach(port, "vf");
      } catch (error) {
        if (isHyperionError(error, "E511")) throw error;
        if (!isKept(vf)) continue; // given back meanwhile
        this.#options.log.warn("vf.attach-failed", `${representor} is left as it is: ${reasonOf(error)}`, {
          device: representor,
        });
      }
    }
  }

  /** Starts the lane unless it runs. */
  #work(): void {
    if (this.#running) return;
    this.#running = true;
    this.#lane = this.#run();
  }

  async #run(): Promise<void> {
    for (;;) {
      const waiter = this.#waiters.length > 0;
      if (waiter && this.#names.free > 0) await this.#serve();
      else if (this.#doomed.length > 0) await this.#destroyAll();
      else if (waiter) this.#refuse();
      else if (this.#left.length > 0 && this.#retry === undefined) await this.#detachAll();
      else if (this.#wantsWarm()) await this.#warmUp();
      else break;
    }
    // In the same turn as the last look, so that no work is left lying between the two.
    this.#running = false;
  }

  async #serve(): Promise<void> {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return;
    try {
      waiter.resolve(await this.#make(waiter.mtuBytes));
    } catch (error) {
      waiter.reject(error);
    }
  }

  #refuse(): void {
    const [waiter] = this.#waiters;
    if (waiter !== undefined && this.#undead.length > 0 && !waiter.sawUndead) {
      // What could not be destroyed is worth another try before somebody is refused over it.
      waiter.sawUndead = true;
      for (const vf of this.#undead.splice(0)) this.#doom(vf);
      return;
    }
    const { limit } = this.#options;
    this.#waiters.shift()?.reject(new HyperionError("E320", { used: this.#inUse.size, limit }));
  }

  /** Everything doomed at one go, which takes the kernel hardly longer than one. */
  async #destroyAll(): Promise<void> {
    const doomed = this.#doomed.splice(0);
    try {
      await this.#options.host.deleteLinks(doomed.map(({ representor }) => representor));
      for (const vf of doomed) this.#destroyed(vf);
    } catch {
      // One of them is the reason. The others shall not share its fate.
      for (const vf of doomed) await this.#destroy(vf);
    }
    for (const { done } of doomed) done();
  }

  async #destroy(vf: Mortal): Promise<void> {
    const { representor } = vf;
    try {
      await this.#options.host.deleteLinks([representor]);
      this.#destroyed(vf);
    } catch (error) {
      this.#options.log.warn("vf.destroy-failed", `${representor} stays for now: ${reasonOf(error)}`, {
        device: representor,
      });
      this.#undead.push(vf);
      this.#retryLater();
    }
  }

  #destroyed({ representor, port }: Mortal): void {
    this.#names.release(representor);
    if (port !== undefined) this.#left.push(port);
  }

  /**
   * Not before the device is gone: without its programs it would lead past them. In the kernel they go with the
   * device, but an agent has something open for every port, and room for so many.
   */
  async #detachAll(): Promise<void> {
    for (const port of this.#left.splice(0)) {
      try {
        await this.#options.dataplane.detach(port);
      } catch (error) {
        // A data plane that was lost has no ports any more.
        if (isHyperionError(error, "E511") || this.#state === "closed") continue;
        this.#options.log.warn("vf.detach-failed", `port ${port} stays open for now: ${reasonOf(error)}`);
        this.#left.push(port);
        this.#retryLater();
      }
    }
  }

  /** A creation whose answer was lost has happened all the same; a device that is no veth is not ours. */
  async #uncreate(names: VfNames): Promise<void> {
    const link = await this.#options.host.link(names.representor).catch(() => undefined);
    if (link?.kind === "veth") await this.#destroy({ ...names, port: link.index });
    else this.#names.release(names.representor);
  }

  #wantsWarm(): boolean {
    const { warm } = this.#options;
    return (
      this.#state === "open" && this.#retry === undefined && this.#warm.length < warm && this.#names.free > 0
    );
  }

  async #warmUp(): Promise<void> {
    try {
      const ready = await this.#make(this.#options.mtuBytes);
      this.#backoff.reset();
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#warm.push(ready);
      else waiter.resolve(ready);
    } catch (error) {
      this.#options.log.warn("vf.warm-failed", `no VF could be made ready: ${reasonOf(error)}`);
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#retry !== undefined || this.#state === "closed") return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      for (const vf of this.#undead.splice(0)) this.#doom(vf);
      this.#work();
    }, this.#backoff.next());
    this.#retry.unref();
  }

  async #make(mtuBytes: number): Promise<ReadyVf> {
    const { host, dataplane } = this.#options;
    const names = this.#names.allocate();
    if (names === undefined)
      throw new HyperionError("E320", { used: this.#inUse.size, limit: this.#names.capacity });
    let port: number;
    try {
      port = await host.createVf(names.vf, names.representor, mtuBytes);
    } catch (error) {
      await this.#uncreate(names);
      throw error;
    }
    try {
      await dataplane.attach(port, "vf");
    } catch (error) {
      await this.#destroy({ ...names, port });
      throw error;
    }
    return { ...names, port, mtuBytes };
  }
}

function stopping(): HyperionError {
  return new HyperionError("E601", { operation: "create", device: "a VF", reason: "Hyperion is stopping" });
}

import { HyperionError } from "../../src/model/errors.ts";
import type { Ip } from "../../src/model/ip.ts";
import type { Host, Link } from "../../src/platform/host/host.ts";

type Changing = "createVf" | "deleteLinks" | "setMtu" | "setUp";

/** A host whose changes fail on demand; everything else goes to the host behind it. */
export class FaultyHost implements Host {
  readonly #behind: Host;
  readonly #failures: Record<Changing, number> = { createVf: 0, deleteLinks: 0, setMtu: 0, setUp: 0 };

  constructor(behind: Host) {
    this.#behind = behind;
  }

  /** The next `times` calls of `operation` fail, having done nothing. */
  fail(operation: Changing, times = 1): void {
    this.#failures[operation] = times;
  }

  async createVf(vf: string, representor: string, mtuBytes: number): Promise<number> {
    this.#maybeFail("createVf", representor);
    return this.#behind.createVf(vf, representor, mtuBytes);
  }

  async deleteLinks(names: readonly string[]): Promise<void> {
    this.#maybeFail("deleteLinks", names.join(" "));
    return this.#behind.deleteLinks(names);
  }

  async setMtu(name: string, mtuBytes: number): Promise<void> {
    this.#maybeFail("setMtu", name);
    return this.#behind.setMtu(name, mtuBytes);
  }

  async setUp(name: string, up: boolean): Promise<void> {
    this.#maybeFail("setUp", name);
    return this.#behind.setUp(name, up);
  }

  link(name: string): Promise<Link | undefined> {
    return this.#behind.link(name);
  }

  links(namePrefix: string): Promise<readonly Link[]> {
    return this.#behind.links(namePrefix);
  }

  addresses(): Promise<readonly Ip[]> {
    return this.#behind.addresses();
  }

  watch(changed: () => void): Promise<() => void> {
    return this.#behind.watch(changed);
  }

  lock(path: string): Promise<() => void> {
    return this.#behind.lock(path);
  }

  bootId(): Promise<string> {
    return this.#behind.bootId();
  }

  #maybeFail(operation: Changing, device: string): void {
    if (this.#failures[operation] === 0) return;
    this.#failures[operation] -= 1;
    throw new HyperionError("E601", { operation, device, reason: "Cannot allocate memory" });
  }
}

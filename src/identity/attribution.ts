import { KeyedSignal } from "../base/keyed-signal.ts";
import type { Log } from "../base/log.ts";
import type { ContainerFacts, EndpointFacts } from "../model/facts.ts";
import { type ContainerId, type EndpointId, type NetworkId, shortId } from "../model/ids.ts";
import type { DockerAttachment, DockerNetwork } from "../platform/docker/docker.ts";
import type { ContainerCache } from "./container-cache.ts";
import type { EndpointDirectory } from "./directory.ts";
import type { Interest } from "./network-watch.ts";

/** What identity needs of an endpoint. */
export type EndpointKey = Pick<EndpointFacts, "id" | "networkId">;

/** An attribution by name, until Docker's list of the network says the container itself. */
interface Provisional {
  readonly networkId: NetworkId;
  readonly containerId: ContainerId;
}

interface Expectation {
  readonly networkId: NetworkId;
  readonly name: string;
}

/**
 * From what Docker lists of a network, and from names, to `attribute`. By container ID an attribution is
 * final; by name it is exact too, but provisional until the ID has been seen.
 */
export class Attribution {
  readonly #directory: EndpointDirectory;
  readonly #containers: ContainerCache;
  readonly #log: Log;
  readonly #starting = new Set<EndpointId>();
  readonly #expected = new Map<EndpointId, Expectation>();
  readonly #provisional = new Map<EndpointId, Provisional>();
  /** Whose container's image is being asked for. */
  readonly #sifting = new Set<EndpointId>();
  readonly #told = new KeyedSignal<EndpointId>();

  constructor(directory: EndpointDirectory, containers: ContainerCache, log: Log) {
    this.#directory = directory;
    this.#containers = containers;
    this.#log = log;
  }

  interest(networkId: NetworkId): Interest {
    for (const endpoint of this.#directory.unattributed()) {
      if (endpoint.networkId === networkId) return "attribution";
    }
    for (const { networkId: id } of this.#provisional.values()) if (id === networkId) return "verification";
    return "none";
  }

  /** Docker has called about the endpoint in this life of the daemon: its container is being started. */
  starts(endpointId: EndpointId): void {
    this.#starting.add(endpointId);
  }

  /** Attributes at once, and returns true, if the container of that name is known with all its labels. */
  expect({ id, networkId }: EndpointKey, name: string): boolean {
    this.#expected.set(id, { networkId, name });
    this.meetExpectations();
    return !this.#expected.has(id);
  }

  /** Looks for a container by the name that an endpoint expects. Rejects when Docker cannot be asked. */
  async seek(name: string): Promise<void> {
    const id = await this.#idOf(name);
    if (id !== undefined) await this.#containers.fetch(id);
    this.meetExpectations();
  }

  /** Resolves when the endpoint is attributed or forgotten, when `abandon` is called, or when time is up. */
  told(endpointId: EndpointId, timeoutMs: number): Promise<void> {
    return this.#told.wait(endpointId, timeoutMs);
  }

  /** Nobody need wait any longer. */
  abandon(): void {
    this.#told.raiseAll();
  }

  /** Tells again of endpoints whose container's image has turned up, or matters by now. */
  async sift(): Promise<void> {
    const wanted = new Set<ContainerId>();
    for (const { container } of this.#directory.unsifted())
      if (container !== undefined) wanted.add(container.id);
    const missing = [...wanted].filter((id) => this.#containers.complete(id) === undefined);
    await Promise.allSettled(missing.map((id) => this.#containers.fetch(id)));
    for (const { id, container } of [...this.#directory.unsifted()]) {
      if (container === undefined) continue;
      if (this.#containers.complete(container.id)?.inherited !== undefined) this.#tell(id, container);
    }
  }

  /** After the container cache learned something. */
  meetExpectations(): void {
    if (!this.#containers.synced) return; // The name may have gone over to another container unseen.
    for (const [endpointId, { networkId, name }] of this.#expected) {
      const id = this.#containers.named(name)?.id;
      const container = id && this.#containers.complete(id);
      if (container === undefined) continue;
      this.#expected.delete(endpointId);
      this.#attributeProvisionally(endpointId, networkId, container);
    }
  }

  forget(endpointId: EndpointId): void {
    this.#starting.delete(endpointId);
    this.#expected.delete(endpointId);
    this.#provisional.delete(endpointId);
    this.#told.raise(endpointId);
  }

  /**
   * Attributes what the list of a network tells. Rejects when a container's labels cannot be had; which of them
   * are the image's may still be on its way.
   */
  async settle(network: DockerNetwork): Promise<void> {
    const unattributed = new Set<EndpointId>();
    for (const { id } of this.#directory.unattributed()) unattributed.add(id);
    const work: Promise<void>[] = [];
    for (const attachment of network.attachments) {
      const { endpointId } = attachment;
      if (this.#sifting.has(endpointId)) continue;
      const provisional = this.#provisional.get(endpointId);
      if (provisional !== undefined) work.push(this.#verify(attachment, provisional));
      else if (unattributed.has(endpointId)) work.push(this.#resolve(network.id, attachment));
    }
    // All of them have their turn before the first failure is told.
    const failure = (await Promise.allSettled(work)).find((each) => each.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  async #resolve(networkId: NetworkId, attachment: DockerAttachment): Promise<void> {
    const { endpointId, containerId, containerName } = attachment;
    if (containerId !== undefined) {
      await this.#attribute(endpointId, containerId);
      return;
    }
    // Without a call in this life, no ID means that Docker lost the sandbox: nobody's endpoint.
    if (!this.#starting.has(endpointId) || containerName === "") return;
    const id = await this.#idOf(containerName);
    if (id === undefined) return;
    await this.#obtain(endpointId, id, (container) => {
      if (this.#starting.has(endpointId)) this.#attributeProvisionally(endpointId, networkId, container);
    });
  }

  async #verify({ endpointId, containerId }: DockerAttachment, provisional: Provisional): Promise<void> {
    if (containerId === undefined) return;
    if (provisional.containerId === containerId) {
      this.forget(endpointId);
      return;
    }
    const found = `endpoint ${shortId(endpointId)} belongs to container ${shortId(containerId)}`;
    const message = `${found}, not to ${shortId(provisional.containerId)} as its name said`;
    this.#log.warn("identity.contradiction", message, { endpointId, containerId });
    await this.#attribute(endpointId, containerId);
  }

  async #attribute(endpointId: EndpointId, containerId: ContainerId): Promise<void> {
    await this.#obtain(endpointId, containerId, (container) => {
      this.forget(endpointId);
      this.#tell(endpointId, container);
    });
  }

  #attributeProvisionally(endpointId: EndpointId, networkId: NetworkId, container: ContainerFacts): void {
    this.#provisional.set(endpointId, { networkId, containerId: container.id });
    this.#tell(endpointId, container);
  }

  /** As the container is now: it may have been renamed on the way here. */
  #tell(endpointId: EndpointId, container: ContainerFacts): void {
    this.#directory.attribute(endpointId, this.#containers.get(container.id) ?? container);
    this.#told.raise(endpointId);
  }

  async #idOf(name: string): Promise<ContainerId | undefined> {
    if (!this.#containers.synced || this.#containers.named(name) === undefined) {
      await this.#containers.refresh();
    }
    return this.#containers.named(name)?.id;
  }

  /**
   * Hands on the container, at once or as soon as its image has answered, which nobody else need wait for. Its
   * labels are as complete as can be had: a list that fails leaves what the `create` event told, unless it
   * matters which of them are the image's.
   */
  async #obtain(
    endpointId: EndpointId,
    id: ContainerId,
    take: (container: ContainerFacts) => void,
  ): Promise<void> {
    const containers = this.#containers;
    const failure = await containers.look(id).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const container = containers.sifted(id);
    if (container !== undefined) take(container);
    else if (failure !== undefined) throw failure.error;
    else if (containers.get(id) !== undefined) {
      this.#sifting.add(endpointId);
      const sifted = containers.fetch(id).then((late) => late && take(late));
      void sifted.catch(() => {}).finally(() => this.#sifting.delete(endpointId));
    }
  }
}

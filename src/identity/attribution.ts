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
  }

  /** Attributes what the list of a network tells. Rejects when a container's labels cannot be had. */
  async settle(network: DockerNetwork): Promise<void> {
    const unattributed = new Set<EndpointId>();
    for (const { id } of this.#directory.unattributed()) unattributed.add(id);
    const work: Promise<void>[] = [];
    for (const attachment of network.attachments) {
      const { endpointId } = attachment;
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
    const container = await this.#fetchNamed(containerName);
    if (container !== undefined && this.#starting.has(endpointId)) {
      this.#attributeProvisionally(endpointId, networkId, container);
    }
  }

  async #verify({ endpointId, containerId }: DockerAttachment, provisional: Provisional): Promise<void> {
    if (containerId === undefined) return;
    if (provisional.containerId !== containerId) {
      const found = `endpoint ${shortId(endpointId)} belongs to container ${shortId(containerId)}`;
      const message = `${found}, not to ${shortId(provisional.containerId)} as its name said`;
      this.#log.warn("identity.contradiction", message, { endpointId, containerId });
      await this.#attribute(endpointId, containerId);
    }
    this.forget(endpointId);
  }

  async #attribute(endpointId: EndpointId, containerId: ContainerId): Promise<void> {
    const container = this.#containers.complete(containerId) ?? (await this.#fetch(containerId));
    if (container === undefined) return;
    this.forget(endpointId);
    this.#tell(endpointId, container);
  }

  #attributeProvisionally(endpointId: EndpointId, networkId: NetworkId, container: ContainerFacts): void {
    this.#provisional.set(endpointId, { networkId, containerId: container.id });
    this.#tell(endpointId, container);
  }

  /** As the container is now: it may have been renamed on the way here. */
  #tell(endpointId: EndpointId, container: ContainerFacts): void {
    this.#directory.attribute(endpointId, this.#containers.get(container.id) ?? container);
  }

  async #fetchNamed(name: string): Promise<ContainerFacts | undefined> {
    if (!this.#containers.synced || this.#containers.named(name) === undefined) {
      await this.#containers.refresh();
    }
    const id = this.#containers.named(name)?.id;
    return id && (this.#containers.complete(id) ?? (await this.#fetch(id)));
  }

  /** With labels as complete as can be had: a list that fails leaves what the `create` event told. */
  async #fetch(containerId: ContainerId): Promise<ContainerFacts | undefined> {
    try {
      return await this.#containers.fetch(containerId);
    } catch (error) {
      const container = this.#containers.get(containerId);
      if (container === undefined) throw error;
      return container;
    }
  }
}

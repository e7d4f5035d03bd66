import { HyperionError } from "../../../model/errors.ts";
import type { ContainerFacts } from "../../../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../model/ids.ts";
import type { Docker, DockerAttachment, DockerEvent, DockerNetwork, EventStream } from "../docker.ts";

interface Listener {
  readonly tell: (event: DockerEvent) => void;
  readonly close: () => void;
}

type Health = "well" | "hung" | "dead";

interface MemoryNetwork {
  readonly facts: Omit<DockerNetwork, "attachments">;
  readonly attachments: Map<EndpointId, DockerAttachment>;
}

/** A Docker Engine made of maps, with the engine's order of events and its ways of failing. */
export class MemoryDocker implements Docker {
  readonly host = "memory:";
  /** Time that a hung engine's calls take to fail, and that a well one's take to succeed, in milliseconds. */
  readonly timeoutMs: number;
  latencyMs = 0;
  /** While true, events happen but nobody is told. */
  muted = false;
  readonly #containers = new Map<ContainerId, ContainerFacts>();
  readonly #networks = new Map<NetworkId, MemoryNetwork>();
  readonly #listeners = new Set<Listener>();
  #health: Health = "well";
  #revived: (() => void)[] = [];

  constructor(timeoutMs = 3000) {
    this.timeoutMs = timeoutMs;
  }

  async containers(ids?: readonly ContainerId[]): Promise<readonly ContainerFacts[]> {
    await this.#serve();
    const wanted = ids === undefined ? undefined : new Set(ids);
    return [...this.#containers.values()].filter((each) => wanted?.has(each.id) ?? true);
  }

  async network(id: NetworkId): Promise<DockerNetwork | undefined> {
    await this.#serve();
    const network = this.#networks.get(id);
    return network && { ...network.facts, attachments: [...network.attachments.values()] };
  }

  async networks(): Promise<readonly DockerNetwork[]> {
    await this.#serve();
    return [...this.#networks.values()].map(({ facts }) => ({ ...facts, attachments: [] }));
  }

  async version(): Promise<string> {
    await this.#serve();
    return "20.10.24";
  }

  async events(tell: (event: DockerEvent) => void): Promise<EventStream> {
    await this.#serve();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const listener = { tell, close: () => this.#listeners.delete(listener) && resolve() };
    this.#listeners.add(listener);
    return { closed, close: () => void listener.close() };
  }

  addNetwork(facts: Omit<DockerNetwork, "attachments">): void {
    this.#networks.set(facts.id, { facts, attachments: new Map() });
  }

  removeNetwork(id: NetworkId): void {
    this.#networks.delete(id);
  }

  /** `docker create`. */
  addContainer(container: ContainerFacts): void {
    this.#containers.set(container.id, container);
    this.emit({ type: "create", container });
  }

  renameContainer(id: ContainerId, name: string): void {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#containers.set(id, { ...container, name });
    this.emit({ type: "rename", containerId: id, name });
  }

  removeContainer(id: ContainerId): void {
    if (this.#containers.delete(id)) this.emit({ type: "destroy", containerId: id });
  }

  /** What Docker knows between a driver's CreateEndpoint and its Join: the endpoint and the name, no sandbox. */
  createEndpoint(networkId: NetworkId, endpointId: EndpointId, containerName: string): void {
    this.#attach(networkId, { endpointId, containerId: undefined, containerName });
  }

  /** What Docker does after a driver's Join. With `quietly`, the event is still to come, or lost. */
  connectEndpoint(
    networkId: NetworkId,
    endpointId: EndpointId,
    containerId: ContainerId,
    quietly = false,
  ): void {
    const containerName = this.#containers.get(containerId)?.name ?? "";
    this.#attach(networkId, { endpointId, containerId, containerName });
    if (!quietly) this.emit({ type: "connect", networkId, containerId });
  }

  disconnectEndpoint(networkId: NetworkId, endpointId: EndpointId): void {
    const attachments = this.#networks.get(networkId)?.attachments;
    const containerId = attachments?.get(endpointId)?.containerId;
    attachments?.delete(endpointId);
    if (containerId !== undefined) this.emit({ type: "disconnect", networkId, containerId });
  }

  emit(event: DockerEvent): void {
    if (this.muted || this.#health !== "well") return;
    for (const listener of [...this.#listeners]) listener.tell(event);
  }

  /** From now on connections are accepted and nothing is answered, as while the engine boots. */
  hang(): void {
    this.#health = "hung";
  }

  /** The engine goes: streams end, calls are refused. What it knows stays. */
  die(): void {
    this.#health = "dead";
    for (const listener of [...this.#listeners]) listener.close();
  }

  /** Well again. Calls that hang are answered now, events in between stay untold. */
  revive(): void {
    this.#health = "well";
    for (const resume of this.#revived.splice(0)) resume();
  }

  #attach(networkId: NetworkId, given: Omit<DockerAttachment, "ipv4" | "ipv6">): void {
    const attachment = { ...given, ipv4: undefined, ipv6: undefined };
    this.#networks.get(networkId)?.attachments.set(given.endpointId, attachment);
  }

  async #serve(): Promise<void> {
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    if (this.#health === "hung") await this.#hang();
    if (this.#health === "dead") throw new HyperionError("E605", { host: this.host, reason: "refused" });
  }

  #hang(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new HyperionError("E603", { host: this.host, timeoutMs: this.timeoutMs })),
        this.timeoutMs,
      );
      this.#revived.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

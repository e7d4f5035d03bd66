import { HyperionError } from "../../../model/errors.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../model/ids.ts";
import type {
  Docker,
  DockerAttachment,
  DockerContainer,
  DockerEvent,
  DockerImage,
  DockerNetwork,
  EventStream,
  ImageId,
} from "../docker.ts";

interface Listener {
  readonly tell: (event: DockerEvent) => void;
  readonly close: () => void;
}

type Health = "well" | "hung" | "dead";

interface MemoryNetwork {
  readonly facts: Omit<DockerNetwork, "attachments">;
  readonly attachments: Map<EndpointId, DockerAttachment>;
}

/** A container as a test makes it; without an image of its own it gets one without labels. */
export type GivenContainer = Omit<DockerContainer, "image"> & { readonly image?: ImageId };

type GivenNetwork = Omit<DockerNetwork, "attachments" | "subnets" | "compose"> &
  Partial<Pick<DockerNetwork, "subnets" | "compose">>;

const PLAIN_IMAGE = "sha256:plain" as ImageId;

/** A Docker Engine made of maps, with the engine's order of events and its ways of failing. */
export class MemoryDocker implements Docker {
  readonly host = "memory:";
  /** Time that a hung engine's calls take to fail, in milliseconds. */
  readonly timeoutMs: number;
  /** Time a request is on its way, and again its answer, which is that much out of date on arrival. */
  latencyMs = 0;
  /** While true, events happen but nobody is told. */
  muted = false;
  /** Times that the labels of an image were asked for. */
  imageQuestions = 0;
  readonly #containers = new Map<ContainerId, DockerContainer>();
  readonly #images = new Map<ImageId, Readonly<Record<string, string>>>([[PLAIN_IMAGE, {}]]);
  readonly #networks = new Map<NetworkId, MemoryNetwork>();
  readonly #listeners = new Set<Listener>();
  #health: Health = "well";
  #imagesHang = false;
  #revived: (() => void)[] = [];
  #untold: DockerEvent[] = [];

  constructor(timeoutMs = 3000) {
    this.timeoutMs = timeoutMs;
  }

  containers(ids?: readonly ContainerId[]): Promise<readonly DockerContainer[]> {
    const wanted = ids === undefined ? undefined : new Set(ids);
    return this.#serve(() => [...this.#containers.values()].filter((each) => wanted?.has(each.id) ?? true));
  }

  imageLabels({ id }: DockerImage): Promise<Readonly<Record<string, string>> | undefined> {
    this.imageQuestions++;
    return this.#serve(() => this.#images.get(id), this.#imagesHang);
  }

  network(id: NetworkId): Promise<DockerNetwork | undefined> {
    return this.#serve(() => {
      const network = this.#networks.get(id);
      return network && { ...network.facts, attachments: [...network.attachments.values()] };
    });
  }

  networks(): Promise<readonly DockerNetwork[]> {
    return this.#serve(() =>
      [...this.#networks.values()].map(({ facts }) => ({ ...facts, attachments: [] })),
    );
  }

  version(): Promise<string> {
    return this.#serve(() => "20.10.24");
  }

  events(tell: (event: DockerEvent) => void): Promise<EventStream> {
    return this.#serve(() => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      const listener = { tell, close: () => this.#listeners.delete(listener) && resolve() };
      this.#listeners.add(listener);
      return { closed, close: () => void listener.close() };
    });
  }

  addNetwork(given: GivenNetwork): void {
    const facts = { subnets: [], compose: undefined, ...given };
    this.#networks.set(facts.id, { facts, attachments: new Map() });
  }

  removeNetwork(id: NetworkId): void {
    this.#networks.delete(id);
  }

  /** `docker build`, `docker pull`. */
  addImage(id: ImageId, labels: Readonly<Record<string, string>>): void {
    this.#images.set(id, labels);
  }

  /** `docker rmi -f`: also while containers are made from it. */
  removeImage(id: ImageId): void {
    this.#images.delete(id);
  }

  hasImage(id: ImageId): boolean {
    return this.#images.has(id);
  }

  /** `docker create`: the container gets its image's labels, and its own over them. */
  addContainer({ image = PLAIN_IMAGE, ...given }: GivenContainer): void {
    const labels = { ...this.#images.get(image), ...given.labels };
    const container = { ...given, labels, image: { id: image, platform: undefined } };
    this.#containers.set(container.id, container);
    // The engine writes these two attributes of the event over labels of the same keys.
    const { name: _, image: __, ...told } = labels;
    this.emit({ type: "create", container: { ...given, labels: told, image: undefined } });
  }

  nameOf(id: ContainerId): string {
    return this.#containers.get(id)?.name ?? "";
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
    this.#attach(networkId, { endpointId, containerId, containerName: this.nameOf(containerId) });
    if (!quietly) this.emit({ type: "connect", networkId, containerId });
  }

  disconnectEndpoint(networkId: NetworkId, endpointId: EndpointId): void {
    const attachments = this.#networks.get(networkId)?.attachments;
    const containerId = attachments?.get(endpointId)?.containerId;
    attachments?.delete(endpointId);
    if (containerId !== undefined) this.emit({ type: "disconnect", networkId, containerId });
  }

  emit(event: DockerEvent): void {
    if (this.muted) return;
    if (this.#health === "hung") {
      this.#untold.push(event);
      return;
    }
    for (const listener of [...this.#listeners]) listener.tell(event);
  }

  /**
   * From now on connections are accepted and nothing is answered, as while the engine boots or is stopped
   * by a signal. Streams that are open stay so, and get their events on revival.
   */
  hang(): void {
    this.#health = "hung";
  }

  /** From now on questions about images are not answered, and only those. */
  hangImages(): void {
    this.#imagesHang = true;
  }

  /** The engine goes: streams end, calls are refused. What it knows stays, its events are lost. */
  die(): void {
    this.#health = "dead";
    this.#untold = [];
    for (const listener of [...this.#listeners]) listener.close();
  }

  /** Well again: calls that hang are answered. */
  revive(): void {
    this.#health = "well";
    this.#imagesHang = false;
    for (const event of this.#untold.splice(0)) this.emit(event);
    for (const resume of this.#revived.splice(0)) resume();
  }

  #attach(networkId: NetworkId, given: Omit<DockerAttachment, "ipv4" | "ipv6">): void {
    const attachment = { ...given, ipv4: undefined, ipv6: undefined };
    this.#networks.get(networkId)?.attachments.set(given.endpointId, attachment);
  }

  async #serve<T>(answer: () => T, hangs = false): Promise<T> {
    await this.#travel();
    if (hangs || this.#health === "hung") await this.#hang();
    if (this.#health === "dead") throw new HyperionError("E605", { host: this.host, reason: "refused" });
    const result = answer();
    await this.#travel();
    return result;
  }

  async #travel(): Promise<void> {
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
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

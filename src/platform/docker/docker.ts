import type { Brand } from "../../model/brand.ts";
import type { ComposeNetwork } from "../../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../model/ids.ts";
import type { Ip } from "../../model/ip.ts";
import type { Prefix } from "../../model/prefix.ts";

/** A digest, `sha256:…`: what it names never changes. */
export type ImageId = Brand<"ImageId">;

/** What a container was made from. */
export interface DockerImage {
  readonly id: ImageId;
  /**
   * Which of the variants that an engine with containerd's image store keeps under one id, as its API
   * takes a platform (JSON); undefined where an id is one variant.
   */
  readonly platform: string | undefined;
}

/** A container as Docker lists it. */
export interface DockerContainer {
  readonly id: ContainerId;
  /** Without Docker's leading slash. */
  readonly name: string;
  /** Its own and those of its image, mixed. */
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined in an event, which has only the name that the image went by. */
  readonly image: DockerImage | undefined;
}

/** What Docker says of one endpoint of a network that it lists. */
export interface DockerAttachment {
  readonly endpointId: EndpointId;
  /** Undefined for an endpoint whose sandbox Docker has lost (`ep-…` in its answer). */
  readonly containerId: ContainerId | undefined;
  readonly containerName: string;
  readonly ipv4: Ip | undefined;
  readonly ipv6: Ip | undefined;
}

export interface DockerNetwork {
  readonly id: NetworkId;
  readonly name: string;
  /** Undefined where the network's labels are not compose's. */
  readonly compose: ComposeNetwork | undefined;
  readonly driver: string;
  readonly ipamDriver: string;
  /** Also those that nobody asked for by name. */
  readonly subnets: readonly Prefix[];
  readonly attachments: readonly DockerAttachment[];
}

export type DockerEvent =
  /** A container joined a network: Docker lists the endpoint from now on. */
  | { readonly type: "connect"; readonly networkId: NetworkId; readonly containerId: ContainerId }
  | { readonly type: "disconnect"; readonly networkId: NetworkId; readonly containerId: ContainerId }
  | { readonly type: "create"; readonly container: DockerContainer }
  | { readonly type: "rename"; readonly containerId: ContainerId; readonly name: string }
  | { readonly type: "destroy"; readonly containerId: ContainerId };

/**
 * The door to the Docker Engine's API. Every call has a deadline and rejects with E603 to E605.
 * Only calls that take no container lock in the engine are offered: none can deadlock with a driver
 * call that the engine is waiting for. Still, no protocol handler may await one of these: the
 * engine does not serve its API while it boots.
 */
export interface Docker {
  readonly host: string;

  /** Containers by id, or all of them, stopped ones too. */
  containers(ids?: readonly ContainerId[]): Promise<readonly DockerContainer[]>;

  /** The labels that an image gives its containers; undefined when Docker does not have it (any more). */
  imageLabels(image: DockerImage): Promise<Readonly<Record<string, string>> | undefined>;

  /** One network with its attachments; undefined when Docker does not know it. */
  network(id: NetworkId): Promise<DockerNetwork | undefined>;

  /** Networks of all drivers, without attachments. */
  networks(): Promise<readonly DockerNetwork[]>;

  /** The engine's version, "20.10.24". */
  version(): Promise<string>;

  /**
   * Follows events from now on. Resolves when the engine has begun to answer; `closed` settles when
   * the stream ends for whatever reason.
   */
  events(listener: (event: DockerEvent) => void): Promise<EventStream>;
}

export interface EventStream {
  readonly closed: Promise<void>;
  close(): void;
}

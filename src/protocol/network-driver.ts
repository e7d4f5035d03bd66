import type { EndpointId, NetworkId } from "../model/ids.ts";
import type { InterfaceAddress, Ip } from "../model/ip.ts";
import type { MacAddress } from "../model/mac.ts";
import type { Prefix } from "../model/prefix.ts";

/**
 * What dockerd asks of a network driver (libnetwork `drivers/remote`), in Hyperion's terms. The
 * server decodes a request, calls the method and encodes what it resolves to; whatever it throws
 * reaches Docker's user as one line.
 *
 * The engine retries, replays and forgets: a create that is repeated with the same arguments
 * resolves as the first did, and taking away what is not known succeeds. A method that rejects has
 * undone what it did, because for a failed create no delete follows. None may wait for Docker's
 * API: the engine may hold the very lock that the answer needs.
 */
export interface NetworkDriver {
  readonly capabilities: NetworkCapabilities;

  /** Before IPAM, on engines ≥ 28: which families need no gateway address from it. */
  checkGateway(request: GatewayCheckRequest): Promise<GatewayCheckReply>;

  /** On Swarm's leader, repeated at every change of leader. Resolves to the options that the workers get. */
  allocateNetwork(request: AllocateNetworkRequest): Promise<Readonly<Record<string, string>>>;
  freeNetwork(networkId: NetworkId): Promise<void>;

  createNetwork(request: CreateNetworkRequest): Promise<void>;
  deleteNetwork(networkId: NetworkId): Promise<void>;

  /** What it resolves to counts only where the request left it open; the rest is not sent. */
  createEndpoint(request: CreateEndpointRequest): Promise<EndpointInterface>;
  /** After the device came back from the container. The address is released next, whatever this does. */
  deleteEndpoint(endpoint: EndpointRef): Promise<void>;
  /** Asked several times per start, for `docker inspect`. */
  endpointInfo(endpoint: EndpointRef): Promise<Readonly<Record<string, string>>>;

  join(request: JoinRequest): Promise<JoinReply>;
  /** Before the device leaves the container; once or twice per join, also for a join that failed. */
  leave(endpoint: EndpointRef): Promise<void>;

  /** Declarative: may come again for the same endpoint with other ports. */
  programExternalConnectivity(request: ExternalConnectivityRequest): Promise<void>;
  /** May be left out by the engine; leave implies it. */
  revokeExternalConnectivity(endpoint: EndpointRef): Promise<void>;

  discoverNew(node: DiscoveredNode): Promise<void>;
  discoverDelete(node: DiscoveredNode): Promise<void>;
}

/** Fixed for the engine's lifetime: it asks once and remembers, even when the driver restarts. */
export interface NetworkCapabilities {
  /** Who allocates networks: this engine, or Swarm's manager for the whole cluster. */
  readonly scope: "local" | "global";
  /** Whether containers of different hosts reach each other: switches on Swarm's DNS and node discovery. */
  readonly connectivityScope: "local" | "global";
  /** Asks for {@link NetworkDriver.checkGateway}. */
  readonly checksGateway: boolean;
}

/** The part of a network's options that libnetwork itself understands. */
export interface NetworkSettings {
  /** The `-o key=value` of `docker network create`, unchecked. */
  readonly options: Readonly<Record<string, string>>;
  readonly internal: boolean;
  /** True where the engine (< 28) does not say. */
  readonly enableIpv4: boolean;
  readonly enableIpv6: boolean;
}

export type GatewayCheckRequest = NetworkSettings;

export interface GatewayCheckReply {
  readonly skipIpv4: boolean;
  readonly skipIpv6: boolean;
}

/** One subnet of a network, as IPAM gave it. */
export interface PoolData {
  /** Undefined where there is none: Docker's null IPAM says `0.0.0.0/0`. */
  readonly prefix: Prefix | undefined;
  readonly gateway: InterfaceAddress | undefined;
  /** `--aux-address name=ip`. */
  readonly auxAddresses: Readonly<Record<string, InterfaceAddress>>;
}

export interface AllocateNetworkRequest {
  readonly networkId: NetworkId;
  /** The user's `-o` options, and on a replay those that the first call resolved to. */
  readonly options: Readonly<Record<string, string>>;
  readonly ipv4: readonly PoolData[];
  readonly ipv6: readonly PoolData[];
}

export interface CreateNetworkRequest extends NetworkSettings {
  readonly networkId: NetworkId;
  readonly ipv4: readonly PoolData[];
  readonly ipv6: readonly PoolData[];
}

export interface EndpointRef {
  readonly networkId: NetworkId;
  readonly endpointId: EndpointId;
}

export interface CreateEndpointRequest extends EndpointRef {
  /** Undefined: the driver chooses. */
  readonly ipv4: InterfaceAddress | undefined;
  readonly ipv6: InterfaceAddress | undefined;
  readonly mac: MacAddress | undefined;
  /**
   * As sent. The user's driver-opts are string values beside libnetwork's own
   * `com.docker.network.*` entries of other types.
   */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface EndpointInterface {
  readonly mac?: MacAddress | undefined;
  readonly ipv4?: InterfaceAddress | undefined;
  readonly ipv6?: InterfaceAddress | undefined;
}

export interface JoinRequest extends EndpointRef {
  /** Path of the container's network namespace. Engines < 28 make the file only later. */
  readonly sandboxKey: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface JoinReply {
  /** Device in the engine's namespace that moves into the container; 1 to 15 bytes. */
  readonly vf: string;
  /** Its name inside, to which the engine adds a number: `eth`. */
  readonly interfacePrefix: string;
  readonly gateway4?: Ip | undefined;
  readonly gateway6?: Ip | undefined;
  readonly staticRoutes: readonly StaticRoute[];
  /** True: the engine does not connect the container to docker_gwbridge either. */
  readonly disableGatewayService: boolean;
}

/** `nextHop` undefined: on-link. A default route goes into `gateway4` or `gateway6` (engines ≥ 28 insist). */
export interface StaticRoute {
  readonly destination: Prefix;
  readonly nextHop: Ip | undefined;
}

export interface ExternalConnectivityRequest extends EndpointRef {
  readonly options: Readonly<Record<string, unknown>>;
}

/** A node of the Swarm; the only kind of discovery that remote drivers are told of. */
export interface DiscoveredNode {
  readonly address: Ip;
  readonly bindAddress: Ip | undefined;
  /** True for this engine's own node. */
  readonly self: boolean;
}

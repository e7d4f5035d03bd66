import type { ContainerId, EndpointId, EndpointIndex, NetworkId, NetworkIndex } from "./ids.ts";
import type { InterfaceAddress, Ip } from "./ip.ts";
import type { MacAddress } from "./mac.ts";
import type { Posture } from "./posture.ts";
import type { Prefix } from "./prefix.ts";

/** How containers of a network reach what is outside it: Docker's docker_gwbridge, or not at all. */
export type GatewayMode = "docker" | "none";

/** The `-o hyperion.*` options of a network, with defaults filled in. */
export interface NetworkOptions {
  readonly mtuBytes: number;
  readonly gateway: GatewayMode;
  /** Posture of the endpoints that say nothing themselves; undefined: the daemon's default. */
  readonly posture: Posture | undefined;
  readonly multicast: boolean;
}

/** One subnet of a network, as libnetwork's IPAMData gives it. */
export interface Subnet {
  readonly prefix: Prefix;
  readonly gateway: Ip | undefined;
}

/** A network, as stored under `networks/<id>`. Immutable: a change makes a new object. */
export interface NetworkFacts {
  readonly id: NetworkId;
  readonly index: NetworkIndex;
  /** The name that Docker shows; undefined until Docker was asked, as libnetwork tells drivers only the id. */
  readonly name: string | undefined;
  readonly options: NetworkOptions;
  readonly internal: boolean;
  readonly subnets: readonly Subnet[];
  readonly createdAtMs: number;
}

/** The container behind an endpoint, as Docker describes it. */
export interface ContainerFacts {
  readonly id: ContainerId;
  /** Without Docker's leading slash. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An endpoint, as stored under `endpoints/<network>/<id>`. Immutable: a change makes a new object. */
export interface EndpointFacts {
  readonly id: EndpointId;
  readonly networkId: NetworkId;
  readonly index: EndpointIndex;
  readonly mac: MacAddress;
  /** True when libnetwork gave the MAC, so that a repeated reply does not echo it. */
  readonly macGiven: boolean;
  readonly ipv4: InterfaceAddress | undefined;
  readonly ipv6: InterfaceAddress | undefined;
  /** The netdev that goes into the container, and the one that stays and carries the programs. */
  readonly vf: string;
  readonly representor: string;
  /** Kernel index of the representor, which is the data plane's port id. */
  readonly port: number;
  /** `hyperion.*` entries of the endpoint's driver_opts: policy that needs no Docker API. */
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Undefined until attributed: the endpoint stays quarantined. */
  readonly container: ContainerFacts | undefined;
  /** /proc/sys/kernel/random/boot_id at creation: a record of an earlier boot describes nothing that exists. */
  readonly bootId: string;
  readonly createdAtMs: number;
}

/** Everything that the desired state of this host is a function of. */
export interface Facts {
  readonly networks: ReadonlyMap<NetworkId, NetworkFacts>;
  readonly endpoints: ReadonlyMap<EndpointId, EndpointFacts>;
}

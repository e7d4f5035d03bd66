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
  /** Whose network it is, where compose made it: `on front` means the key, whatever Docker shows. */
  readonly compose: ComposeNetwork | undefined;
  readonly options: NetworkOptions;
  readonly internal: boolean;
  readonly subnets: readonly Subnet[];
  readonly createdAtMs: number;
}

/** What compose writes on the networks that it makes (docker/compose, pkg/api/labels.go). */
export interface ComposeNetwork {
  readonly project: string;
  /** The network's key in the compose file. */
  readonly key: string;
}

/** The container behind an endpoint, as Docker describes it. */
export interface ContainerFacts {
  readonly id: ContainerId;
  /** Without Docker's leading slash. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Keys of the labels that come from the image: same key, same value.
   * Undefined: nobody knows. Either the image is gone, or policy looks at none of the labels and
   * Docker was not asked.
   */
  readonly inherited: readonly string[] | undefined;
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

/** An admin policy, as stored under `policies/<name>`. The texts are as they were written. */
export interface PolicyFacts {
  readonly name: string;
  /** 1 when it was first applied; grows by one with every change. */
  readonly version: number;
  readonly tier: AdminTier;
  readonly rules: readonly PolicyRuleFacts[];
  readonly appliedAtMs: number;
}

/** admin comes before what containers say, baseline after. */
export type AdminTier = "admin" | "baseline";

/** What an admin policy says to the endpoints that `applies` selects; at least one of the last three. */
export interface PolicyRuleFacts {
  readonly name: string;
  /** Alternatives without `from` or `to`. */
  readonly applies: string;
  readonly posture?: Posture;
  readonly ingress?: string;
  readonly egress?: string;
}

/** Everything that the desired state of this host is a function of. */
export interface Facts {
  readonly networks: ReadonlyMap<NetworkId, NetworkFacts>;
  readonly endpoints: ReadonlyMap<EndpointId, EndpointFacts>;
  /**
   * The way out of a container: kernel index of the host's end of its link to docker_gwbridge. All
   * endpoints of one container have the same.
   */
  readonly gateways: ReadonlyMap<EndpointId, number>;
  /** Every address that this machine answers to, broadcast included: what the selector `host` means. */
  readonly hostAddresses: ReadonlySet<Ip>;
  readonly policies: ReadonlyMap<string, PolicyFacts>;
}

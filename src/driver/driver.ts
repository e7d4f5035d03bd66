import type { Log } from "../base/log.ts";
import { shortId } from "../model/ids.ts";
import { formatInterfaceAddress } from "../model/ip.ts";
import type {
  AllocateNetworkRequest,
  CreateEndpointRequest,
  CreateNetworkRequest,
  DiscoveredNode,
  EndpointInterface,
  EndpointRef,
  GatewayCheckReply,
  GatewayCheckRequest,
  JoinReply,
  JoinRequest,
  NetworkCapabilities,
  NetworkDriver,
} from "../protocol/network-driver.ts";
import type { Admission } from "./admission.ts";
import type { Attribution } from "./attribution.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Gateways } from "./gateways.ts";
import { parseNetworkOptions } from "./network-options.ts";
import type { Networks } from "./networks.ts";

export interface DriverParts {
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly attribution: Attribution;
  readonly admission: Admission;
  readonly gateways: Gateways;
  readonly defaultMtuBytes: number;
  readonly log: Log;
}

/** The network driver that Docker talks to: the protocol's words turned into networks and endpoints. */
export class HyperionDriver implements NetworkDriver {
  readonly #parts: DriverParts;

  readonly capabilities: NetworkCapabilities = {
    scope: "local",
    connectivityScope: "local",
    checksGateway: true,
  };

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** A network without a way out needs no address to go through. */
  async checkGateway(request: GatewayCheckRequest): Promise<GatewayCheckReply> {
    const options = parseNetworkOptions(request.options, this.#parts.defaultMtuBytes);
    const skip = options.gateway === "none";
    return { skipIpv4: skip, skipIpv6: skip };
  }

  /** Checked here too, so that Swarm's user hears of a wrong option; the workers get them as they are. */
  async allocateNetwork(request: AllocateNetworkRequest): Promise<Readonly<Record<string, string>>> {
    parseNetworkOptions(request.options, this.#parts.defaultMtuBytes);
    return request.options;
  }

  /** Allocation kept nothing, so there is nothing to free. */
  async freeNetwork(): Promise<void> {}

  async createNetwork(request: CreateNetworkRequest): Promise<void> {
    await this.#parts.networks.create(request);
    this.#parts.log.info("network.created", `network ${shortId(request.networkId)} created`, {
      network: request.networkId,
    });
  }

  async deleteNetwork(networkId: CreateNetworkRequest["networkId"]): Promise<void> {
    await this.#parts.endpoints.evictAll(networkId, "its network was removed");
    await this.#parts.networks.delete(networkId);
  }

  async createEndpoint(request: CreateEndpointRequest): Promise<EndpointInterface> {
    const reply = await this.#parts.endpoints.create(request);
    this.#parts.attribution.created({ id: request.endpointId, networkId: request.networkId });
    return reply;
  }

  /** The kernel has nothing to tell of an endpoint whose VF its container has deleted. */
  async deleteEndpoint(endpoint: EndpointRef): Promise<void> {
    await this.#parts.endpoints.delete(endpoint);
    this.#parts.gateways.changed();
  }

  async endpointInfo(ref: EndpointRef): Promise<Readonly<Record<string, string>>> {
    const endpoint = this.#parts.endpoints.known(ref);
    const info: Record<string, string> = {
      "hyperion.vf": endpoint.vf,
      "hyperion.representor": endpoint.representor,
      "hyperion.mac": endpoint.mac,
    };
    if (endpoint.ipv4 !== undefined) info["hyperion.ipv4"] = formatInterfaceAddress(endpoint.ipv4);
    if (endpoint.ipv6 !== undefined) info["hyperion.ipv6"] = formatInterfaceAddress(endpoint.ipv6);
    return info;
  }

  /**
   * No gateway is returned, so Docker connects the container to docker_gwbridge, which carries
   * north-south traffic and `-p`; `hyperion.gateway=none` and `--internal` switch that off. After an error
   * Docker takes the endpoint away again and starts nothing.
   */
  async join(request: JoinRequest): Promise<JoinReply> {
    const network = this.#parts.networks.known(request.networkId);
    const endpoint = this.#parts.endpoints.known(request);
    this.#parts.attribution.joined(endpoint);
    this.#parts.gateways.changed();
    await this.#parts.admission.beforeJoin(endpoint.id);
    return {
      vf: endpoint.vf,
      interfacePrefix: "eth",
      staticRoutes: [],
      disableGatewayService: network.internal || network.options.gateway === "none",
    };
  }

  /** The VF is still inside: what there is to do waits for deleteEndpoint. */
  async leave(): Promise<void> {}

  /** Ports are published by docker_gwbridge; Docker asks only drivers that return a gateway. */
  async programExternalConnectivity(): Promise<void> {}
  async revokeExternalConnectivity(): Promise<void> {}

  async discoverNew(node: DiscoveredNode): Promise<void> {
    this.#parts.log.info("node.discovered", `Docker announces node ${node.address}`, { self: node.self });
  }

  async discoverDelete(node: DiscoveredNode): Promise<void> {
    this.#parts.log.info("node.gone", `Docker reports node ${node.address} gone`);
  }
}

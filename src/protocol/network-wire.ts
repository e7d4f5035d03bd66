import { z } from "zod";
import { formatInterfaceAddress, parseInterfaceAddress } from "../model/ip.ts";
import type { Prefix } from "../model/prefix.ts";
import {
  anything,
  endpointId,
  flag,
  interfaceAddress,
  ip,
  list,
  networkId,
  optionalInterfaceAddress,
  optionalIp,
  optionalMac,
  optionalPrefix,
  strings,
  text,
} from "./fields.ts";
import type {
  AllocateNetworkRequest,
  CreateEndpointRequest,
  CreateNetworkRequest,
  DiscoveredNode,
  EndpointInterface,
  EndpointRef,
  ExternalConnectivityRequest,
  GatewayCheckReply,
  GatewayCheckRequest,
  JoinReply,
  JoinRequest,
  NetworkCapabilities,
  PoolData,
} from "./network-driver.ts";

/**
 * Requests and replies of `NetworkDriver.*` as libnetwork's `drivers/remote/api` writes them: Go's
 * names, nil maps and slices as null, keys of later engines ignored.
 */

/** libnetwork's route types. */
const ROUTE_NEXT_HOP = 0;
const ROUTE_CONNECTED = 1;

/** libnetwork's `discoverapi.NodeDiscovery`, the only type that it forwards. */
const NODE_DISCOVERY = 1;

/** What Docker's null IPAM says for "no subnet". */
const NO_SUBNET: readonly string[] = ["0.0.0.0/0", "::/0"];

const poolData = z
  .object({
    Pool: optionalPrefix,
    // Swarm's manager sends nonsense where it has no gateway, so that nonsense is no gateway.
    Gateway: text.transform(parseGateway),
    AuxAddresses: z.record(z.string(), interfaceAddress).nullish(),
  })
  .transform(
    (wire): PoolData => ({
      prefix: realPrefix(wire.Pool),
      gateway: wire.Gateway,
      auxAddresses: wire.AuxAddresses ?? {},
    }),
  );

const networkOptions = z
  .object({
    "com.docker.network.generic": strings,
    "com.docker.network.internal": flag,
    "com.docker.network.enable_ipv4": z.boolean().nullish(),
    "com.docker.network.enable_ipv6": flag,
  })
  .nullish()
  .transform(
    (wire): GatewayCheckRequest => ({
      options: wire?.["com.docker.network.generic"] ?? {},
      internal: wire?.["com.docker.network.internal"] ?? false,
      enableIpv4: wire?.["com.docker.network.enable_ipv4"] ?? true,
      enableIpv6: wire?.["com.docker.network.enable_ipv6"] ?? false,
    }),
  );

export const gatewayCheckRequest = z
  .object({ Options: networkOptions })
  .transform((wire): GatewayCheckRequest => wire.Options);

export const allocateNetworkRequest = z
  .object({ NetworkID: networkId, Options: strings, IPv4Data: list(poolData), IPv6Data: list(poolData) })
  .transform(
    (wire): AllocateNetworkRequest => ({
      networkId: wire.NetworkID,
      options: wire.Options,
      ipv4: wire.IPv4Data,
      ipv6: wire.IPv6Data,
    }),
  );

export const createNetworkRequest = z
  .object({
    NetworkID: networkId,
    Options: networkOptions,
    IPv4Data: list(poolData),
    IPv6Data: list(poolData),
  })
  .transform(
    (wire): CreateNetworkRequest => ({
      networkId: wire.NetworkID,
      ...wire.Options,
      ipv4: wire.IPv4Data,
      ipv6: wire.IPv6Data,
    }),
  );

/** FreeNetwork and DeleteNetwork. */
export const networkRef = z.object({ NetworkID: networkId }).transform((wire) => wire.NetworkID);

/** DeleteEndpoint, EndpointOperInfo, Leave and RevokeExternalConnectivity. */
export const endpointRef = z
  .object({ NetworkID: networkId, EndpointID: endpointId })
  .transform((wire): EndpointRef => ({ networkId: wire.NetworkID, endpointId: wire.EndpointID }));

export const createEndpointRequest = z
  .object({
    NetworkID: networkId,
    EndpointID: endpointId,
    Interface: z
      .object({
        Address: optionalInterfaceAddress(4),
        AddressIPv6: optionalInterfaceAddress(6),
        MacAddress: optionalMac,
      })
      .nullish(),
    Options: anything,
  })
  .transform(
    (wire): CreateEndpointRequest => ({
      networkId: wire.NetworkID,
      endpointId: wire.EndpointID,
      ipv4: wire.Interface?.Address,
      ipv6: wire.Interface?.AddressIPv6,
      mac: wire.Interface?.MacAddress,
      options: wire.Options,
    }),
  );

export const joinRequest = z
  .object({ NetworkID: networkId, EndpointID: endpointId, SandboxKey: text, Options: anything })
  .transform(
    (wire): JoinRequest => ({
      networkId: wire.NetworkID,
      endpointId: wire.EndpointID,
      sandboxKey: wire.SandboxKey,
      options: wire.Options,
    }),
  );

export const externalConnectivityRequest = z
  .object({ NetworkID: networkId, EndpointID: endpointId, Options: anything })
  .transform(
    (wire): ExternalConnectivityRequest => ({
      networkId: wire.NetworkID,
      endpointId: wire.EndpointID,
      options: wire.Options,
    }),
  );

const discoveredNode = z
  .object({ Address: ip, BindAddress: optionalIp, Self: flag })
  .transform(
    (wire): DiscoveredNode => ({ address: wire.Address, bindAddress: wire.BindAddress, self: wire.Self }),
  );

/** Undefined for a discovery of something else than a node: its data is something else too. */
export const discovery = z
  .object({ DiscoveryType: z.number(), DiscoveryData: z.unknown() })
  .transform((wire): { DiscoveryData?: z.input<typeof discoveredNode> } =>
    // The next schema checks the data: the type only lets the two be joined.
    wire.DiscoveryType === NODE_DISCOVERY ? { DiscoveryData: wire.DiscoveryData as never } : {},
  )
  .pipe(z.object({ DiscoveryData: discoveredNode.exactOptional() }))
  .transform((wire) => wire.DiscoveryData);

export function encodeNetworkCapabilities(capabilities: NetworkCapabilities) {
  return {
    Scope: capabilities.scope,
    ConnectivityScope: capabilities.connectivityScope,
    GwAllocChecker: capabilities.checksGateway,
  };
}

export function encodeGatewayCheck(reply: GatewayCheckReply) {
  return { SkipIPv4: reply.skipIpv4, SkipIPv6: reply.skipIpv6 };
}

/** The engine refuses a reply that repeats what it gave, so only what the request left open is sent. */
export function encodeEndpointInterface(reply: EndpointInterface, request: CreateEndpointRequest) {
  const fields = {
    ...(reply.ipv4 && !request.ipv4 ? { Address: formatInterfaceAddress(reply.ipv4) } : {}),
    ...(reply.ipv6 && !request.ipv6 ? { AddressIPv6: formatInterfaceAddress(reply.ipv6) } : {}),
    ...(reply.mac && !request.mac ? { MacAddress: reply.mac } : {}),
  };
  return Object.keys(fields).length === 0 ? {} : { Interface: fields };
}

export function encodeJoin(reply: JoinReply) {
  return {
    InterfaceName: { SrcName: reply.vf, DstPrefix: reply.interfacePrefix },
    ...(reply.gateway4 === undefined ? {} : { Gateway: reply.gateway4 }),
    ...(reply.gateway6 === undefined ? {} : { GatewayIPv6: reply.gateway6 }),
    StaticRoutes: reply.staticRoutes.map(({ destination, nextHop }) =>
      nextHop === undefined
        ? { Destination: destination, RouteType: ROUTE_CONNECTED }
        : { Destination: destination, RouteType: ROUTE_NEXT_HOP, NextHop: nextHop },
    ),
    DisableGatewayService: reply.disableGatewayService,
  };
}

function realPrefix(prefix: Prefix | undefined): Prefix | undefined {
  return prefix !== undefined && NO_SUBNET.includes(prefix) ? undefined : prefix;
}

function parseGateway(value: string) {
  try {
    return parseInterfaceAddress(value);
  } catch {
    return undefined;
  }
}

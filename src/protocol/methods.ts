import type { z } from "zod";
import { HyperionError } from "../model/errors.ts";
import { decode } from "./decode.ts";
import type { IpamDriver } from "./ipam-driver.ts";
import {
  addressRelease,
  addressRequest,
  encodeAddress,
  encodeAddressSpaces,
  encodeIpamCapabilities,
  encodePool,
  poolRef,
  poolRequest,
} from "./ipam-wire.ts";
import type { NetworkDriver } from "./network-driver.ts";
import {
  allocateNetworkRequest,
  createEndpointRequest,
  createNetworkRequest,
  discovery,
  encodeEndpointInterface,
  encodeGatewayCheck,
  encodeJoin,
  encodeNetworkCapabilities,
  endpointRef,
  externalConnectivityRequest,
  gatewayCheckRequest,
  joinRequest,
  networkRef,
} from "./network-wire.ts";

/** Those who answer. */
export interface Drivers {
  readonly network: NetworkDriver;
  readonly ipam: IpamDriver;
}

/** A reply as it goes into JSON. */
export type WireReply = Readonly<Record<string, unknown>>;

/**
 * A method of the plugin protocol.
 *
 * @param body the parsed request, undefined for an empty one. A body that does not fit throws
 *   E201 or E202 before any driver is called.
 */
export type Method = (drivers: Drivers, body: unknown) => Promise<WireReply>;

interface Spec<Schema extends z.ZodType, Reply> {
  readonly request: Schema;
  readonly call: (drivers: Drivers, request: z.output<Schema>) => Promise<Reply>;
  readonly reply: (reply: Reply, request: z.output<Schema>) => WireReply;
}

/** A call whose request has fields: an empty body is a broken retry. */
function withBody<Schema extends z.ZodType, Reply>(
  name: string,
  spec: Spec<Schema, Reply>,
): [string, Method] {
  return [
    name,
    (drivers, body) => {
      const request = decode(name, spec.request, body);
      return spec.call(drivers, request).then((reply) => spec.reply(reply, request));
    },
  ];
}

/** A call that has no arguments: its body, normally empty, is not looked at. */
function withoutBody(name: string, answer: (drivers: Drivers) => WireReply): [string, Method] {
  return [name, (drivers) => Promise.resolve(answer(drivers))];
}

const nothing = (): WireReply => ({});

const METHODS: ReadonlyMap<string, Method> = new Map([
  withoutBody("Plugin.Activate", () => ({ Implements: ["NetworkDriver", "IpamDriver"] })),

  withoutBody("NetworkDriver.GetCapabilities", ({ network }) =>
    encodeNetworkCapabilities(network.capabilities),
  ),
  withBody("NetworkDriver.GwAllocCheck", {
    request: gatewayCheckRequest,
    call: ({ network }, request) => network.checkGateway(request),
    reply: encodeGatewayCheck,
  }),
  withBody("NetworkDriver.AllocateNetwork", {
    request: allocateNetworkRequest,
    call: ({ network }, request) => network.allocateNetwork(request),
    reply: (options) => ({ Options: options }),
  }),
  withBody("NetworkDriver.FreeNetwork", {
    request: networkRef,
    call: ({ network }, networkId) => network.freeNetwork(networkId),
    reply: nothing,
  }),
  withBody("NetworkDriver.CreateNetwork", {
    request: createNetworkRequest,
    call: ({ network }, request) => network.createNetwork(request),
    reply: nothing,
  }),
  withBody("NetworkDriver.DeleteNetwork", {
    request: networkRef,
    call: ({ network }, networkId) => network.deleteNetwork(networkId),
    reply: nothing,
  }),
  withBody("NetworkDriver.CreateEndpoint", {
    request: createEndpointRequest,
    call: ({ network }, request) => network.createEndpoint(request),
    reply: encodeEndpointInterface,
  }),
  withBody("NetworkDriver.EndpointOperInfo", {
    request: endpointRef,
    call: ({ network }, endpoint) => network.endpointInfo(endpoint),
    reply: (info) => ({ Value: info }),
  }),
  withBody("NetworkDriver.DeleteEndpoint", {
    request: endpointRef,
    call: ({ network }, endpoint) => network.deleteEndpoint(endpoint),
    reply: nothing,
  }),
  withBody("NetworkDriver.Join", {
    request: joinRequest,
    call: ({ network }, request) => network.join(request),
    reply: encodeJoin,
  }),
  withBody("NetworkDriver.Leave", {
    request: endpointRef,
    call: ({ network }, endpoint) => network.leave(endpoint),
    reply: nothing,
  }),
  withBody("NetworkDriver.DiscoverNew", {
    request: discovery,
    call: ({ network }, node) => (node === undefined ? Promise.resolve() : network.discoverNew(node)),
    reply: nothing,
  }),
  withBody("NetworkDriver.DiscoverDelete", {
    request: discovery,
    call: ({ network }, node) => (node === undefined ? Promise.resolve() : network.discoverDelete(node)),
    reply: nothing,
  }),
  withBody("NetworkDriver.ProgramExternalConnectivity", {
    request: externalConnectivityRequest,
    call: ({ network }, request) => network.programExternalConnectivity(request),
    reply: nothing,
  }),
  withBody("NetworkDriver.RevokeExternalConnectivity", {
    request: endpointRef,
    call: ({ network }, endpoint) => network.revokeExternalConnectivity(endpoint),
    reply: nothing,
  }),

  withoutBody("IpamDriver.GetCapabilities", ({ ipam }) => encodeIpamCapabilities(ipam.capabilities)),
  withoutBody("IpamDriver.GetDefaultAddressSpaces", ({ ipam }) => encodeAddressSpaces(ipam.addressSpaces)),
  withBody("IpamDriver.RequestPool", {
    request: poolRequest,
    call: ({ ipam }, request) => ipam.requestPool(request),
    reply: encodePool,
  }),
  withBody("IpamDriver.ReleasePool", {
    request: poolRef,
    call: ({ ipam }, poolId) => ipam.releasePool(poolId),
    reply: nothing,
  }),
  withBody("IpamDriver.RequestAddress", {
    request: addressRequest,
    call: ({ ipam }, request) => ipam.requestAddress(request),
    reply: encodeAddress,
  }),
  withBody("IpamDriver.ReleaseAddress", {
    request: addressRelease,
    call: ({ ipam }, release) => ipam.releaseAddress(release),
    reply: nothing,
  }),
]);

/** Every method of the protocol, as it is written in the request's path: `NetworkDriver.Join`. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/** Throws E204 for one that the protocol does not have. */
export function methodNamed(name: string): Method {
  const method = METHODS.get(name);
  if (method === undefined) throw new HyperionError("E204", { method: name.slice(0, 64) });
  return method;
}

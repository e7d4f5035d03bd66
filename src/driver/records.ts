import { asRecord, integer, list, optionalText, text, textMap, texts } from "../base/json-record.ts";
import type { ComposeNetwork, ContainerFacts, EndpointFacts, NetworkFacts, Subnet } from "../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../model/ids.ts";
import { formatInterfaceAddress, parseInterfaceAddress, parseIp } from "../model/ip.ts";
import { parseMac } from "../model/mac.ts";
import { isPosture } from "../model/posture.ts";
import { parsePrefix } from "../model/prefix.ts";
import type { Json } from "../platform/store/store.ts";

/*
 * Facts as they lie in the store. The encoders' types follow from what they write; the decoders
 * trust nothing: a record that was cut short or edited by hand throws instead of becoming a fact.
 */

export function networkKey(id: NetworkId): string {
  return `networks/${id}`;
}

export function endpointKey(networkId: NetworkId, id: EndpointId): string {
  return `endpoints/${networkId}/${id}`;
}

export function encodeNetwork(network: NetworkFacts): Json {
  return {
    id: network.id,
    name: network.name ?? null,
    index: network.index,
    compose: network.compose === undefined ? null : { ...network.compose },
    mtuBytes: network.options.mtuBytes,
    gateway: network.options.gateway,
    posture: network.options.posture ?? null,
    multicast: network.options.multicast,
    internal: network.internal,
    subnets: network.subnets.map((subnet) => ({ prefix: subnet.prefix, gateway: subnet.gateway ?? null })),
    createdAtMs: network.createdAtMs,
  };
}

export function decodeNetwork(value: Json): NetworkFacts {
  const record = asRecord(value);
  const posture = optionalText(record, "posture");
  if (posture !== undefined && !isPosture(posture)) throw new Error(`posture is ${posture}`);
  return {
    id: text(record, "id") as NetworkId,
    name: optionalText(record, "name"),
    index: integer(record, "index"),
    compose: record.compose == null ? undefined : decodeCompose(record.compose),
    options: {
      mtuBytes: integer(record, "mtuBytes"),
      gateway: text(record, "gateway") === "none" ? "none" : "docker",
      posture,
      multicast: record.multicast === true,
    },
    internal: record.internal === true,
    subnets: list(record, "subnets").map(decodeSubnet),
    createdAtMs: integer(record, "createdAtMs"),
  };
}

export function encodeEndpoint(endpoint: EndpointFacts): Json {
  return {
    id: endpoint.id,
    networkId: endpoint.networkId,
    index: endpoint.index,
    mac: endpoint.mac,
    macGiven: endpoint.macGiven,
    ipv4: endpoint.ipv4 === undefined ? null : formatInterfaceAddress(endpoint.ipv4),
    ipv6: endpoint.ipv6 === undefined ? null : formatInterfaceAddress(endpoint.ipv6),
    vf: endpoint.vf,
    representor: endpoint.representor,
    port: endpoint.port,
    driverOptions: endpoint.driverOptions,
    container: endpoint.container === undefined ? null : encodeContainer(endpoint.container),
    bootId: endpoint.bootId,
    createdAtMs: endpoint.createdAtMs,
  };
}

export function decodeEndpoint(value: Json): EndpointFacts {
  const record = asRecord(value);
  const ipv4 = optionalText(record, "ipv4");
  const ipv6 = optionalText(record, "ipv6");
  return {
    id: text(record, "id") as EndpointId,
    networkId: text(record, "networkId") as NetworkId,
    index: integer(record, "index"),
    mac: parseMac(text(record, "mac")),
    macGiven: record.macGiven === true,
    ipv4: ipv4 === undefined ? undefined : parseInterfaceAddress(ipv4),
    ipv6: ipv6 === undefined ? undefined : parseInterfaceAddress(ipv6),
    vf: text(record, "vf"),
    representor: text(record, "representor"),
    port: integer(record, "port"),
    driverOptions: textMap(record, "driverOptions"),
    container: record.container == null ? undefined : decodeContainer(record.container),
    bootId: text(record, "bootId"),
    createdAtMs: integer(record, "createdAtMs"),
  };
}

function encodeContainer(container: ContainerFacts): Json {
  return {
    id: container.id,
    name: container.name,
    labels: container.labels,
    inherited: container.inherited ?? null,
  };
}

function decodeContainer(value: unknown): ContainerFacts {
  const record = asRecord(value);
  return {
    id: text(record, "id") as ContainerId,
    name: text(record, "name"),
    labels: textMap(record, "labels"),
    inherited: record.inherited == null ? undefined : texts(record, "inherited"),
  };
}

function decodeCompose(value: unknown): ComposeNetwork {
  const record = asRecord(value);
  return { project: text(record, "project"), key: text(record, "key") };
}

function decodeSubnet(value: unknown): Subnet {
  const record = asRecord(value);
  const gateway = optionalText(record, "gateway");
  return {
    prefix: parsePrefix(text(record, "prefix")),
    gateway: gateway === undefined ? undefined : parseIp(gateway),
  };
}

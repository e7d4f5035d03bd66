import type { ComposeNetwork } from "../../../model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../model/ids.ts";
import { type Ip, parseInterfaceAddress } from "../../../model/ip.ts";
import { type Prefix, parsePrefix } from "../../../model/prefix.ts";
import type {
  DockerAttachment,
  DockerContainer,
  DockerEvent,
  DockerImage,
  DockerNetwork,
  ImageId,
} from "../docker.ts";

/** Written by compose on the networks that it makes (docker/compose, pkg/api/labels.go). */
const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_NETWORK = "com.docker.compose.network";

/**
 * From the Engine API's JSON to the port's words. Engines of ten years write it, so whatever is missing or of
 * another type reads as empty; an object without an ID reads as undefined.
 */
type Json = Readonly<Record<string, unknown>>;

/** An entry of `GET /containers/json`. */
export function decodeContainer(value: unknown): DockerContainer | undefined {
  const json = object(value);
  const id = text(json.Id);
  if (id === "") return undefined;
  // With legacy links a container has further names, of the form /other/alias.
  const names = array(json.Names).map(text);
  const name = names.find((each) => each.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return {
    id: id as ContainerId,
    name: withoutSlash(name),
    labels: texts(json.Labels),
    image: decodeImage(json),
  };
}

/** Of a container: ImageID, and with containerd's image store (API 1.48) the manifest that it was made from. */
function decodeImage(container: Json): DockerImage | undefined {
  const id = text(container.ImageID);
  if (id === "") return undefined;
  const { os, architecture, variant } = object(object(container.ImageManifestDescriptor).platform);
  const platform = { os: text(os), architecture: text(architecture), variant: text(variant) || undefined };
  const stated = platform.os !== "" && platform.architecture !== "";
  return { id: id as ImageId, platform: stated ? JSON.stringify(platform) : undefined };
}

/** `GET /images/{id}/json`. */
export function decodeImageLabels(value: unknown): Readonly<Record<string, string>> {
  return texts(object(object(value).Config).Labels);
}

/** `GET /networks/{id}`, or an entry of `GET /networks`, which has no attachments. */
export function decodeNetwork(value: unknown): DockerNetwork | undefined {
  const json = object(value);
  const id = text(json.Id);
  if (id === "") return undefined;
  const attachments = Object.entries(object(json.Containers)).map(([key, each]) =>
    decodeAttachment(key, object(each)),
  );
  return {
    id: id as NetworkId,
    name: text(json.Name),
    compose: decodeCompose(texts(json.Labels)),
    driver: text(json.Driver),
    ipamDriver: text(object(json.IPAM).Driver),
    subnets: array(object(json.IPAM).Config)
      .map((each) => prefix(object(each).Subnet))
      .filter((each) => each !== undefined),
    attachments: attachments.filter((each) => each !== undefined),
  };
}

function decodeCompose(labels: Readonly<Record<string, string>>): ComposeNetwork | undefined {
  const project = labels[COMPOSE_PROJECT] ?? "";
  const key = labels[COMPOSE_NETWORK] ?? "";
  return project === "" || key === "" ? undefined : { project, key };
}

function decodeAttachment(key: string, json: Json): DockerAttachment | undefined {
  const endpointId = text(json.EndpointID);
  if (endpointId === "") return undefined;
  return {
    endpointId: endpointId as EndpointId,
    containerId: key.startsWith("ep-") ? undefined : (key as ContainerId),
    containerName: withoutSlash(text(json.Name)),
    ipv4: address(json.IPv4Address),
    ipv6: address(json.IPv6Address),
  };
}

/** A line of `GET /events`; undefined for what the port does not tell of. */
export function decodeEvent(value: unknown): DockerEvent | undefined {
  const json = object(value);
  const actor = object(json.Actor);
  const attributes = texts(actor.Attributes);
  const id = text(actor.ID);
  if (id === "") return undefined;
  if (json.Type === "network") return networkEvent(text(json.Action), id as NetworkId, attributes);
  if (json.Type === "container") return containerEvent(text(json.Action), id as ContainerId, attributes);
  return undefined;
}

function networkEvent(
  action: string,
  networkId: NetworkId,
  attributes: Readonly<Record<string, string>>,
): DockerEvent | undefined {
  if (action !== "connect" && action !== "disconnect") return undefined;
  const containerId = attributes.container ?? "";
  return containerId === ""
    ? undefined
    : { type: action, networkId, containerId: containerId as ContainerId };
}

function containerEvent(
  action: string,
  containerId: ContainerId,
  attributes: Readonly<Record<string, string>>,
): DockerEvent | undefined {
  // The engine puts these two among the labels, over labels of the same keys.
  const { name: given = "", image: _, ...labels } = attributes;
  const name = withoutSlash(given);
  if (action === "create") {
    return { type: "create", container: { id: containerId, name, labels, image: undefined } };
  }
  if (action === "rename") return { type: "rename", containerId, name };
  return action === "destroy" ? { type: "destroy", containerId } : undefined;
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value)).filter(([, each]) => typeof each === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Docker writes an absent address as "", and in some versions as "invalid Prefix". */
function address(value: unknown): Ip | undefined {
  return attempt(() => parseInterfaceAddress(text(value)).ip);
}

function prefix(value: unknown): Prefix | undefined {
  return attempt(() => parsePrefix(text(value)));
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function withoutSlash(name: string): string {
  return name.startsWith("/") ? name.slice(1) : name;
}

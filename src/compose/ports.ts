import { isHyperionError } from "../model/errors.ts";
import { parseIp } from "../model/ip.ts";
import type { YamlNode } from "../yaml/index.ts";
import { fault, quote, type TreePath } from "./fault.ts";
import type { PortRange, Published } from "./project.ts";
import { childOf, itemsOf, textOf } from "./tree.ts";

const PORT_MAX = 65_535;
const PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp"] satisfies Published["protocol"][];

/** A service's `ports`, in both forms; each once. Throws E161 for what Docker could not publish. */
export function readPorts(node: YamlNode | undefined, path: TreePath): readonly Published[] {
  const ports = new Map<string, Published>();
  for (const [position, item] of itemsOf(node).entries()) {
    const at = [...path, `[${position}]`];
    const port = item.kind === "mapping" ? readLong(item, at) : readShort(item, at);
    ports.set(JSON.stringify({ ...port, place: undefined }), port);
  }
  return [...ports.values()];
}

/** `[[address:]published:]target[/protocol]`, where a port may be a range. */
function readShort(item: YamlNode, path: TreePath): Published {
  const text = textOf(item) ?? "";
  const fail = (reason: string): never => {
    throw fault("E161", item.place, `${quote(text)}: ${reason}`, path);
  };
  if (item.kind === "scalar" && item.type === "float") fail("a port is a whole number");
  const parts = text.split(":");
  const [targetText = "", protocolText = "", ...rest] = (parts.pop() ?? "").split("/");
  const publishedText = parts.pop() ?? "";
  const address = parts.join(":");
  const target = readRange(targetText) ?? fail("expected [[ADDRESS:]PORT:]PORT[/PROTOCOL]");
  const published =
    publishedText === "" ? undefined : (readRange(publishedText) ?? fail("no port to publish"));
  if (published !== undefined && target.first !== target.last && width(published) !== width(target)) {
    fail("the ranges differ in length");
  }
  const protocol = protocolText === "" ? "tcp" : protocolText.toLowerCase();
  if (rest.length > 0 || !isProtocol(protocol)) return fail("the protocol is tcp, udp or sctp");
  // Between brackets where it has colons of its own.
  const bare = address.includes(":") ? /^\[(.*)\]$/.exec(address)?.[1] : address;
  const hostIp = bare === "" ? undefined : (readAddress(bare) ?? fail("no address to publish on"));
  return { target, protocol, published, hostIp, place: item.place };
}

function readLong(item: YamlNode, path: TreePath): Published {
  const fail = (key: string, reason: string): never => {
    throw fault("E161", childOf(item, key)?.place ?? item.place, reason, [...path, key]);
  };
  const target = readRange(textOf(childOf(item, "target")) ?? "");
  if (target === undefined || target.first !== target.last)
    return fail("target", `a port is 0 to ${PORT_MAX}`);
  const publishedText = textOf(childOf(item, "published")) ?? "";
  const published =
    publishedText === ""
      ? undefined
      : (readRange(publishedText) ?? fail("published", "expected a port or a range of ports"));
  const protocol = (textOf(childOf(item, "protocol")) || "tcp").toLowerCase();
  if (!isProtocol(protocol)) return fail("protocol", "the protocol is tcp, udp or sctp");
  const address = textOf(childOf(item, "host_ip")) ?? "";
  const hostIp =
    address === "" ? undefined : (readAddress(address) ?? fail("host_ip", "no address to publish on"));
  return { target, protocol, published, hostIp, place: item.place };
}

function readRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first <= last && last <= PORT_MAX ? { first, last } : undefined;
}

function width({ first, last }: PortRange): number {
  return last - first;
}

/** The address as it is written; undefined when it is none. */
function readAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    parseIp(text);
    return text;
  } catch (error) {
    if (isHyperionError(error)) return undefined;
    throw error;
  }
}

function isProtocol(text: string): text is Published["protocol"] {
  return PROTOCOLS.includes(text);
}

import type { Entry, YamlNode } from "../yaml/index.ts";
import type { ComposeNetwork } from "./project.ts";
import { readOptions } from "./services.ts";
import { childOf, itemsOf, textOf } from "./tree.ts";

/** A network as the merged project describes it; `entry` is undefined for a default one that nothing describes. */
export function readNetwork(key: string, entry: Entry | undefined, project: string): ComposeNetwork {
  const node = entry?.node;
  const path = ["networks", key];
  const isExternal = isTrue(childOf(node, "external"));
  const options = readOptions(childOf(node, "driver_opts"), [...path, "driver_opts"]);
  const labels = readOptions(childOf(node, "labels"), [...path, "labels"]);
  return {
    key,
    name: textOf(childOf(node, "name")) ?? (isExternal ? key : `${project}_${key}`),
    external: isExternal,
    driver: textOf(childOf(node, "driver")) || undefined,
    internal: isTrue(childOf(node, "internal")),
    options: Object.fromEntries([...options].map(([option, { text }]) => [option, text])),
    subnets: itemsOf(childOf(childOf(node, "ipam"), "config"))
      .map((pool) => textOf(childOf(pool, "subnet")))
      .filter((subnet) => subnet !== undefined),
    ipv6: isTrue(childOf(node, "enable_ipv6")),
    labels: Object.fromEntries([...labels].map(([label, { text }]) => [label, text])),
    place: entry?.place,
    where: (option) => options.get(option)?.place,
  };
}

function isTrue(node: YamlNode | undefined): boolean {
  return textOf(node) === "true";
}

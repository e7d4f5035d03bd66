import type { Entry, Place, YamlNode } from "../yaml/index.ts";
import type { Documents } from "./documents.ts";
import { fault, type TreePath } from "./fault.ts";
import { keyValues } from "./key-values.ts";
import { namesToMapping } from "./merge.ts";
import { readPorts } from "./ports.ts";
import type { Attachment, ComposeService, NetworkMode } from "./project.ts";
import { byKey, childOf, entriesOf, isNull, itemsOf, textOf } from "./tree.ts";

const DEFAULT_NETWORK = "default";

/** A service as it is described in the merged project. Throws E160, E161 or E164 for what cannot be run. */
export async function readService(
  name: string,
  { node, place }: Entry,
  documents: Documents,
): Promise<ComposeService> {
  const path = ["services", name];
  const labels = await readLabels(node, path, documents);
  const networkMode = readNetworkMode(node, path);
  const containerName = textOf(childOf(node, "container_name")) || undefined;
  const replicas = readReplicas(node, path);
  if (containerName !== undefined && replicas > 1) {
    const place = childOf(node, "container_name")?.place;
    throw fault("E164", place, `${replicas} containers cannot share one name`, [...path, "container_name"]);
  }
  return {
    name,
    place,
    containerName,
    image: textOf(childOf(node, "image")) || undefined,
    labels: Object.fromEntries([...labels].map(([key, { text }]) => [key, text])),
    replicas,
    networkMode,
    networks: networkMode.kind === "networks" ? readAttachments(node, path) : [],
    ports: readPorts(childOf(node, "ports"), [...path, "ports"]),
    dns: readTexts(childOf(node, "dns")),
    where: (label) => labels.get(label)?.place,
  };
}

interface Label {
  readonly text: string;
  readonly place: Place;
}

/** Labels win over label files, and of these the later ones. */
async function readLabels(
  node: YamlNode,
  path: TreePath,
  documents: Documents,
): Promise<ReadonlyMap<string, Label>> {
  const labels = new Map<string, Label>();
  const files = childOf(node, "label_file");
  for (const file of textOf(files) === undefined ? itemsOf(files) : [files]) {
    const name = textOf(file) ?? "";
    if (!(await documents.exists(name))) {
      throw fault("E160", file?.place, `label file ${documents.nameOf(name)} does not exist`);
    }
    const settings = await documents.settings(name, (key) => labels.get(key)?.text);
    for (const [key, { value, line }] of settings) {
      labels.set(key, { text: value, place: { file: documents.nameOf(name), line, column: 1 } });
    }
  }
  for (const [key, label] of readOptions(childOf(node, "labels"), [...path, "labels"]))
    labels.set(key, label);
  return labels;
}

/** Keys and texts of a mapping or of a list of `key=value`. */
export function readOptions(node: YamlNode | undefined, path: TreePath): ReadonlyMap<string, Label> {
  if (node === undefined || isNull(node)) return new Map();
  return new Map(
    [...keyValues(node, path).entries].map(([key, entry]) => [
      key,
      { text: textOf(entry.node) ?? "", place: entry.node.place },
    ]),
  );
}

function readNetworkMode(node: YamlNode, path: TreePath): NetworkMode {
  const mode = childOf(node, "network_mode");
  if (mode === undefined) return { kind: "networks" };
  const text = textOf(mode) ?? "";
  if (entriesOf(networksOf(node, path)).length > 0) {
    throw fault("E164", mode.place, "network_mode and networks exclude each other", path);
  }
  const [kind = "", ...rest] = text.split(":");
  const target = rest.join(":");
  if (text === "none" || text === "host") return { kind: text };
  if (kind === "service" && target !== "") return { kind, service: target };
  if (kind === "container" && target !== "") return { kind, container: target };
  return { kind: "named", network: text };
}

function networksOf(node: YamlNode, path: TreePath): YamlNode | undefined {
  const networks = childOf(node, "networks");
  return networks === undefined ? undefined : namesToMapping(networks, [...path, "networks"]);
}

/** A service that names no network is on the project's default one. */
function readAttachments(node: YamlNode, path: TreePath): readonly Attachment[] {
  const entries = entriesOf(networksOf(node, path));
  if (entries.length === 0) return [readAttachment(DEFAULT_NETWORK, undefined, path)];
  return [...entries].sort(byKey).map(([key, entry]) => readAttachment(key, entry, path));
}

function readAttachment(key: string, entry: Entry | undefined, path: TreePath): Attachment {
  const at = [...path, "networks", key, "driver_opts"];
  const options = readOptions(childOf(entry?.node, "driver_opts"), at);
  return {
    key,
    aliases: readTexts(childOf(entry?.node, "aliases")),
    driverOpts: Object.fromEntries([...options].map(([option, { text }]) => [option, text])),
    ipv4: textOf(childOf(entry?.node, "ipv4_address")) || undefined,
    ipv6: textOf(childOf(entry?.node, "ipv6_address")) || undefined,
    place: entry?.place,
    where: (option) => options.get(option)?.place,
  };
}

function readReplicas(node: YamlNode, path: TreePath): number {
  const scale = childOf(node, "scale");
  const replicas = childOf(childOf(node, "deploy"), "replicas");
  const [own, deployed] = [textOf(scale), textOf(replicas)];
  if (own !== undefined && deployed !== undefined && own !== deployed) {
    throw fault("E164", scale?.place, `scale says ${own} and deploy.replicas ${deployed}`, path);
  }
  const count = Number(own ?? deployed ?? 1);
  if (count < 0)
    throw fault("E164", (scale ?? replicas)?.place, "there cannot be fewer than no containers", path);
  return count;
}

/** A text or a list of texts; empty ones are left out. */
function readTexts(node: YamlNode | undefined): readonly string[] {
  const nodes = node?.kind === "sequence" ? node.items : [node];
  return nodes.flatMap((item) => textOf(item) || []);
}

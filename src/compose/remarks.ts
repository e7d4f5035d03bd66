import { isPolicyLabel } from "../model/policy-label.ts";
import type { YamlNode } from "../yaml/index.ts";
import type { Notices } from "./notices.ts";
import type { ComposeService } from "./project.ts";
import { readOptions } from "./services.ts";
import { childOf, entriesOf } from "./tree.ts";

/** Where people write labels that no container gets, and what becomes of them. */
const ELSEWHERE: readonly (readonly [path: readonly string[], fate: string])[] = [
  [["deploy", "labels"], "labels the service and not its containers"],
  [["annotations"], "is no label"],
  [["build", "labels"], "labels the image, whose labels are no policy unless the daemon trusts images"],
];

/** Notes what a service says that reads otherwise than it looks. */
export function remarkService(service: ComposeService, node: YamlNode, notices: Notices): void {
  for (const [path, fate] of ELSEWHERE) {
    const section = path.reduce<YamlNode | undefined>((at, step) => childOf(at, step), node);
    const where = ["services", service.name, ...path];
    for (const [label, { place }] of readOptions(section, where)) {
      if (!isPolicyLabel(label)) continue;
      const text = `service ${service.name}: ${label} in ${path.join(".")} ${fate}; write it in labels`;
      notices.add("W502", text, place);
    }
  }
  remarkNetworkMode(service, node, notices);
}

function remarkNetworkMode(service: ComposeService, node: YamlNode, notices: Notices): void {
  const { name, networkMode: mode } = service;
  const place = childOf(node, "network_mode")?.place;
  if (mode.kind === "container") {
    notices.add(
      "W504",
      `service ${name} shares the network of container ${mode.container}, which is not described here`,
      place,
    );
  }
  if (mode.kind === "named") {
    notices.add("W505", `service ${name} is on network ${mode.network}, which is not described here`, place);
  }
  if (mode.kind === "networks") return;
  const whose = mode.kind === "service" ? `; those of service ${mode.service} count` : "";
  for (const label of Object.keys(service.labels).sort()) {
    if (!isPolicyLabel(label)) continue;
    const text = `service ${name} has no network of its own, and ${label} governs nothing${whose}`;
    notices.add("W506", text, service.where(label));
  }
}

/** Notes policy on what is no container. */
export function remarkResources(root: YamlNode, notices: Notices): void {
  for (const section of ["networks", "volumes"]) {
    for (const [key, { node }] of entriesOf(childOf(root, section))) {
      for (const [label, { place }] of readOptions(childOf(node, "labels"), [section, key, "labels"])) {
        if (!isPolicyLabel(label)) continue;
        notices.add(
          "W502",
          `${section}.${key}: ${label} labels no container; write it in a service's labels`,
          place,
        );
      }
    }
  }
}

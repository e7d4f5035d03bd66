import type { Place, YamlNode } from "../yaml/index.ts";
import { fault } from "./fault.ts";

/** Most nodes that are looked at for one project: of its files, and each time that some are merged. */
export const PROJECT_NODES_MAX = 1_000_000;

/**
 * What may be spent on one project. Files of a few kilobytes that extend and include each other can
 * make a project of gigabytes.
 */
export class Budget {
  #left = PROJECT_NODES_MAX;

  /** Throws E160 when nothing is left. */
  spend(nodes: number, place: Place): void {
    this.#left -= nodes;
    if (this.#left < 0)
      throw fault("E160", place, `the project comes to more than ${PROJECT_NODES_MAX} nodes`);
  }

  spendOn(node: YamlNode): void {
    this.spend(sizeOf(node), node.place);
  }
}

function sizeOf(node: YamlNode): number {
  let size = 1;
  if (node.kind === "sequence") for (const item of node.items) size += sizeOf(item);
  if (node.kind === "mapping") for (const entry of node.entries.values()) size += sizeOf(entry.node);
  return size;
}

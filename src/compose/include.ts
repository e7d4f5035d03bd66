import type { Place, YamlNode } from "../yaml/index.ts";
import { fault, type TreePath } from "./fault.ts";
import { refuseRemote } from "./remote.ts";
import { childOf, itemsOf, textOf } from "./tree.ts";

/** One item of `include`, paths as they are written. */
export interface Include {
  readonly place: Place;
  /** The first says what the project directory is; the others are merged on top of it. */
  readonly paths: readonly string[];
  readonly directory: string | undefined;
  readonly envFiles: readonly string[];
}

/** What a file includes. Throws E161 for what is no list of paths, E162 for what would have to be fetched. */
export function readIncludes(node: YamlNode): readonly Include[] {
  if (node.kind !== "sequence") throw fault("E161", node.place, "must be a list", ["include"]);
  return node.items.map((item, position) => {
    const path = ["include", `[${position}]`];
    const short = textOf(item);
    if (short === undefined && item.kind !== "mapping") {
      throw fault("E161", item.place, "must be a path or a mapping", path);
    }
    const paths = short === undefined ? texts(childOf(item, "path"), [...path, "path"]) : [short];
    for (const text of paths) refuseRemote(text, item.place);
    return {
      place: item.place,
      paths,
      directory: textOf(childOf(item, "project_directory")) || undefined,
      envFiles: texts(childOf(item, "env_file"), [...path, "env_file"]),
    };
  });
}

function texts(node: YamlNode | undefined, path: TreePath): readonly string[] {
  const single = textOf(node);
  if (single !== undefined) return [single];
  return itemsOf(node).map((item, position) => {
    const text = textOf(item);
    if (text === undefined) throw fault("E161", item.place, "must be a string", [...path, `[${position}]`]);
    return text;
  });
}

/**
 * hyperion/compose: what containers and networks compose files describe, as Docker reads them.
 *
 * `loadProject` is the whole of it. Files come from a reader that the caller brings; nothing is
 * fetched, and no engine is asked.
 */
export type { Place } from "../yaml/index.ts";
export { type ComposeFiles, FILE_SIZE_MAX_BYTES } from "./files.ts";
export { loadProject } from "./load.ts";
export * from "./project.ts";

import { DROP_REASONS } from "../../model/drop-reason.ts";
import { HyperionError } from "../../model/errors.ts";
import type { Layout } from "./layout.ts";

/** HYP_ABI_VERSION of the headers that layouts.ts was written from. */
export const ABI_VERSION = 3;

/** Throws E503 unless the library speaks our version. */
export function checkVersion(found: number): void {
  if (found !== ABI_VERSION) throw new HyperionError("E503", { found, needed: ABI_VERSION });
}

/**
 * Compares layouts with what the library says (`hyp_layouts`): every struct and field of ours must be
 * there with the same offset and size. Throws E504 for the first that differs.
 */
export function checkLayouts(text: string, layouts: readonly Layout[]): void {
  const built = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, place] = /^(.+) (\d+ \d+)$/.exec(line) ?? [];
    if (name !== undefined && place !== undefined) built.set(name, place);
  }
  for (const { struct, bytes, fields } of layouts) {
    if (built.get(`${struct} *`) !== `0 ${bytes}`) throw new HyperionError("E504", { struct, field: "*" });
    for (const [field, { offset, width, count }] of Object.entries(fields)) {
      if (built.get(`${struct}.${field}`) !== `${offset} ${width * count}`) {
        throw new HyperionError("E504", { struct, field });
      }
    }
  }
}

/** Compares the drop reasons (`hyp_reasons`) with {@link DROP_REASONS}. Throws E504 for the first that differs. */
export function checkReasons(text: string): void {
  const built = text.split("\n").filter((name) => name !== "");
  const count = Math.max(built.length, DROP_REASONS.length);
  for (let code = 0; code < count; code++) {
    if (built[code] !== DROP_REASONS[code]?.[0]) {
      throw new HyperionError("E504", {
        struct: "hyp_reason",
        field: built[code] ?? DROP_REASONS[code]?.[0] ?? "",
      });
    }
  }
}

import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../base/nearest.ts";
import { HyperionError } from "../model/errors.ts";

/** Options of a command as node:util's parseArgs describes them; each may also stand in the environment. */
export type OptionRows = ParseArgsOptionsConfig;

/** Reads a command's options. Throws E701 for one that does not exist, naming those that do. */
export function readOptions<Rows extends OptionRows>(args: readonly string[], rows: Rows) {
  const known = Object.keys(rows).map((name) => `--${name}`);
  for (const arg of args) {
    const flag = arg.split("=", 1)[0] ?? "";
    if (!flag.startsWith("-") || known.includes(flag)) continue;
    const meant = nearest(flag, known);
    const hint = meant === undefined ? `valid options are ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new HyperionError("E701", { option: JSON.stringify(flag), hint });
  }
  try {
    return parseArgs({ args: [...args], options: rows, allowPositionals: false, strict: true }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HyperionError("E701", { option: JSON.stringify(args.join(" ")), hint: reason });
  }
}

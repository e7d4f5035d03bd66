import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../base/nearest.ts";
import { HyperionError } from "../model/errors.ts";

/** Options of a command as node:util's parseArgs describes them; each may also stand in the environment. */
export type OptionRows = ParseArgsOptionsConfig;

/** Reads a command's options. Throws E701 for one that does not exist, naming those that do, and for a word. */
export function readOptions<Rows extends OptionRows>(args: readonly string[], rows: Rows) {
  const { values, positionals } = read(args, rows);
  const [word] = positionals;
  if (word === undefined) return values;
  const hint = "file" in rows ? "files are named with -f" : "only options are taken here";
  throw new HyperionError("E701", { option: JSON.stringify(word), hint });
}

/**
 * Reads a command's options and the words beside them.
 *
 * @param usage the words, `[OPTIONAL]` ones last: `["FROM", "TO", "[PROBE]"]`. Throws E701, and E712 for
 * a word too few or too many.
 */
export function readWords<Rows extends OptionRows>(
  args: readonly string[],
  rows: Rows,
  usage: readonly string[],
) {
  const { values, positionals } = read(args, rows);
  const missing = usage[positionals.length];
  if (missing !== undefined && !missing.startsWith("[")) {
    throw new HyperionError("E712", { problem: `${missing} is missing`, usage: usage.join(" ") });
  }
  const [extra] = positionals.slice(usage.length);
  if (extra !== undefined) {
    throw new HyperionError("E712", {
      problem: `${JSON.stringify(extra)} is one word too many`,
      usage: usage.join(" "),
    });
  }
  return { options: values, words: positionals };
}

function read<Rows extends OptionRows>(args: readonly string[], rows: Rows) {
  const known = Object.keys(rows).map((name) => `--${name}`);
  const short = Object.values(rows).flatMap((row) => (row.short === undefined ? [] : [`-${row.short}`]));
  for (const arg of args) {
    const flag = arg.split("=", 1)[0] ?? "";
    // A dash alone is a value: standard input.
    if (!flag.startsWith("-") || flag === "-" || known.includes(flag)) continue;
    if (short.includes(flag.slice(0, 2))) continue;
    const meant = nearest(flag, known);
    const hint = meant === undefined ? `valid options are ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new HyperionError("E701", { option: JSON.stringify(flag), hint });
  }
  try {
    return parseArgs({ args: [...args], options: rows, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HyperionError("E701", { option: JSON.stringify(args.join(" ")), hint: reason });
  }
}

import type { LogFields } from "../base/log.ts";
import { printable } from "../base/printable.ts";

export const LOG_LEVELS = ["info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogEntry {
  readonly timeMs: number;
  readonly level: LogLevel;
  /** Stable name, for programs: `endpoint.attributed`. */
  readonly event: string;
  /** For people; may have several lines, as an error in a label points at the place. */
  readonly message: string;
  readonly fields: LogFields;
}

/** One line of JSON. A field never hides what every entry has. */
export function formatJson({ timeMs, level, event, message, fields }: LogEntry): string {
  const own = { time: new Date(timeMs).toISOString(), level, event, message };
  const others = Object.entries(fields).filter(([name]) => !(name in own));
  return JSON.stringify({ ...own, ...Object.fromEntries(others) });
}

const COLOURS: Readonly<Record<LogLevel, string>> = { info: "", warn: "\u001b[33m", error: "\u001b[31m" };
const PLAIN = "\u001b[0m";

/** For people. Further lines of the message are indented; fields that it does not mention follow it. */
export function formatText(entry: LogEntry, coloured: boolean): string {
  const { timeMs, level, event, message, fields } = entry;
  const lines = message.split("\n").map(printable);
  const unsaid = Object.entries(fields).filter(
    ([, value]) => value !== undefined && !(typeof value === "string" && message.includes(value)),
  );
  const details = unsaid.map(([name, value]) => `${name}=${printable(String(value))}`).join(" ");
  const head = `${new Date(timeMs).toISOString()} ${level.toUpperCase().padEnd(5)} ${event}: ${lines[0] ?? ""}`;
  const first = details === "" ? head : `${head} (${details})`;
  const text = [first, ...lines.slice(1).map((line) => `  ${line}`)].join("\n");
  return coloured && COLOURS[level] !== "" ? `${COLOURS[level]}${text}${PLAIN}` : text;
}

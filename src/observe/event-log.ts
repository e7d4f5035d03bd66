import type { Log, LogFields } from "../base/log.ts";
import { formatJson, formatText, LOG_LEVELS, type LogEntry, type LogLevel } from "./log-entry.ts";

/** Where entries go. It must not throw or wait. */
export type LogSink = (entry: LogEntry) => void;

/** The operational log: gives every entry its time and hands it to the sinks, in order. */
export class EventLog implements Log {
  readonly #sinks: readonly LogSink[];
  readonly #nowMs: () => number;

  constructor(sinks: readonly LogSink[], nowMs: () => number = Date.now) {
    this.#sinks = sinks;
    this.#nowMs = nowMs;
  }

  info(event: string, message: string, fields: LogFields = {}): void {
    this.#write("info", event, message, fields);
  }

  warn(event: string, message: string, fields: LogFields = {}): void {
    this.#write("warn", event, message, fields);
  }

  error(event: string, message: string, fields: LogFields = {}): void {
    this.#write("error", event, message, fields);
  }

  #write(level: LogLevel, event: string, message: string, fields: LogFields): void {
    const entry = { timeMs: this.#nowMs(), level, event, message, fields };
    for (const sink of this.#sinks) sink(entry);
  }
}

export interface LineSinkOptions {
  readonly format: "text" | "json";
  /** The least serious level that is written. */
  readonly level?: LogLevel;
}

/** What a line sink needs of stderr. */
export interface LineOutput {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Writes entries as lines, `text` in colour where a terminal reads them. */
export function lineSink(output: LineOutput, { format, level = "info" }: LineSinkOptions): LogSink {
  const least = LOG_LEVELS.indexOf(level);
  const coloured = output.isTTY === true;
  return (entry) => {
    if (LOG_LEVELS.indexOf(entry.level) < least) return;
    output.write(`${format === "json" ? formatJson(entry) : formatText(entry, coloured)}\n`);
  };
}

import type { LogSink } from "./event-log.ts";
import type { LogEntry } from "./log-entry.ts";

/** Messages that are remembered; the one that was let through longest ago is forgotten first. */
const MESSAGES_MAX = 1_000;

interface Seen {
  passedAtMs: number;
  repeats: number;
}

/**
 * Keeps an entry that says the same again from the log for a while: a container with a wrong label
 * and a restart policy says it every second. The first one that passes after `windowMs` tells how
 * often it was said meanwhile. Entries are the same when event and message are; the fields, which
 * hold the id of each new endpoint, do not count. What is only information, such as each call of
 * Docker's, is never left out: two alike are two calls.
 */
export function withoutRepeats(sink: LogSink, windowMs: number): LogSink {
  const seen = new Map<string, Seen>();
  return (entry) => {
    if (entry.level === "info") return sink(entry);
    const key = `${entry.event}\n${entry.message}`;
    const before = seen.get(key);
    if (before !== undefined && isWithin(entry.timeMs - before.passedAtMs, windowMs)) {
      before.repeats += 1;
      return;
    }
    seen.delete(key);
    seen.set(key, { passedAtMs: entry.timeMs, repeats: 0 });
    const oldest = seen.size > MESSAGES_MAX ? seen.keys().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    sink(before === undefined || before.repeats === 0 ? entry : withRepeats(entry, before.repeats));
  };
}

/** False also when the clock was set back: silence must not last until it catches up. */
function isWithin(elapsedMs: number, windowMs: number): boolean {
  return elapsedMs >= 0 && elapsedMs < windowMs;
}

function withRepeats(entry: LogEntry, repeats: number): LogEntry {
  return { ...entry, fields: { ...entry.fields, repeats } };
}

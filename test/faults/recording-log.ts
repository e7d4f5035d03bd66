import type { Log } from "../../src/base/log.ts";

/** A log that can be read back: the names of its events, in order. */
export class RecordingLog implements Log {
  readonly events: string[] = [];

  info(event: string): void {
    this.events.push(event);
  }

  warn(event: string): void {
    this.events.push(event);
  }

  error(event: string): void {
    this.events.push(event);
  }
}

import { printable } from "../../base/printable.ts";
import type { EventDocument } from "../../observe/admin-view.ts";
import type { AdminClient } from "../admin-client.ts";
import type { Invocation } from "../commands.ts";

/** One line for an event: when, what, and every field that is known. */
export function formatEvent({ event, timeMs, ...fields }: EventDocument): string {
  const known = Object.entries(fields).filter(([, value]) => value !== null && value !== "");
  const text = known.map(([name, value]) => `${name}=${printable(String(value))}`).join(" ");
  return `${new Date(timeMs).toISOString()} ${event.padEnd(5)} ${text}`;
}

/** Prints those events that are `wanted` as they happen, until Ctrl-C. `types` with commas between; empty: all. */
export async function followEvents(
  client: AdminClient,
  types: string,
  wanted: (event: EventDocument) => boolean,
  { asJson, print, interrupted }: Pick<Invocation, "print" | "interrupted"> & { readonly asJson: boolean },
): Promise<number> {
  const path = `/v1/events?${new URLSearchParams({ follow: "1", type: types })}`;
  for await (const event of client.follow<EventDocument>(path, interrupted)) {
    if (wanted(event)) print(asJson ? `${JSON.stringify(event)}\n` : `${formatEvent(event)}\n`);
  }
  return 0;
}

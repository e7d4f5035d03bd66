import { shortId } from "../model/ids.ts";

/** The fields of a request that say what it is about, by the names that they have in the log. */
const FIELDS = { NetworkID: "network", EndpointID: "endpoint", PoolID: "pool", Address: "address" } as const;

/** Longest value in the log: a pool's ID is not cut to twelve characters, for it may tell the subnet. */
const LENGTH_MAX = 64;

/** What a log entry says of a request: its IDs, as short as Docker shows them. The body is unchecked. */
export function idsOf(body: unknown): Record<string, string> {
  const ids: Record<string, string> = {};
  if (typeof body !== "object" || body === null) return ids;
  for (const [field, name] of Object.entries(FIELDS)) {
    const value = (body as Record<string, unknown>)[field];
    if (typeof value !== "string" || value === "") continue;
    ids[name] = field === "NetworkID" || field === "EndpointID" ? shortId(value) : value.slice(0, LENGTH_MAX);
  }
  return ids;
}

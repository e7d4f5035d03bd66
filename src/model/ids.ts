import type { Brand } from "./brand.ts";

/** A libnetwork network ID: 64 hex digits (local scope) or 25 base-36 characters (Swarm). Opaque to us. */
export type NetworkId = Brand<"NetworkId">;
/** A libnetwork endpoint ID: 64 hex digits, new at every container start. */
export type EndpointId = Brand<"EndpointId">;
/** A Docker container ID: 64 hex digits. */
export type ContainerId = Brand<"ContainerId">;

/** Number of a network in the data plane's tables, 1 to {@link NETWORK_INDEX_MAX}. */
export type NetworkIndex = number;
/** Number of an endpoint in the data plane's tables, 1 to {@link ENDPOINT_INDEX_MAX}. */
export type EndpointIndex = number;
/** Number of an equivalence class of endpoints; 0 is "anyone not listed". */
export type Identity = number;

/** Limits of the tables; the ABI header has the same numbers (HYP_NETWORKS_MAX, HYP_ENDPOINTS_MAX). */
export const NETWORK_INDEX_MAX = 1023;
export const ENDPOINT_INDEX_MAX = 8191;

/** The twelve characters that Docker's own tables show of an ID. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

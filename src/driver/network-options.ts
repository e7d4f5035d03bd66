import { HyperionError } from "../model/errors.ts";
import type { GatewayMode, NetworkOptions } from "../model/facts.ts";
import { isPosture, POSTURES, type Posture } from "../model/posture.ts";

/** RFC 8200 §5: the smallest MTU that IPv6 runs on; IPv4 gets the same, as mixed networks are the rule. */
export const MTU_MIN_BYTES = 1280;
/** What a veth and the jumbo frames of every fabric in use carry. */
export const MTU_MAX_BYTES = 9216;

/** The `-o` options of `docker network create -d hyperion`, as the reference documents them. */
export const NETWORK_OPTIONS = {
  "hyperion.mtu": `MTU of the endpoints in bytes, ${MTU_MIN_BYTES} to ${MTU_MAX_BYTES}`,
  "hyperion.gateway": "docker: north-south traffic and -p through docker_gwbridge; none: no way out",
  "hyperion.policy": `posture of endpoints that set none: ${POSTURES.join(", ")}`,
  "hyperion.multicast": "true: broadcast and multicast reach the network's endpoints, policy permitting",
} as const;

/** Keys that the engine itself takes out of `-o` and passes on all the same. */
const ENGINE_OPTIONS = new Set(["com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6"]);

const GATEWAY_MODES: readonly GatewayMode[] = ["docker", "none"];

/** Reads a network's `-o` options. Throws E303 for a key that is not ours, E304 for a wrong value. */
export function parseNetworkOptions(
  options: Readonly<Record<string, string>>,
  defaultMtuBytes: number,
): NetworkOptions {
  for (const option of Object.keys(options)) {
    if (option in NETWORK_OPTIONS || ENGINE_OPTIONS.has(option)) continue;
    throw new HyperionError("E303", { option, valid: Object.keys(NETWORK_OPTIONS).join(", ") });
  }
  return {
    mtuBytes: mtu(options["hyperion.mtu"], defaultMtuBytes),
    gateway: gateway(options["hyperion.gateway"]),
    posture: posture(options["hyperion.policy"]),
    multicast: flag("hyperion.multicast", options["hyperion.multicast"]),
  };
}

function mtu(value: string | undefined, defaultBytes: number): number {
  if (value === undefined) return defaultBytes;
  const bytes = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (bytes >= MTU_MIN_BYTES && bytes <= MTU_MAX_BYTES) return bytes;
  throw invalid("hyperion.mtu", value, `a number from ${MTU_MIN_BYTES} to ${MTU_MAX_BYTES}`);
}

function gateway(value: string | undefined): GatewayMode {
  if (value === undefined) return "docker";
  const mode = GATEWAY_MODES.find((candidate) => candidate === value);
  if (mode === undefined) throw invalid("hyperion.gateway", value, GATEWAY_MODES.join(" or "));
  return mode;
}

function posture(value: string | undefined): Posture | undefined {
  if (value === undefined || isPosture(value)) return value;
  throw invalid("hyperion.policy", value, POSTURES.join(", "));
}

function flag(option: string, value: string | undefined): boolean {
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw invalid(option, value, "true or false");
}

function invalid(option: string, value: string, expected: string): HyperionError {
  return new HyperionError("E304", { option, value, expected });
}

import type { PacketCase } from "./case.ts";
import { forward } from "./forward.ts";
import { gateway } from "./gateway.ts";
import { gatewayConnections, gatewayFragments } from "./gateway-connections.ts";
import { groups, rates } from "./group.ts";
import { guard } from "./guard.ts";
import { gatewayLearn, learn } from "./learn.ts";
import { arpCases, ndCases } from "./neighbour.ts";
import { generations, policy } from "./policy.ts";
import { fragments, icmpErrors } from "./related.ts";
import { tunnels } from "./tunnel.ts";

/** What a backend need not have. */
export const GATEWAY_CASES: Readonly<Record<string, readonly PacketCase[]>> = {
  gateway,
  gatewayConnections,
  gatewayFragments,
  gatewayLearn,
};
export const TUNNEL_CASES: Readonly<Record<string, readonly PacketCase[]>> = { tunnels };

/** The suite, by topic. */
export const CASES: Readonly<Record<string, readonly PacketCase[]>> = {
  forward,
  arp: arpCases,
  nd: ndCases,
  guard,
  policy,
  generations,
  icmpErrors,
  fragments,
  groups,
  rates,
  learn,
};

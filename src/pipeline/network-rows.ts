import type { NetworkFacts } from "../model/facts.ts";
import type { EndpointIndex } from "../model/ids.ts";
import type { MemberRow, Row } from "../model/rows.ts";

/** Members of one network beyond this number hear no multicast: one network may not use up the table. */
export const NETWORK_MEMBERS_MAX = 4096;

/**
 * A network's rows, with its members where broadcast and multicast are copied to them.
 *
 * @param endpoints that are members, ascending: slots follow indices, and not who came first.
 */
export function networkRows(network: NetworkFacts, endpoints: readonly EndpointIndex[]): readonly Row[] {
  const { multicast, mtuBytes } = network.options;
  const members = endpoints.slice(0, NETWORK_MEMBERS_MAX);
  return [
    { table: "network", network: network.index, multicast, mtuBytes, members: members.length, vni: 0 },
    ...members.map(
      (endpoint, slot): MemberRow => ({ table: "member", network: network.index, slot, endpoint }),
    ),
  ];
}

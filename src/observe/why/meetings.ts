import type { EndpointFacts, Facts } from "../../model/facts.ts";
import type { Ip } from "../../model/ip.ts";
import { endpointName, governingEndpoints } from "../../pipeline/index.ts";
import type { AskedEnd } from "./ends.ts";

/** Two ends where they meet. An endpoint and an address meet on the network by which the container reaches it. */
export interface LiveMeeting {
  readonly from: EndpointFacts | Ip;
  readonly to: EndpointFacts | Ip;
}

/** Where they meet, and for those who do not, why not: one sentence each. */
export interface LiveMeetings {
  readonly meetings: readonly LiveMeeting[];
  readonly notes: readonly string[];
}

/** Every pair of containers on every network that both are on; the way out of each towards what is outside. */
export function liveMeetings(from: AskedEnd, to: AskedEnd, facts: Facts): LiveMeetings {
  if (from.endpoints !== undefined && to.endpoints !== undefined)
    return meetInside(from.endpoints, to.endpoints);
  if (from.endpoints !== undefined && to.outside !== undefined) {
    const { governing, notes } = waysOut(from.endpoints, facts);
    return { meetings: governing.map((endpoint) => ({ from: endpoint, to: to.outside })), notes };
  }
  if (from.outside !== undefined && to.endpoints !== undefined) {
    const { governing, notes } = waysOut(to.endpoints, facts);
    return { meetings: governing.map((endpoint) => ({ from: from.outside, to: endpoint })), notes };
  }
  return { meetings: [], notes: ["both are outside: Hyperion has no say in it"] };
}

function meetInside(from: readonly EndpointFacts[], to: readonly EndpointFacts[]): LiveMeetings {
  const meetings = from.flatMap((a) =>
    to
      .filter((b) => b.networkId === a.networkId && b.id !== a.id && !sameContainer(a, b))
      .map((b) => ({ from: a, to: b })),
  );
  if (meetings.length > 0) return { meetings, notes: [] };
  const same = from.every((a) => to.every((b) => sameContainer(a, b) || a.id === b.id));
  const note = same
    ? "they are one container: what it says to itself stays inside"
    : "they are on no network together: nothing passes between them";
  return { meetings, notes: [note] };
}

function sameContainer(a: EndpointFacts, b: EndpointFacts): boolean {
  return a.container !== undefined && a.container.id === b.container?.id;
}

/** The endpoints that govern the ways out of these containers, whichever of their endpoints was asked about. */
function waysOut(endpoints: readonly EndpointFacts[], facts: Facts) {
  const governing = new Map<string, EndpointFacts>();
  const notes = new Set<string>();
  const byPort = governingEndpoints(facts);
  for (const endpoint of endpoints) {
    const port = facts.gateways.get(endpoint.id);
    const governor = port === undefined ? undefined : byPort.get(port);
    if (governor !== undefined) governing.set(governor.id, governor);
    else notes.add(`${endpointName(endpoint)} has no way out: nothing passes between it and what is outside`);
  }
  return { governing: [...governing.values()], notes: [...notes] };
}

/** The endpoint on whose network the two meet. */
export function homeOf({ from, to }: LiveMeeting): EndpointFacts {
  return typeof from === "string" ? (to as EndpointFacts) : from;
}

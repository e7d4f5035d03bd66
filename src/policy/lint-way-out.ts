import { applicableRules, decidePosture } from "./decide.ts";
import { onlyAudits } from "./explain.ts";
import type { PublishedPorts } from "./lint-site.ts";
import type { Outside } from "./outside.ts";
import type { Party } from "./population.ts";
import type { PortInterval } from "./port-prefix.ts";
import { coveredPorts } from "./protocol-space.ts";
import { distinguishedPrefixes, reach } from "./reach.ts";
import { matches } from "./selector.ts";

const DNS_PORT = 53;

/**
 * True when egress is closed and no rule lets DNS out (W210). Names of other services need none: Docker's
 * resolver knows them. Whose rule names port 53 knows better than we where its name server is.
 */
export function lacksNameServer(party: Party): boolean {
  const { owner } = party;
  if (decidePosture(owner, "egress").verdict === "allow" || onlyAudits(owner, undefined)) return false;
  return !applicableRules(owner, "egress").some(({ rule }) => {
    if (rule.action === "deny") return false;
    return (["udp", "tcp"] as const).some((protocol) =>
      coveredPorts(rule, protocol).some(
        ({ first, last }) =>
          first <= DNS_PORT &&
          DNS_PORT <= last &&
          (first > 0 || everywhere(party).some((remote) => matches(rule.peer, owner.subject, remote))),
      ),
    );
  });
}

/** The published ports that nobody outside for whom they are published can reach (W211). */
export function portsPublishedInVain(party: Party, published: PublishedPorts): readonly PortInterval[] {
  const { protocol, first, last, hostOnly } = published;
  let left: readonly PortInterval[] = [{ first, last }];
  for (const outside of everywhere(party)) {
    if (outside.host !== hostOnly) continue;
    for (const reached of reach(outside, party)) {
      if (reached.protocol === protocol) left = left.flatMap((one) => without(one, reached));
    }
  }
  return left;
}

function without(one: PortInterval, taken: PortInterval): readonly PortInterval[] {
  return [
    { first: one.first, last: Math.min(one.last, taken.first - 1) },
    { first: Math.max(one.first, taken.last + 1), last: one.last },
  ].filter(({ first, last }) => first <= last);
}

/** What is outside, in pieces that the rules of a party do not divide further. */
function everywhere({ owner }: Party): readonly Outside[] {
  return distinguishedPrefixes([owner]).flatMap((prefix) => [
    { prefix, host: false },
    { prefix, host: true },
  ]);
}

import type { EndpointFacts, Facts } from "../model/facts.ts";
import { shortId } from "../model/ids.ts";
import type { Direction } from "../model/posture.ts";
import { type Desired, type EndpointView, endpointName, placeOf, serviceName } from "../pipeline/index.ts";
import type { RuleCounter } from "../platform/dataplane/dataplane.ts";
import { formatPosture, printRule } from "../policy/index.ts";
import type { RuleDocument, RuleSharer } from "./admin-view.ts";

/** Number under which the data plane counts what no rule decided. */
const POSTURE = 0;
const DIRECTIONS = ["ingress", "egress"] as const satisfies Direction[];

interface Member {
  readonly endpoint: EndpointFacts;
  readonly view: EndpointView;
}

/**
 * The rules of endpoints in the order in which they decide, with what each has decided. Endpoints with
 * equal rules have one set of them, and one count: a document names all that share it.
 *
 * @param wanted whose rules; the others only appear beside them.
 */
export function ruleDocuments(
  facts: Facts,
  desired: Desired,
  counters: readonly RuleCounter[],
  wanted: readonly EndpointFacts[],
): readonly RuleDocument[] {
  const counts = new Map(counters.map((counter) => [countKey(counter), counter]));
  const sets = membersBySet(facts, desired);
  const policies = new Set(wanted.map(({ id }) => desired.endpoints.get(id)?.policy));
  return [...sets]
    .filter(([policy]) => policies.has(policy))
    .map(([policy, members]) => ({ policy, members, sharers: sharersOf(facts, members) }))
    .sort((a, b) => compareText(a.sharers[0]?.container ?? "", b.sharers[0]?.container ?? ""))
    .flatMap(({ policy, members, sharers }) =>
      DIRECTIONS.flatMap((direction) => {
        const view = members[0]?.view;
        const numbers = [...(view?.rules ?? [])].filter(([, rule]) => rule.direction === direction);
        return [...numbers.map(([number]) => number), POSTURE].map((rule) => ({
          sharers,
          direction,
          ...describe(members, direction, rule),
          packets: counts.get(countKey({ policy, direction, rule }))?.packets ?? 0,
          bytes: counts.get(countKey({ policy, direction, rule }))?.bytes ?? 0,
        }));
      }),
    );
}

/** Endpoints in quarantine have no rules. */
function membersBySet(facts: Facts, desired: Desired): ReadonlyMap<number, readonly Member[]> {
  const sets = new Map<number, Member[]>();
  for (const endpoint of facts.endpoints.values()) {
    const view = desired.endpoints.get(endpoint.id);
    if (view?.owner === undefined) continue;
    const known = sets.get(view.policy);
    if (known === undefined) sets.set(view.policy, [{ endpoint, view }]);
    else known.push({ endpoint, view });
  }
  return sets;
}

function sharersOf(facts: Facts, members: readonly Member[]): readonly RuleSharer[] {
  return members
    .map(({ endpoint, view }) => ({
      container: endpointName(endpoint),
      service: serviceName(placeOf(endpoint, view)) ?? null,
      network: facts.networks.get(endpoint.networkId)?.name ?? shortId(endpoint.networkId),
    }))
    .sort((a, b) => compareText(`${a.container} ${a.network}`, `${b.container} ${b.network}`));
}

type Description = Pick<RuleDocument, "tier" | "rule" | "text" | "posture">;

function describe(members: readonly Member[], direction: Direction, number: number): Description {
  const rule = members[0]?.view.rules.get(number);
  if (rule !== undefined) {
    return { tier: rule.tier, rule: rule.name, text: printRule(rule.rule, direction), posture: null };
  }
  // One verdict for all; what made it so may differ.
  const postures = members.flatMap(({ view }) =>
    view.posture === undefined ? [] : [formatPosture(view.posture[direction])],
  );
  return { tier: null, rule: null, text: null, posture: [...new Set(postures)].sort().join(", or ") };
}

function countKey({ policy, direction, rule }: Pick<RuleCounter, "policy" | "direction" | "rule">): string {
  return `${policy}/${direction}/${rule}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

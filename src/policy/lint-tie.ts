import type { Alternative, Rule, Term } from "./ast.ts";
import { type Finding, findingAt, type Governed, oneOfEach, type RuleSite } from "./lint-site.ts";
import { printAlternative } from "./print.ts";
import { quote } from "./problem.ts";
import { coveredPorts, PROTOCOLS } from "./protocol-space.ts";
import { distinguishedPrefixes } from "./reach.ts";
import { matches, type Remote } from "./selector.ts";

/** W204: of two rules with equal right one allows what the other denies, and deny wins. */
export function findTies(sites: readonly RuleSite[]): readonly Finding[] {
  const denying = new Map<string, RuleSite[]>();
  for (const site of sites) {
    if (site.rule.action !== "deny") continue;
    const equals = denying.get(rankOf(site));
    if (equals === undefined) denying.set(rankOf(site), [site]);
    else equals.push(site);
  }
  return sites
    .filter(({ rule }) => rule.action === "allow")
    .flatMap((allow) => {
      const deny = denying.get(rankOf(allow))?.find((one) => isTie(allow, one));
      if (deny === undefined) return [];
      const whose = deny.who === allow.who ? "" : ` of ${deny.who}`;
      const text = `ties with ${quote(deny.label)}${whose}, which denies some of it and wins; give one of the two a prio`;
      return [findingAt(allow, { code: "W204", text, span: allow.rule.span, suggestion: undefined })];
    });
}

/** Only rules of one rank can tie; a service's own govern nobody else. */
function rankOf({ tier, direction, rule, who }: RuleSite): string {
  return JSON.stringify([tier, direction, rule.prio, tier === "container" ? who : null]);
}

function isTie(allow: RuleSite, deny: RuleSite): boolean {
  if (!sharePorts(allow.rule, deny.rule)) return false;
  const denied = new Set(deny.owners.map(({ party }) => party));
  const shared = allow.owners.filter(({ party }) => denied.has(party));
  return (
    shared.length > 0 &&
    (alwaysMeet(allow.rule.peer, deny.rule.peer) ||
      oneOfEach(shared, [...allow.rule.peer, ...deny.rule.peer]).some((one) =>
        meetHere(one, allow.rule, deny.rule),
      ))
  );
}

function sharePorts(a: Rule, b: Rule): boolean {
  return PROTOCOLS.some((protocol) =>
    coveredPorts(a, protocol).some((one) =>
      coveredPorts(b, protocol).some((other) => one.first <= other.last && other.first <= one.last),
    ),
  );
}

/** True when whoever one alternative matches, one of the other rule does too: both say the same, or one says less. */
function alwaysMeet(a: readonly Alternative[], b: readonly Alternative[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((one) => b.some((other) => implies(one, other) || implies(other, one)));
}

function implies(narrow: Alternative, wide: Alternative): boolean {
  const said = new Set(narrow.terms.map(printTerm));
  return wide.terms.every((term) => printTerm(term) === "any" || said.has(printTerm(term)));
}

function printTerm(term: Term): string {
  return printAlternative({ terms: [term], span: term.span });
}

/** True when somebody who is there, or some address, is matched by both. */
function meetHere({ party, network }: Governed, a: Rule, b: Rule): boolean {
  const outside = distinguishedPrefixes([party.owner]).flatMap((prefix): Remote[] => [
    { prefix, host: false },
    { prefix, host: true },
  ]);
  const here = network.parties.map(({ owner }) => owner.subject);
  const { subject } = party.owner;
  return [...here, ...outside].some(
    (remote) => matches(a.peer, subject, remote) && matches(b.peer, subject, remote),
  );
}

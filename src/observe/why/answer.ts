import type { EndpointFacts, Facts } from "../../model/facts.ts";
import { shortId } from "../../model/ids.ts";
import { familyOf, type Ip, type IpFamily } from "../../model/ip.ts";
import type { Direction, Verdict } from "../../model/posture.ts";
import { type EndpointView, endpointName, type LookupTables, quarantineTexts } from "../../pipeline/index.ts";
import {
  type End,
  type Explanation,
  explain,
  formatExplanation,
  formatPosture,
  type NamedProbe,
  outsideAt,
  type Probe,
  printRule,
  type Side,
  type Tier,
} from "../../policy/index.ts";
import type { WhyAnswer, WhySide } from "../admin-view.ts";
import { homeOf, type LiveMeeting } from "./meetings.ts";
import type { Programmed } from "./why.ts";

const BY: Readonly<Record<Tier, string>> = { admin: "admin", container: "rule", baseline: "baseline" };

/** One pair: what the tables decide, what the policies say, and whether that is the same. */
export function answerFor(
  meeting: LiveMeeting,
  named: NamedProbe,
  programmed: Programmed,
  tables: LookupTables,
): WhyAnswer {
  const { facts } = programmed;
  const { from, to } = meeting;
  const probe = named.in(familyBetween(from, to));
  const egress = tableSide(from, "egress", to, probe, programmed, tables);
  const ingress = tableSide(to, "ingress", from, probe, programmed, tables);
  const home = homeOf(meeting);
  const network = facts.networks.get(home.networkId)?.name ?? shortId(home.networkId);
  const names = { from: endName(from, facts), to: endName(to, facts) };
  const ends = [endOf(from, programmed), endOf(to, programmed)] as const;
  const said = ends[0] && ends[1] && explain(ends[0], ends[1], probe);
  const verdict = egress.verdict === "allow" && ingress.verdict === "allow" ? "allow" : "deny";
  return {
    network,
    ...names,
    verdict,
    audit: verdict === "allow" && (egress.audit || ingress.audit),
    egress: { ...egress, remedy: said?.egress.remedy ?? null },
    ingress: { ...ingress, remedy: said?.ingress.remedy ?? null },
    explanation:
      said === undefined ? null : formatExplanation({ ...names, probe: named.text, network }, said),
    quarantine: [from, to].flatMap((end) => quarantineOf(end, programmed)),
    mismatches: [
      ...mismatch(from, "egress", egress, ends[0], said),
      ...mismatch(to, "ingress", ingress, ends[1], said),
      ...unboundWayOut(meeting, programmed),
    ],
  };
}

/** Containers are asked about by IPv4, unless one of the two has none. */
function familyBetween(from: EndpointFacts | Ip, to: EndpointFacts | Ip): IpFamily {
  if (typeof from === "string") return familyOf(from);
  if (typeof to === "string") return familyOf(to);
  return from.ipv4 === undefined || to.ipv4 === undefined ? 6 : 4;
}

/** What people call an end. */
function endName(end: EndpointFacts | Ip, facts: Facts): string {
  if (typeof end !== "string") return endpointName(end);
  return facts.hostAddresses.has(end) ? `host:${end}` : `world:${end}`;
}

/** An end as `explain` asks for it; undefined in quarantine. */
function endOf(end: EndpointFacts | Ip, { facts, desired }: Programmed): End | undefined {
  if (typeof end === "string") return outsideAt(end, facts.hostAddresses);
  const owner = desired.endpoints.get(end.id)?.owner;
  return owner && { name: endpointName(end), owner };
}

function quarantineOf(end: EndpointFacts | Ip, { desired }: Programmed): readonly string[] {
  if (typeof end === "string") return [];
  const view = desired.endpoints.get(end.id);
  const who = endpointName(end);
  return view === undefined ? [] : quarantineTexts(view, who).map((text) => `${who} is quarantined: ${text}`);
}

type TableSide = Omit<WhySide, "remedy">;

const OUTSIDE: TableSide = { verdict: "allow", audit: false, by: null, text: null, packets: 0 };
const UNKNOWN: TableSide = { verdict: "deny", audit: false, by: null, text: null, packets: 0 };

/** What the tables decide for one end. */
function tableSide(
  end: EndpointFacts | Ip,
  direction: Direction,
  other: EndpointFacts | Ip,
  probe: Probe,
  { desired, counters }: Programmed,
  tables: LookupTables,
): TableSide {
  if (typeof end === "string") return OUTSIDE;
  const found = tables.lookUp(end.index, direction, typeof other === "string" ? other : other.index, probe);
  const view = desired.endpoints.get(end.id);
  if (found === undefined || view === undefined) return UNKNOWN;
  const count = counters.find(
    ({ policy, rule, direction: counted }) =>
      policy === view.policy && rule === found.rule && counted === direction,
  );
  return {
    verdict: effective(found.verdict, found.audit),
    audit: found.audit,
    by: deciderIn(view, found.rule),
    text: textIn(view, found.rule, direction),
    packets: count?.packets ?? 0,
  };
}

function effective(verdict: Verdict, audit: boolean): Verdict {
  return audit ? "allow" : verdict;
}

/** By the number that the data plane has for it. In quarantine nothing decides. */
function deciderIn({ owner, rules }: EndpointView, number: number): string | null {
  if (owner === undefined) return null;
  if (number === 0) return "posture";
  const rule = rules.get(number);
  return rule === undefined ? `an unknown rule (${number})` : `${BY[rule.tier]}:${rule.name}`;
}

function textIn({ rules, posture }: EndpointView, number: number, direction: Direction): string | null {
  const rule = rules.get(number);
  if (rule !== undefined) return printRule(rule.rule, direction);
  return number === 0 && posture !== undefined ? formatPosture(posture[direction]) : null;
}

/** Where tables and policy say different things. What is quarantined must pass nothing. */
function mismatch(
  end: EndpointFacts | Ip,
  direction: Direction,
  table: TableSide,
  own: End | undefined,
  said: Explanation | undefined,
): readonly string[] {
  if (typeof end === "string") return [];
  const who = `${direction} of ${endpointName(end)}`;
  if (table === UNKNOWN) return [`${who}: the data plane has no row of this endpoint`];
  if (own === undefined && table.verdict === "allow")
    return [`${who}: it is quarantined, and the tables let it pass`];
  if (said === undefined) return [];
  const policy: Side = said[direction];
  if (table.verdict === policy.verdict && table.audit === policy.audit && table.by === policy.by) return [];
  return [`${who}: the tables say ${sideText(table)}, the policy says ${sideText(policy)}`];
}

function sideText({ verdict, audit, by }: Pick<WhySide, "verdict" | "audit" | "by">): string {
  return `${verdict}${audit ? " (would deny)" : ""} by ${by ?? "quarantine"}`;
}

/** Nothing is decided about what is outside unless programs are on the way there. */
function unboundWayOut(meeting: LiveMeeting, { facts, rows }: Programmed): readonly string[] {
  if (typeof meeting.from !== "string" && typeof meeting.to !== "string") return [];
  const home = homeOf(meeting);
  const port = facts.gateways.get(home.id);
  const bound = rows.some(
    (row) =>
      row.table === "port" && row.kind === "gateway" && row.port === port && row.endpoint === home.index,
  );
  return bound
    ? []
    : [`the data plane decides nothing on port ${port}, the way out of ${endpointName(home)}`];
}

import type { Protocol } from "../model/rows.ts";
import type { Rule } from "./ast.ts";
import { PORT_LAST, type PortInterval, type PortPrefix, toPrefixes } from "./port-prefix.ts";

/** The protocols that a data plane tells apart, in the order in which rows are written. */
export const PROTOCOLS = ["tcp", "udp", "sctp", "icmp", "icmp6", "other"] as const satisfies Protocol[];

/** The spaces of the protocol classes that any of the rules covers. */
export function protocolSpaces(rules: readonly Rule[]): readonly ProtocolSpace[] {
  return PROTOCOLS.flatMap((protocol) => {
    const covered = rules.map((rule) => coveredPorts(rule, protocol));
    return covered.some((intervals) => intervals.length > 0) ? [new ProtocolSpace(protocol, covered)] : [];
  });
}

/** The ports that a rule covers in one protocol class; ICMP numbers them type << 8 | code. */
function coveredPorts(rule: Rule, protocol: Protocol): readonly PortInterval[] {
  if (rule.protocols.length === 0) return [WHOLE];
  const intervals: PortInterval[] = [];
  for (const match of rule.protocols) {
    if ("ports" in match) {
      if (match.protocol !== protocol) continue;
      if (match.ports.length === 0) intervals.push(WHOLE);
      else intervals.push(...match.ports);
    } else if (match.type === undefined) {
      if (match.protocol === protocol || (match.protocol === "icmp" && protocol === "icmp6")) {
        intervals.push(WHOLE);
      }
    } else if (match.protocol === protocol) {
      const first = (match.type << 8) | (match.code ?? 0);
      intervals.push({ first, last: (match.type << 8) | (match.code ?? 0xff) });
    }
  }
  return intervals;
}

const WHOLE: PortInterval = { first: 0, last: PORT_LAST };

/**
 * The ports of one protocol class, cut at every boundary of every rule into elementary intervals:
 * within one, no rule begins or ends. The cuts depend on the rules alone, and not on who is there, so
 * neither do the prefixes that the intervals are written as.
 */
export class ProtocolSpace {
  readonly protocol: Protocol;
  /** Per interval that a rule covers, in ascending order of ports. */
  readonly prefixes: readonly (readonly PortPrefix[])[];
  /** Per rule, the intervals that it covers, as positions in {@link prefixes}. */
  readonly coverage: readonly (readonly number[])[];

  /** @param covered per rule, the ports that it covers. */
  constructor(protocol: Protocol, covered: readonly (readonly PortInterval[])[]) {
    this.protocol = protocol;
    const starts = cuts(covered.flat());
    const position = new Map(starts.map((start, i) => [start, i]));
    const intervalsOf = ({ first, last }: PortInterval): number[] => {
      const from = position.get(first) ?? 0;
      const to = position.get(last + 1) ?? starts.length;
      return Array.from({ length: to - from }, (_, i) => from + i);
    };
    const raw = covered.map((intervals) => [...new Set(intervals.flatMap(intervalsOf))]);
    const used = [...new Set(raw.flat())].sort((a, b) => a - b);
    const rank = new Map(used.map((interval, i) => [interval, i]));
    this.coverage = raw.map((intervals) => intervals.map((interval) => rank.get(interval) ?? 0));
    this.prefixes = used.map((i) =>
      toPrefixes({ first: starts[i] ?? 0, last: (starts[i + 1] ?? PORT_LAST + 1) - 1 }),
    );
  }
}

/** Where elementary intervals begin, ascending. */
function cuts(intervals: readonly PortInterval[]): readonly number[] {
  const starts = new Set([0]);
  for (const { first, last } of intervals) {
    starts.add(first);
    if (last < PORT_LAST) starts.add(last + 1);
  }
  return [...starts].sort((a, b) => a - b);
}

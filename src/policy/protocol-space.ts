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
export function coveredPorts(rule: Rule, protocol: Protocol): readonly PortInterval[] {
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

/** Elementary intervals from one position to another, `end` exclusive. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The ports of one protocol class, cut at every boundary of every rule into elementary intervals:
 * within one, no rule begins or ends. The cuts depend on the rules alone, and not on who is there, so
 * neither do the prefixes that the intervals are written as.
 */
export class ProtocolSpace {
  readonly protocol: Protocol;
  /** Per elementary interval, ascending; empty for one that no rule covers. */
  readonly prefixes: readonly (readonly PortPrefix[])[];
  /** Per rule, the intervals that it covers. */
  readonly coverage: readonly (readonly Stretch[])[];

  /** @param covered per rule, the ports that it covers. */
  constructor(protocol: Protocol, covered: readonly (readonly PortInterval[])[]) {
    this.protocol = protocol;
    const starts = cuts(covered);
    const position = new Map(starts.map((start, i) => [start, i]));
    this.coverage = covered.map((intervals) =>
      intervals.map(({ first, last }) => ({
        start: position.get(first) ?? 0,
        end: position.get(last + 1) ?? starts.length,
      })),
    );
    const covers = coverCounts(this.coverage, starts.length);
    this.prefixes = starts.map((first, i) =>
      covers[i] === 0 ? [] : toPrefixes({ first, last: (starts[i + 1] ?? PORT_LAST + 1) - 1 }),
    );
  }
}

/** Where elementary intervals begin, ascending. */
function cuts(covered: readonly (readonly PortInterval[])[]): readonly number[] {
  const starts = new Set([0]);
  for (const intervals of covered) {
    for (const { first, last } of intervals) {
      starts.add(first);
      if (last < PORT_LAST) starts.add(last + 1);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

/** Per interval, how many stretches cover it. */
function coverCounts(coverage: readonly (readonly Stretch[])[], length: number): Int32Array {
  const counts = new Int32Array(length + 1);
  for (const stretches of coverage) {
    for (const { start, end } of stretches) {
      counts[start] = (counts[start] ?? 0) + 1;
      counts[end] = (counts[end] ?? 0) - 1;
    }
  }
  for (let i = 1; i < counts.length; i++) counts[i] = (counts[i] ?? 0) + (counts[i - 1] ?? 0);
  return counts;
}

import type { Direction, Verdict } from "../../../src/model/posture.ts";
import type { PolicyRow } from "../../../src/model/rows.ts";
import type { Probe } from "../../../src/policy/index.ts";

/** What a data plane answers: verdict, the number of the rule (0: the posture), and its flags. */
export interface Answer {
  readonly verdict: Verdict;
  readonly rule: number;
  readonly log: boolean;
  readonly audit: boolean;
}

export type LookupRow = Omit<PolicyRow, "table" | "policy">;

/**
 * The data plane's walk over the policy table: the remote's identity, then identity 0, then the
 * posture; of each, the prefix lengths that the endpoint's row names, and no others.
 */
export function lookup(
  rows: readonly LookupRow[],
  direction: Direction,
  identity: number,
  { protocol, port }: Probe,
  prefixLengths: number,
  posture: Verdict,
): Answer {
  for (const wanted of new Set([identity, 0])) {
    for (let length = 16; length >= 0; length--) {
      if ((prefixLengths & (1 << length)) === 0) continue;
      const found = rows.find(
        (row) =>
          row.direction === direction &&
          row.identity === wanted &&
          row.protocol === protocol &&
          row.prefixLength === length &&
          row.port === (port & (0xffff << (16 - length)) & 0xffff),
      );
      if (found !== undefined) {
        return { verdict: found.verdict, rule: found.rule, log: found.log, audit: found.audit };
      }
    }
  }
  return { verdict: posture, rule: 0, log: false, audit: false };
}

/** True when no two rows of one list of the table cover a port twice. */
export function disjoint(rows: readonly LookupRow[]): boolean {
  const lists = Map.groupBy(rows, (row) => `${row.direction} ${row.identity} ${row.protocol}`);
  return [...lists.values()].every((list) => {
    const spans = list
      .map(({ port, prefixLength }) => ({ first: port, last: port + 2 ** (16 - prefixLength) - 1 }))
      .sort((a, b) => a.first - b.first);
    return spans.every((span, i) => i === 0 || (spans[i - 1]?.last ?? 0) < span.first);
  });
}

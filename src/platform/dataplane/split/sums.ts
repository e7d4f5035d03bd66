import type { DropCounter, EndpointCounter, RuleCounter } from "../dataplane.ts";

/*
 * Counters of one key, counted in several places, added up.
 */

export function sumEndpointCounters(counters: readonly EndpointCounter[]): readonly EndpointCounter[] {
  return sums(
    counters,
    ({ endpoint }) => `${endpoint}`,
    (a, b) => ({
      endpoint: a.endpoint,
      sentPackets: a.sentPackets + b.sentPackets,
      sentBytes: a.sentBytes + b.sentBytes,
      receivedPackets: a.receivedPackets + b.receivedPackets,
      receivedBytes: a.receivedBytes + b.receivedBytes,
    }),
  );
}

export function sumDropCounters(counters: readonly DropCounter[]): readonly DropCounter[] {
  return sums(counters, ({ endpoint, reason }) => `${endpoint}/${reason}`, addTraffic);
}

export function sumRuleCounters(counters: readonly RuleCounter[]): readonly RuleCounter[] {
  return sums(counters, ({ policy, rule, direction }) => `${policy}/${rule}/${direction}`, addTraffic);
}

function addTraffic<T extends { readonly packets: number; readonly bytes: number }>(a: T, b: T): T {
  return { ...a, packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

function sums<T>(
  counters: readonly T[],
  keyOf: (counter: T) => string,
  add: (a: T, b: T) => T,
): readonly T[] {
  const byKey = new Map<string, T>();
  for (const counter of counters) {
    const key = keyOf(counter);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? counter : add(known, counter));
  }
  return [...byKey.values()];
}

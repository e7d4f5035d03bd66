import type { EndpointIndex } from "../model/ids.ts";
import { familyOf, type Ip, ipToBigInt } from "../model/ip.ts";
import type { Direction, Verdict } from "../model/posture.ts";
import { prefixBase, prefixBits, prefixFamily } from "../model/prefix.ts";
import type { EndpointRow, PolicyRow, PrefixRow, Row } from "../model/rows.ts";
import type { Probe } from "../policy/index.ts";

/** What a data plane decides for one side of a new connection. */
export interface Lookup {
  readonly verdict: Verdict;
  /** Number of the rule in the endpoint's policy set; 0: the posture. */
  readonly rule: number;
  readonly log: boolean;
  /** True for a denial that is counted and reported, and passes. */
  readonly audit: boolean;
  /** Of the remote, as rows know it; 0: anyone not listed. */
  readonly identity: number;
}

/** The other side: a container's endpoint on the same network, or an address outside. */
export type LookedUpRemote = EndpointIndex | Ip;

/** Answers as a data plane that holds `rows`; undefined when it has no such endpoint. */
export function lookUp(
  rows: Iterable<Row>,
  endpoint: EndpointIndex,
  direction: Direction,
  remote: LookedUpRemote,
  probe: Probe,
): Lookup | undefined {
  return new LookupTables(rows).lookUp(endpoint, direction, remote, probe);
}

/**
 * The tables that decide, and the data plane's walk over them: the remote's identity, by endpoint or
 * by the longest prefix; its entries, then those of identity 0, then the posture; of each, the port
 * prefixes of the lengths that the endpoint's row names, and no others.
 */
export class LookupTables {
  readonly #endpoints = new Map<number, EndpointRow>();
  readonly #prefixes = new PrefixTable();
  readonly #rowsByPolicy = new Map<number, PolicyRow[]>();
  readonly #entriesByPolicy = new Map<number, ReadonlyMap<string, PolicyRow>>();

  constructor(rows: Iterable<Row>) {
    for (const row of rows) {
      if (row.table === "endpoint") this.#endpoints.set(row.endpoint, row);
      else if (row.table === "prefix") this.#prefixes.add(row);
      else if (row.table === "policy") {
        const known = this.#rowsByPolicy.get(row.policy);
        if (known === undefined) this.#rowsByPolicy.set(row.policy, [row]);
        else known.push(row);
      }
    }
  }

  lookUp(
    endpoint: EndpointIndex,
    direction: Direction,
    remote: LookedUpRemote,
    probe: Probe,
  ): Lookup | undefined {
    const row = this.#endpoints.get(endpoint);
    if (row === undefined) return undefined;
    const identity = this.#identityOf(remote);
    if (row.mode === "quarantine") return { verdict: "deny", rule: 0, log: false, audit: false, identity };
    const found = this.#find(row, direction, identity, probe) ?? this.#find(row, direction, 0, probe);
    const closed = direction === "ingress" ? row.ingressDeny : row.egressDeny;
    const verdict = found?.verdict ?? (closed ? "deny" : "allow");
    const audit = verdict === "deny" && (row.mode !== "enforce" || found?.audit === true);
    return { verdict, rule: found?.rule ?? 0, log: found?.log ?? false, audit, identity };
  }

  #identityOf(remote: LookedUpRemote): number {
    if (typeof remote === "string") return this.#prefixes.identityOf(remote);
    return this.#endpoints.get(remote)?.identity ?? 0;
  }

  #find(row: EndpointRow, direction: Direction, identity: number, { protocol, port }: Probe) {
    const lengths = direction === "ingress" ? row.ingressPrefixLengths : row.egressPrefixLengths;
    const entries = this.#entries(row.policy);
    for (let length = 16; length >= 0; length--) {
      if ((lengths & (1 << length)) === 0) continue;
      const prefix = port & (0xffff << (16 - length)) & 0xffff;
      const found = entries.get(entryKey(direction, identity, protocol, prefix, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #entries(policy: number): ReadonlyMap<string, PolicyRow> {
    const known = this.#entriesByPolicy.get(policy);
    if (known !== undefined) return known;
    const entries = new Map(
      (this.#rowsByPolicy.get(policy) ?? []).map((row) => [
        entryKey(row.direction, row.identity, row.protocol, row.port, row.prefixLength),
        row,
      ]),
    );
    this.#entriesByPolicy.set(policy, entries);
    return entries;
  }
}

function entryKey(
  direction: Direction,
  identity: number,
  protocol: PolicyRow["protocol"],
  port: number,
  length: number,
): string {
  return `${direction}/${identity}/${protocol}/${port}/${length}`;
}

const ADDRESS_BITS = 128;
const MAPPED_BITS = 96;

/** One table for both families, as in `tables.h`: IPv4 stands in it as `::ffff:a.b.c.d`. */
class PrefixTable {
  readonly #identities = new Map<string, number>();
  readonly #lengths = new Set<number>();

  add({ prefix, identity }: PrefixRow): void {
    const length = prefixBits(prefix) + (prefixFamily(prefix) === 4 ? MAPPED_BITS : 0);
    this.#lengths.add(length);
    this.#identities.set(prefixKey(mapped(prefixBase(prefix)), length), identity);
  }

  identityOf(address: Ip): number {
    const value = mapped(address);
    for (let length = ADDRESS_BITS; length >= 0; length--) {
      if (!this.#lengths.has(length)) continue;
      const identity = this.#identities.get(prefixKey(value, length));
      if (identity !== undefined) return identity;
    }
    return 0;
  }
}

function mapped(address: Ip): bigint {
  const value = ipToBigInt(address);
  return familyOf(address) === 4 ? value | (0xffffn << 32n) : value;
}

function prefixKey(value: bigint, length: number): string {
  return `${(value >> BigInt(ADDRESS_BITS - length)).toString(36)}/${length}`;
}

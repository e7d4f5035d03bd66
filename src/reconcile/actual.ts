import type { EndpointRow, Row, Table } from "../model/rows.ts";
import { rowKey, rowValue } from "./row-key.ts";

/** One step that brings the data plane nearer to what is desired, and the owner it is taken for. */
export interface Step {
  readonly verb: "upsert" | "delete";
  readonly row: Row;
  readonly owner: string;
  /** True when an upsert changes a row that is there. */
  readonly replaces: boolean;
}

interface Held {
  readonly row: Row;
  readonly value: string;
  readonly owner: string;
}

/** Owner of rows that an earlier process left and nobody has claimed. */
const NOBODY = "";
/** Value of a row after a refused write; no row has it. */
const UNKNOWN = "unknown";

/** Referents before references: a packet never meets an entry that points at nothing. */
const UPSERT_ORDER: readonly Table[] = [
  "policy",
  "prefix",
  "member",
  "uplink",
  "vtep",
  "network",
  "endpoint",
  "neighbour",
  "port",
];
const DELETE_ORDER: readonly Table[] = [
  "port",
  "neighbour",
  "endpoint",
  "member",
  "prefix",
  "policy",
  "network",
  "vtep",
  "uplink",
];

/**
 * What the data plane holds, as read back at start and followed since, and the smallest steps from
 * there to what is desired.
 *
 * Rows come in groups by owner. A group that is the same array as last time is not looked at again,
 * so a change costs what it touches. A key belongs to the owner that wrote it last: when an address
 * moves from one endpoint to another, the old owner's removal does not take the new one's row.
 */
export class Actual {
  readonly #held = new Map<string, Held>();
  readonly #groups = new Map<string, readonly Row[]>();
  #generation = 0;

  /**
   * @param rows everything that the data plane holds.
   * @param generation the last one given out, where the data plane may remember ones that no row has.
   */
  constructor(rows: readonly Row[], generation = 0) {
    this.#generation = generation;
    for (const row of rows) {
      this.#held.set(rowKey(row), { row, value: rowValue(row), owner: NOBODY });
      if (row.table === "endpoint") this.#generation = Math.max(this.#generation, row.generation);
    }
    this.#groups.set(NOBODY, rows);
  }

  /** The last generation that was given out. */
  get generation(): number {
    return this.#generation;
  }

  /** Number of rows held. */
  get size(): number {
    return this.#held.size;
  }

  /** Every row, as the data plane holds it. */
  *rows(): Iterable<Row> {
    for (const held of this.#held.values()) yield held.row;
  }

  /** The steps to `desired`, in the order to take them. They count as taken: report failures to {@link failed}. */
  plan(desired: ReadonlyMap<string, readonly Row[]>): readonly Step[] {
    const upserts: Step[] = [];
    const vanished: string[] = [];
    for (const [owner, rows] of desired) {
      const before = this.#groups.get(owner);
      if (before === rows) continue;
      upserts.push(...this.#claimAll(owner, rows));
      vanished.push(...this.#orphanAll(owner, before ?? [], rows));
      this.#groups.set(owner, rows);
    }
    for (const [owner, rows] of this.#groups) {
      if (desired.has(owner)) continue;
      vanished.push(...this.#orphanAll(owner, rows, []));
      this.#groups.delete(owner);
    }
    const deletes = this.#drop(vanished);
    upserts.push(...this.#redecide(upserts, deletes));
    return [...inOrder(upserts, UPSERT_ORDER), ...inOrder(deletes, DELETE_ORDER)];
  }

  /**
   * Takes back steps that the data plane refused. What it holds under their keys is unknown then:
   * equal to no value, so an upsert is repeated, and there to be deleted (a delete of nothing is fine).
   */
  failed(steps: readonly Step[]): void {
    for (const { verb, row, owner: wanted } of steps) {
      const owner = verb === "delete" ? NOBODY : wanted;
      const key = rowKey(row);
      this.#held.set(key, { row, value: UNKNOWN, owner: this.#held.get(key)?.owner ?? owner });
      // A new array makes the next plan look at the owner's rows again.
      const rows = this.#groups.get(owner) ?? [];
      this.#groups.set(owner, verb === "delete" ? [...rows, row] : [...rows]);
    }
  }

  #claimAll(owner: string, rows: readonly Row[]): readonly Step[] {
    const steps: Step[] = [];
    for (const row of rows) {
      const key = rowKey(row);
      const value = rowValue(row);
      const held = this.#held.get(key);
      if (held?.value === value) {
        if (held.owner !== owner) this.#held.set(key, { ...held, owner });
        continue;
      }
      const next = row.table === "endpoint" ? { ...row, generation: ++this.#generation } : row;
      this.#held.set(key, { row: next, value, owner });
      steps.push({ verb: "upsert", row: next, owner, replaces: held !== undefined });
    }
    return steps;
  }

  /** Gives up the rows that `owner` had and has no longer; returns their keys. */
  #orphanAll(owner: string, before: readonly Row[], now: readonly Row[]): readonly string[] {
    const kept = new Set(now.map(rowKey));
    const vanished = before.map(rowKey).filter((key) => !kept.has(key));
    for (const key of vanished) {
      const held = this.#held.get(key);
      if (held?.owner === owner) this.#held.set(key, { ...held, owner: NOBODY });
    }
    return vanished;
  }

  /**
   * New generations for the endpoints whose rule set changed in place, so that their connections
   * are decided again. Rows of an identity that came or went change nothing for anyone else.
   */
  #redecide(upserts: readonly Step[], deletes: readonly Step[]): readonly Step[] {
    const policies = new Set<number>();
    for (const { row, replaces } of upserts) if (row.table === "policy" && replaces) policies.add(row.policy);
    const policyDeletes = deletes.filter(({ row }) => row.table === "policy");
    if (policyDeletes.length > 0) {
      const alive = new Set([0]);
      for (const { row } of this.#held.values()) {
        if (row.table === "endpoint" || row.table === "neighbour") alive.add(row.identity);
      }
      for (const { row } of policyDeletes) {
        if (row.table === "policy" && alive.has(row.identity)) policies.add(row.policy);
      }
    }
    if (policies.size === 0) return [];
    const fresh = new Set(upserts.map(({ row }) => rowKey(row)));
    const steps: Step[] = [];
    for (const [key, held] of this.#held) {
      if (held.row.table !== "endpoint" || !policies.has(held.row.policy) || fresh.has(key)) continue;
      const row: EndpointRow = { ...held.row, generation: ++this.#generation };
      this.#held.set(key, { ...held, row });
      steps.push({ verb: "upsert", row, owner: held.owner, replaces: true });
    }
    return steps;
  }

  #drop(keys: readonly string[]): readonly Step[] {
    const steps: Step[] = [];
    for (const key of keys) {
      const held = this.#held.get(key);
      if (held?.owner !== NOBODY) continue;
      this.#held.delete(key);
      steps.push({ verb: "delete", row: held.row, owner: NOBODY, replaces: false });
    }
    return steps;
  }
}

function inOrder(steps: readonly Step[], order: readonly Table[]): readonly Step[] {
  return order.flatMap((table) => steps.filter((step) => step.row.table === table));
}

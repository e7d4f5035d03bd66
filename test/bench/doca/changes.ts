import type {
  Dataplane,
  EndpointRow,
  NicCounters,
  Operation,
  PolicyRow,
  Row,
} from "../../../src/platform/dataplane/dataplane.ts";
import { A, B, C, endpointRow, entry, identityOf, prefixLengths } from "../../packets/cases/world.ts";
import type { Numbers } from "../../packets/lab/numbers.ts";
import type { Touched } from "./round.ts";

/** Two policy sets that allow the same. B has the first of them. */
export const SETS = [2, 20] as const;
const RULES = 100;
const FIRST_PORT = 5_000;
const ADDRESSES = 3; // of an endpoint: IPv4, IPv6, link-local

export function rule(policy: number, nth: number, more: Partial<PolicyRow> = {}): PolicyRow {
  const fields = { identity: identityOf(A), port: FIRST_PORT + nth, prefixLength: 16 };
  return entry({ policy, direction: "ingress", verdict: "allow", rule: nth + 1, ...fields, ...more });
}

/** B, which allows UDP from anybody and what its policy says besides. */
export class Server {
  #generation = 1_000;

  /** Its row under a generation that it has not had. */
  row(policy: number, more: Partial<EndpointRow> = {}): EndpointRow {
    this.#generation += 1;
    return endpointRow(B, {
      ...{ ingressDeny: true, ingressPrefixLengths: prefixLengths(0, 16) },
      ...{ policy, generation: this.#generation, ...more },
    });
  }
}

export function rulesOf(policy: number): readonly PolicyRow[] {
  const udp = rule(policy, RULES, { protocol: "udp", identity: 0, port: 0, prefixLength: 0 });
  return [...Array.from({ length: RULES }, (_, nth) => rule(policy, nth)), udp];
}

export const upserts = (rows: readonly Row[]): readonly Operation[] =>
  rows.map((row) => ({ verb: "upsert", row }));
export const deletes = (rows: readonly Row[]): readonly Operation[] =>
  rows.map((row) => ({ verb: "delete", row }));

/** `needed`: entries that have to change, besides those that there are more or fewer of afterwards. */
interface Change {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly needed: number;
}

/** One after the other; the last undo the first. `world` has rows of A, B and C. */
function changes(world: readonly Row[], server: Server): readonly Change[] {
  const own = world.filter(
    (row) =>
      ["port", "endpoint", "neighbour"].includes(row.table) &&
      "endpoint" in row &&
      row.endpoint === C.endpoint,
  );
  const [set, other] = SETS;
  const extra = rule(set, RULES + 1);
  const range = rule(set, RULES + 2, { port: 7_000, prefixLength: 13 });
  const lengths = prefixLengths(0, 13, 16);
  return [
    { name: "a rule more", operations: upserts([extra]), needed: 0 },
    { name: "a rule's verdict", operations: upserts([{ ...extra, verdict: "deny" }]), needed: 1 },
    { name: "a rule less", operations: deletes([extra]), needed: 0 },
    {
      name: "a range of ports more",
      operations: upserts([range, server.row(set, { ingressPrefixLengths: lengths })]),
      needed: 0,
    },
    {
      name: "a range of ports less",
      operations: [...deletes([range]), ...upserts([server.row(set)])],
      needed: 0,
    },
    { name: "a generation", operations: upserts([server.row(set)]), needed: 0 },
    // B has rules for what it receives alone: where it is, an entry for each address, says the set.
    { name: "another policy set", operations: upserts([server.row(other)]), needed: ADDRESSES },
    { name: "the policy set back", operations: upserts([server.row(set)]), needed: ADDRESSES },
    // Its port stays, and becomes nobody's.
    { name: "an endpoint less", operations: deletes(own), needed: 1 },
    { name: "an endpoint more", operations: upserts(own), needed: 1 },
  ];
}

/** Without those of connections, which come and go by themselves. */
function operationsOf({ added, updated, removed, connectionsAdded, connections }: NicCounters): number {
  const connectionsRemoved = connectionsAdded - connections;
  return added - connectionsAdded + updated + removed - connectionsRemoved;
}

const lastingOf = ({ entries, connections }: NicCounters): number => entries - connections;

/** Makes each change, and counts what the NIC did for it. */
export async function touchedBy(
  world: readonly Row[],
  server: Server,
  dataplane: Dataplane,
  numbers: Numbers,
): Promise<readonly Touched[]> {
  const seen: Touched[] = [];
  for (const { name, operations, needed } of changes(world, server)) {
    const before = await nicOf(dataplane);
    await applied(
      dataplane,
      operations.map((operation) => numbers.operation(operation)),
    );
    const after = await nicOf(dataplane);
    seen.push({
      change: name,
      touched: operationsOf(after) - operationsOf(before),
      needed: needed + Math.abs(lastingOf(after) - lastingOf(before)),
    });
  }
  return seen;
}

export async function nicOf(dataplane: Dataplane): Promise<NicCounters> {
  const counters = await dataplane.nicCounters();
  if (counters === undefined) throw new Error(`${dataplane.capabilities.backend} says nothing of a NIC`);
  return counters;
}

export async function applied(dataplane: Dataplane, operations: readonly Operation[]): Promise<void> {
  const [failure] = await dataplane.apply(operations);
  if (failure !== undefined) throw new Error(`not applied: ${JSON.stringify(failure)}`);
}

import { setTimeout as sleep } from "node:timers/promises";
import type {
  Dataplane,
  DropCounter,
  EndpointCounter,
  Operation,
  Row,
  RuleCounter,
} from "../../../src/platform/dataplane/dataplane.ts";
import type { PacketCase, SendStep } from "../cases/case.ts";
import type { Flow, FlowOutcome } from "./flow.ts";
import { letFlow } from "./let-flow.ts";
import { CASES_MAX, Numbers } from "./numbers.ts";
import type { Outcome, Traffic } from "./protocol.ts";
import type { Wire } from "./wire.ts";

/** A packet goes through in microseconds; a busy machine may keep its processes waiting. */
const PATIENCE_MS = 1000;
/** What should not come is waited for this long, after all that should has. */
const SILENCE_MS = 2;
const EVENTS_MAX = 1000;

/** Makes an empty data plane that serves the ports, in the place of the one before. */
export type OpenDataplane = (before?: Dataplane) => Promise<Dataplane>;

interface Counters {
  readonly drops: readonly DropCounter[];
  readonly endpoints: readonly EndpointCounter[];
  readonly rules: readonly RuleCounter[];
}

/** Rows of `now` that grew since `before`, told apart by `key`, with `subtract` saying by how much. */
function growth<Counter>(
  before: readonly Counter[],
  now: readonly Counter[],
  key: (row: Counter) => string,
  subtract: (now: Counter, before: Counter | undefined) => Counter | undefined,
): readonly Counter[] {
  const old = new Map(before.map((row) => [key(row), row]));
  return now.flatMap((row) => subtract(row, old.get(key(row))) ?? []);
}

/** Puts cases through a data plane whose ports end on a wire. */
export class Bench {
  readonly #open: OpenDataplane;
  readonly #wire: Wire;
  readonly #ports: readonly number[];
  #dataplane: Dataplane;
  #nth = 0;

  private constructor(open: OpenDataplane, first: Dataplane, wire: Wire, ports: readonly number[]) {
    this.#open = open;
    this.#dataplane = first;
    this.#wire = wire;
    this.#ports = ports;
  }

  static async on(open: OpenDataplane, wire: Wire, ports: readonly number[]): Promise<Bench> {
    return new Bench(open, await open(), wire, ports);
  }

  async run(packetCase: PacketCase): Promise<readonly Outcome[]> {
    const numbers = await this.#begin(packetCase.rows);
    const outcomes: Outcome[] = [];
    for (const step of packetCase.steps) {
      if ("waitMs" in step) await sleep(step.waitMs);
      else if ("apply" in step)
        await this.#apply(step.apply.map((operation) => numbers.operation(operation)));
      else outcomes.push(await this.#send(step, numbers));
    }
    return outcomes;
  }

  async flow({ rows, steps }: Flow): Promise<readonly FlowOutcome[]> {
    const numbers = await this.#begin(rows);
    const apply = (operations: readonly Operation[]): Promise<void> =>
      this.#apply(operations.map((operation) => numbers.operation(operation)));
    const outcomes: FlowOutcome[] = [];
    for (const step of steps) {
      if ("apply" in step) await apply(step.apply);
      else outcomes.push(await letFlow(step, { dataplane: this.#dataplane, wire: this.#wire, apply }));
    }
    return outcomes;
  }

  /** Puts these rows in the place of all there were. */
  async #begin(rows: readonly Row[]): Promise<Numbers> {
    if (this.#nth === CASES_MAX) {
      this.#dataplane = await this.#open(this.#dataplane);
      this.#nth = 0;
    }
    const numbers = new Numbers(this.#nth++, this.#ports);
    await this.#apply([
      ...(await this.#dataplane.dump()).map((row) => ({ verb: "delete" as const, row })),
      ...rows.map((row) => ({ verb: "upsert" as const, row: numbers.row(row) })),
    ]);
    await this.#dataplane.events(EVENTS_MAX);
    this.#wire.take();
    return numbers;
  }

  async #apply(operations: Parameters<Dataplane["apply"]>[0]): Promise<void> {
    const failures = await this.#dataplane.apply(operations);
    if (failures.length > 0) throw new Error(`not applied: ${JSON.stringify(failures)}`);
  }

  async #counters(): Promise<Counters> {
    return {
      drops: await this.#dataplane.dropCounters(),
      endpoints: await this.#dataplane.endpointCounters(),
      rules: await this.#dataplane.ruleCounters(),
    };
  }

  async #send(step: SendStep, numbers: Numbers): Promise<Outcome> {
    const frames = (step.delivered?.length ?? 0) + (step.answered ? 1 : 0);
    const before = await this.#counters();
    this.#wire.send(step.port, step.send);
    const deadline = performance.now() + PATIENCE_MS;
    let drops: readonly DropCounter[] = [];
    do {
      await sleep(1);
      drops = dropGrowth(before.drops, await this.#dataplane.dropCounters());
    } while (
      (this.#wire.pending < frames || drops.length < (step.drops?.length ?? 0)) &&
      performance.now() < deadline
    );
    await sleep(SILENCE_MS);
    return this.#outcome(before, numbers);
  }

  async #outcome(before: Counters, numbers: Numbers): Promise<Outcome> {
    const now = await this.#counters();
    const { events } = await this.#dataplane.events(EVENTS_MAX);
    return {
      received: this.#wire.take(),
      drops: dropGrowth(before.drops, now.drops),
      traffic: trafficGrowth(before.endpoints, now.endpoints),
      rules: ruleGrowth(before.rules, now.rules).flatMap(({ policy, rule, direction, packets }) => {
        const mine = numbers.policy(policy);
        return mine === undefined ? [] : { policy: mine, rule, direction, packets };
      }),
      events: events.map(({ type, reason, endpoint, peer, policy, rule, direction, bytes }) => {
        return { type, reason, endpoint, peer, policy: numbers.policy(policy) ?? -1, rule, direction, bytes };
      }),
    };
  }
}

function dropGrowth(before: readonly DropCounter[], now: readonly DropCounter[]): readonly DropCounter[] {
  return growth(
    before,
    now,
    (row) => `${row.endpoint} ${row.reason}`,
    (row, old) => {
      const packets = row.packets - (old?.packets ?? 0);
      return packets === 0 ? undefined : { ...row, packets, bytes: row.bytes - (old?.bytes ?? 0) };
    },
  );
}

function trafficGrowth(before: readonly Traffic[], now: readonly Traffic[]): readonly Traffic[] {
  return growth(
    before,
    now,
    (row) => `${row.endpoint}`,
    (row, old) => {
      const sentPackets = row.sentPackets - (old?.sentPackets ?? 0);
      const receivedPackets = row.receivedPackets - (old?.receivedPackets ?? 0);
      if (sentPackets === 0 && receivedPackets === 0) return undefined;
      return {
        endpoint: row.endpoint,
        sentPackets,
        sentBytes: row.sentBytes - (old?.sentBytes ?? 0),
        receivedPackets,
        receivedBytes: row.receivedBytes - (old?.receivedBytes ?? 0),
      };
    },
  );
}

function ruleGrowth(before: readonly RuleCounter[], now: readonly RuleCounter[]): readonly RuleCounter[] {
  return growth(
    before,
    now,
    (row) => `${row.policy} ${row.rule} ${row.direction}`,
    (row, old) => {
      const packets = row.packets - (old?.packets ?? 0);
      return packets === 0 ? undefined : { ...row, packets, bytes: row.bytes - (old?.bytes ?? 0) };
    },
  );
}

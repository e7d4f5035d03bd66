import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PolicyRow, PrefixRow } from "../../src/model/rows.ts";
import type { Operation } from "../../src/platform/dataplane/dataplane.ts";
import type { PacketCase, SendStep, Step } from "./cases/case.ts";
import {
  A,
  B,
  C,
  endpointRow,
  governs,
  type Host,
  outside,
  WAY_A,
  WAY_B,
  within,
  worldWithOutside,
} from "./cases/world.ts";
import { expected, seen, sendSteps } from "./lab/compare.ts";
import { Lab } from "./lab/lab.ts";
import { between, masksOf, policySets, type Sample, settings } from "./model/arbitrary.ts";
import { GatewayInterpreter } from "./model/gateway-interpreter.ts";
import { Interpreter } from "./model/interpreter.ts";

/** Packets that the property is tried on, at least: cases times the fewest of a case. */
const CASES = 300;
const PACKETS_MIN = 24;
/** More than there are cases, shrunk ones included, before numbers of outsiders come again. */
const OUTSIDERS = 30_000;
const IDENTITIES = [0, 200, 210] as const;

let lab: Lab;
let cases = 0;

beforeAll(async () => {
  lab = await Lab.open("ebpf");
});

afterAll(async () => {
  await lab.close();
});

/** A packet through a gateway; a new policy; another one who governs; somebody else outside. */
type Move =
  | { readonly way: Host; readonly direction: "egress" | "ingress"; readonly sample: Sample }
  | {
      readonly who: Host;
      readonly fields: Parameters<typeof endpointRow>[1];
      readonly entries: readonly PolicyRow[];
    }
  | { readonly verb: "upsert" | "delete"; readonly port: number; readonly governor: Host }
  | { readonly verb: "upsert" | "delete"; readonly prefix: PrefixRow };

const verb = fc.oneof(
  { arbitrary: fc.constant("upsert" as const), weight: 3 },
  { arbitrary: fc.constant("delete" as const), weight: 1 },
);

const changes = fc
  .constantFrom(A, B, C)
  .chain((who) =>
    fc.record({ who: fc.constant(who), fields: settings, entries: policySets(who.endpoint, IDENTITIES) }),
  );
const governors = fc.record({
  verb,
  port: fc.constantFrom(WAY_A.port, WAY_B.port),
  governor: fc.constantFrom(A, B, C),
});

/** Prefixes that tell two outsiders apart, or do not. */
function prefixesAround(outsiders: readonly [Host, Host]): fc.Arbitrary<Move> {
  const [{ ipv4, ipv6 }] = outsiders;
  const texts = ["0.0.0.0/0", "::/0", `${ipv4}/32`, `${ipv6}/128`, `${ipv4}/24`, `${ipv6}/112`];
  const prefix = fc
    .record({ text: fc.constantFrom(...texts), identity: fc.constantFrom(200, 210) })
    .map(({ text, identity }) => within(text, identity));
  return fc.record({ verb, prefix });
}

function movesWith(outsiders: readonly [Host, Host]): fc.Arbitrary<Move> {
  const packets = fc
    .record({
      way: fc.constantFrom(WAY_A, WAY_B),
      other: fc.constantFrom(...outsiders),
      direction: fc.constantFrom("egress" as const, "ingress" as const),
    })
    .chain(({ way, other, direction }) =>
      fc.record({
        way: fc.constant(way),
        direction: fc.constant(direction),
        sample: direction === "egress" ? between(way, other) : between(other, way),
      }),
    );
  return fc.oneof(
    { arbitrary: packets, weight: 12 },
    { arbitrary: changes, weight: 2 },
    { arbitrary: governors, weight: 1 },
    { arbitrary: prefixesAround(outsiders), weight: 2 },
  );
}

/** Turns moves into a case whose expectations are the interpreters'. */
class Scenario {
  readonly steps: Step[] = [];
  readonly #interpreter = new Interpreter();
  readonly #gateways = new GatewayInterpreter(this.#interpreter);
  readonly #entries = new Map<Host, readonly PolicyRow[]>();
  #generation = 100;

  constructor() {
    for (const row of worldWithOutside()) this.#interpreter.apply("upsert", row);
  }

  add(move: Move): void {
    if ("sample" in move) this.steps.push(this.#send(move.sample, move.way, move.direction));
    else if ("who" in move) this.#apply(this.#changeOf(move));
    else if ("prefix" in move) this.#apply([{ verb: move.verb, row: move.prefix }]);
    else this.#apply([{ verb: move.verb, row: governs(move.governor, move.port) }]);
  }

  #send({ packet, frame }: Sample, way: Host, direction: "egress" | "ingress"): SendStep {
    const { governor, reason } = this.#gateways.send(packet, way.port, direction);
    if (reason !== undefined) {
      return { send: frame, port: packet.port, drops: [{ endpoint: governor, reason }] };
    }
    const carried = direction === "egress" ? { sent: 1 } : { received: 1 };
    return {
      send: frame,
      port: packet.port,
      delivered: [{ port: direction === "egress" ? outside(0).port : way.port, frame }],
      traffic: [{ endpoint: governor, ...carried }],
    };
  }

  #changeOf({ who, fields, entries }: Extract<Move, { readonly who: Host }>): readonly Operation[] {
    this.#generation += 1;
    const row = endpointRow(who, { ...fields, ...masksOf(entries), generation: this.#generation });
    const before = this.#entries.get(who) ?? [];
    this.#entries.set(who, entries);
    return [
      ...before.map((old): Operation => ({ verb: "delete", row: old })),
      ...entries.map((entry): Operation => ({ verb: "upsert", row: entry })),
      { verb: "upsert", row },
    ];
  }

  #apply(operations: readonly Operation[]): void {
    for (const { verb: what, row } of operations) this.#interpreter.apply(what, row);
    this.steps.push({ apply: operations });
  }
}

it("does at gateways what the interpreter says, packet by packet", async () => {
  const moves = fc
    .nat()
    .map(() => {
      cases += 2;
      return [outside(cases % OUTSIDERS), outside((cases + 1) % OUTSIDERS)] as const;
    })
    .chain((outsiders) =>
      fc.array(movesWith(outsiders), { minLength: PACKETS_MIN, maxLength: 2 * PACKETS_MIN }),
    );
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      const scenario = new Scenario();
      for (const move of list) scenario.add(move);
      const packetCase: PacketCase = { name: "generated", rows: worldWithOutside(), steps: scenario.steps };
      const outcomes = await lab.run(packetCase);
      for (const [i, step] of sendSteps(packetCase).entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) throw new Error(`no outcome of packet ${i}`);
        expect({ packet: i, ...seen(step, outcome) }).toEqual({ packet: i, ...expected(step) });
      }
    }),
    { numRuns: CASES },
  );
}, 600_000);

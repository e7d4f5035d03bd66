import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PolicyRow } from "../../src/model/rows.ts";
import type { Operation } from "../../src/platform/dataplane/dataplane.ts";
import type { PacketCase, Step } from "./cases/case.ts";
import { A, B, C, endpointRow, type Host, world } from "./cases/world.ts";
import { expected, seen, sendSteps } from "./lab/compare.ts";
import { Lab } from "./lab/lab.ts";
import { BACKENDS, type Backend } from "./lab/protocol.ts";
import { masksOf, policySets, type Sample, samples, settings } from "./model/arbitrary.ts";
import { Interpreter } from "./model/interpreter.ts";

/** Packets that the property is tried on, at least: cases times the fewest of a case. */
const CASES = 500;
const PACKETS_MIN = 24;

let labs: readonly Lab[];

beforeAll(async () => {
  labs = await Promise.all(BACKENDS.map((backend) => Lab.open(backend)));
});

afterAll(async () => {
  await Promise.all(labs.map((lab) => lab.close()));
});

/** A packet, or a new policy for one of the endpoints. */
type Move =
  | { readonly sample: Sample }
  | {
      readonly who: Host;
      readonly fields: Parameters<typeof endpointRow>[1];
      readonly entries: readonly PolicyRow[];
    };

const changes = fc
  .constantFrom(A, B, C)
  .chain((who) => fc.record({ who: fc.constant(who), fields: settings, entries: policySets(who.endpoint) }));
const moves: fc.Arbitrary<Move> = fc.oneof(
  { arbitrary: samples.map((sample) => ({ sample })), weight: 6 },
  { arbitrary: changes, weight: 1 },
);
const beginnings = fc.tuple(
  ...[A, B, C].map((who) =>
    fc.record({ who: fc.constant(who), fields: settings, entries: policySets(who.endpoint) }),
  ),
);

/** Turns moves into a case whose expectations are the interpreter's. */
function caseOf(beginning: readonly Move[], then: readonly Move[]): PacketCase {
  const interpreter = new Interpreter();
  const steps: Step[] = [];
  const entries = new Map<Host, readonly PolicyRow[]>();
  let generation = 100;
  for (const row of world()) interpreter.apply("upsert", row);
  for (const move of [...beginning, ...then]) {
    if ("sample" in move) {
      const { packet, frame } = move.sample;
      const verdict = interpreter.send(packet);
      const outcome =
        "receiver" in verdict
          ? { delivered: [{ port: verdict.receiver, frame }] } // endpoint n has port n
          : { drops: [verdict] };
      steps.push({ send: frame, port: packet.port, ...outcome });
      continue;
    }
    generation += 1;
    const row = endpointRow(move.who, { ...move.fields, ...masksOf(move.entries), generation });
    const apply: Operation[] = [
      ...(entries.get(move.who) ?? []).map((old): Operation => ({ verb: "delete", row: old })),
      ...move.entries.map((entry): Operation => ({ verb: "upsert", row: entry })),
      { verb: "upsert", row },
    ];
    entries.set(move.who, move.entries);
    for (const operation of apply) interpreter.apply(operation.verb, operation.row);
    steps.push({ apply });
  }
  return { name: "generated", rows: world(), steps };
}

/** What came of a case on one data plane, beside what the interpreter says. */
async function compare(backend: Backend, lab: Lab, packetCase: PacketCase): Promise<void> {
  const outcomes = await lab.run(packetCase);
  for (const [i, step] of sendSteps(packetCase).entries()) {
    const outcome = outcomes[i];
    if (outcome === undefined) throw new Error(`no outcome of packet ${i} on ${backend}`);
    expect({ backend, packet: i, ...seen(step, outcome) }).toEqual({
      backend,
      packet: i,
      ...expected(step),
    });
  }
}

it("does what the interpreter says on every data plane, packet by packet", async () => {
  await fc.assert(
    fc.asyncProperty(
      beginnings,
      fc.array(moves, { minLength: PACKETS_MIN, maxLength: 2 * PACKETS_MIN }),
      async (beginning, then) => {
        const packetCase = caseOf(beginning, then);
        const results = await Promise.allSettled(
          BACKENDS.map(async (backend, i) => {
            const lab = labs[i];
            if (lab === undefined) throw new Error(`no lab for ${backend}`);
            await compare(backend, lab, packetCase);
          }),
        );
        for (const result of results) if (result.status === "rejected") throw result.reason;
      },
    ),
    { numRuns: CASES },
  );
}, 900_000);

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASES } from "./cases/all.ts";
import { expected, reportedDrops, seen, sendSteps } from "./lab/compare.ts";
import { Lab } from "./lab/lab.ts";

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.open();
});

afterAll(async () => {
  await lab.close();
});

for (const [topic, cases] of Object.entries(CASES)) {
  describe(topic, () => {
    it.each(cases)("$name", async (packetCase) => {
      const outcomes = await lab.run(packetCase);
      const steps = sendSteps(packetCase);
      expect(outcomes).toHaveLength(steps.length);
      for (const [i, step] of steps.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) throw new Error(`no outcome of packet ${i}`);
        expect({ packet: i, ...seen(step, outcome) }).toEqual({ packet: i, ...expected(step) });
        expect(reportedDrops(outcome)).toEqual(expected(step).drops);
      }
    });
  });
}

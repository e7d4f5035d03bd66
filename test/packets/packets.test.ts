import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASES, GATEWAY_CASES, TUNNEL_CASES } from "./cases/all.ts";
import { expected, reportable, reportedDrops, seen, sendSteps } from "./lab/compare.ts";
import { Lab } from "./lab/lab.ts";
import { BACKENDS, type Backend } from "./lab/protocol.ts";

const casesOf = (backend: Backend) => ({ ...CASES, ...(backend === "ebpf" ? GATEWAY_CASES : TUNNEL_CASES) });

describe.each(BACKENDS)("%s", (backend) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open(backend);
  });

  afterAll(async () => {
    await lab.close();
  });

  for (const [topic, cases] of Object.entries(casesOf(backend))) {
    describe(topic, () => {
      it.each(cases)("$name", async (packetCase) => {
        const outcomes = await lab.run(packetCase);
        const steps = sendSteps(packetCase);
        expect(outcomes).toHaveLength(steps.length);
        for (const [i, step] of steps.entries()) {
          const outcome = outcomes[i];
          if (outcome === undefined) throw new Error(`no outcome of packet ${i}`);
          expect({ packet: i, ...seen(step, outcome) }).toEqual({ packet: i, ...expected(step) });
          expect(reportedDrops(outcome)).toEqual(reportable(backend, step));
        }
      });
    });
  }
});

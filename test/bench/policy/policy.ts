import { setTimeout as sleep } from "node:timers/promises";
import type { Facts } from "../../../src/model/facts.ts";
import type { EndpointId } from "../../../src/model/ids.ts";
import { Compiler, type Desired, type Numbering } from "../../../src/pipeline/index.ts";
import type { BenchContext } from "../bench.ts";
import type { BenchResult } from "../figures.ts";
import { population } from "./population.ts";

const ENDPOINTS = 1_000;
const RULES = 20;

/** Numbers in the order in which keys are first seen. */
function countingNumbering(): Numbering {
  const numbersOf = () => {
    const numbers = new Map<string, number>();
    return (key: string) => {
      const number = numbers.get(key) ?? numbers.size + 1;
      numbers.set(key, number);
      return number;
    };
  };
  return { identity: numbersOf(), policy: numbersOf() };
}

function rowsOf(desired: Desired): number {
  let rows = 0;
  for (const group of desired.groups.values()) rows += group.length;
  return rows;
}

/** The policy compiler alone: everything at once, then one container's labels changed. */
export async function measurePolicy(context: BenchContext): Promise<BenchResult> {
  const facts = population(context.options.quick ? 100 : ENDPOINTS, RULES);
  const full: number[] = [];
  const change: number[] = [];
  let rows = 0;
  for (let round = 0; round <= context.options.rounds; round++) {
    context.checkpoint();
    const compiler = new Compiler({
      defaultPosture: "default-allow",
      identityLabels: [],
      trustImageLabels: false,
      requireContainer: true,
      hardware: false,
    });
    const numbering = countingNumbering();
    const compile = (current: Facts) => {
      const startedAt = performance.now();
      const desired = compiler.compile(current, numbering);
      return { desired, ms: performance.now() - startedAt };
    };
    const first = compile(facts);
    const second = compile(relabelled(facts, round));
    rows = rowsOf(first.desired);
    // Round 0 lets the engine compile the code.
    if (round > 0) {
      full.push(first.ms);
      change.push(second.ms);
    }
    await sleep(0);
  }
  const system = `${facts.endpoints.size} endpoints × ${RULES} rules`;
  context.progress(
    `${system}: ${rows} rows, ${full.at(-1)?.toFixed(0)} ms, a change ${change.at(-1)?.toFixed(1)} ms`,
  );
  const shared = { unit: "ms", better: "lower" as const };
  return {
    figures: [
      {
        ...{ id: "policy-full", title: "Policy compiled from nothing", ...shared },
        method: "labels to rows, in memory",
        series: [{ system, samples: full }],
      },
      {
        ...{ id: "policy-change", title: "Policy after one container's labels changed", ...shared },
        method: "labels to rows, in memory, what did not change taken over",
        series: [{ system, samples: change }],
      },
    ],
    notes: [`${system} came to ${rows} rows.`],
  };
}

/** The same facts but for one endpoint's labels. */
function relabelled(facts: Facts, round: number): Facts {
  const endpoints = new Map<
    EndpointId,
    Facts["endpoints"] extends ReadonlyMap<EndpointId, infer E> ? E : never
  >(facts.endpoints);
  const [id, endpoint] = [...endpoints][round] ?? [];
  if (id === undefined || endpoint?.container === undefined) throw new Error("nobody to relabel");
  const labels = { ...endpoint.container.labels, "hyperion.ingress.new": "allow tcp/12345 from group:new" };
  endpoints.set(id, { ...endpoint, container: { ...endpoint.container, labels } });
  return { ...facts, endpoints };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { EndpointFacts, Facts, PolicyFacts } from "../../../src/model/facts.ts";
import { parseIp } from "../../../src/model/ip.ts";
import type { Row, Table } from "../../../src/model/rows.ts";
import { Compiler, type Desired, type Numbering } from "../../../src/pipeline/index.ts";
import * as abi from "../../../src/platform/native/layouts.ts";
import type { BenchContext } from "../bench.ts";
import type { BenchResult, Figure } from "../figures.ts";
import { population } from "./population.ts";

const ENDPOINTS = 1_000;
const RULES = 20;
/** Let the engine compile the code: a daemon has run all of it a few times by the time it is ready. */
const WARM_UP_ROUNDS = 5;

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

/** What the data plane keeps of a row of a table that this benchmark fills, in bytes. */
const ROW_BYTES: Partial<Record<Table, number>> = {
  port: abi.PORT_KEY.bytes + abi.PORT_VALUE.bytes,
  network: abi.NETWORK_KEY.bytes + abi.NETWORK_VALUE.bytes,
  endpoint: abi.ENDPOINT_KEY.bytes + abi.ENDPOINT_VALUE.bytes,
  neighbour: abi.NEIGHBOUR_KEY.bytes + abi.NEIGHBOUR_VALUE.bytes,
  policy: abi.POLICY_KEY.bytes + abi.POLICY_VALUE.bytes,
  prefix: abi.PREFIX_KEY.bytes + abi.PREFIX_VALUE.bytes,
};

/** `157 320 policy, …, 3.8 MB of keys and values`. */
function sizeOf(desired: Desired): string {
  const rows: readonly Row[] = [...desired.groups.values()].flat();
  const counts = [...Map.groupBy(rows, ({ table }) => table)].map(([table, { length }]) => ({
    table,
    length,
  }));
  const bytes = counts.reduce((sum, { table, length }) => sum + length * (ROW_BYTES[table] ?? Number.NaN), 0);
  const texts = counts.map(({ table, length }) => `${length} ${table}`);
  return `${texts.join(", ")}; ${(bytes / 1e6).toFixed(1)} MB of keys and values`;
}

/** What may happen to a machine that runs: one change at a time. */
const CHANGES: Readonly<Record<string, (facts: Facts, round: number) => Facts>> = {
  rule: (facts, round) =>
    relabelled(facts, round, { "hyperion.ingress.new": "allow tcp/12345 from group:new" }),
  identity: (facts, round) => relabelled(facts, round, { "hyperion.group": `new-${round}` }),
  prefix: (facts, round) =>
    relabelled(facts, round, { "hyperion.ingress.partner": `allow tcp/443 from 198.51.100.${round}` }),
  "host address": (facts, round) => ({
    ...facts,
    hostAddresses: new Set([...facts.hostAddresses, parseIp(`192.0.2.${round + 1}`)]),
  }),
};

/** The policy compiler alone: everything at once, then one change of each kind, then an admin policy for all. */
export async function measurePolicy(context: BenchContext): Promise<BenchResult> {
  const facts = population(context.options.quick ? 100 : ENDPOINTS, RULES);
  const full: number[] = [];
  const admin: number[] = [];
  const changes = new Map<string, number[]>(Object.keys(CHANGES).map((kind) => [kind, []]));
  let size = "";
  for (let round = 0; round < WARM_UP_ROUNDS + context.options.rounds; round++) {
    context.checkpoint();
    const compiler = new Compiler({
      defaultPosture: "default-allow",
      identityLabels: [],
      trustImageLabels: false,
      requireContainer: true,
      hardware: false,
    });
    const numbering = countingNumbering();
    const compile = (current: Facts, samples: number[] | undefined): Desired => {
      const startedAt = performance.now();
      const desired = compiler.compile(current, numbering);
      if (round >= WARM_UP_ROUNDS) samples?.push(performance.now() - startedAt);
      return desired;
    };
    size = sizeOf(compile(facts, full));
    let current = facts;
    for (const [kind, change] of Object.entries(CHANGES)) {
      current = change(current, round);
      compile(current, changes.get(kind));
    }
    compile({ ...current, policies: new Map([["base", BASE]]) }, admin);
    await sleep(0);
  }
  const system = `${facts.endpoints.size} endpoints × ${RULES} rules`;
  context.progress(`${system}: ${size}; ${full.at(-1)?.toFixed(0)} ms`);
  return {
    figures: [
      {
        ...figure("policy-full", "Policy compiled from nothing", "labels to rows, in memory"),
        series: [{ system, samples: full }],
      },
      {
        ...figure(
          "policy-change",
          "Policy after one change",
          "labels to rows, in memory, what did not change taken over",
        ),
        series: [...changes].map(([kind, samples]) => ({ system: `a new ${kind}`, samples })),
      },
      {
        ...figure(
          "policy-admin",
          "Policy after an admin policy for everybody",
          "labels to rows, in memory; every endpoint's rules change",
        ),
        series: [{ system, samples: admin }],
      },
    ],
    notes: [`${system} came to ${size}.`],
  };
}

const BASE: PolicyFacts = {
  name: "base",
  version: 1,
  tier: "admin",
  rules: [{ name: "no-telnet", applies: "containers", ingress: "deny tcp/23" }],
  appliedAtMs: 0,
};

function figure(id: string, title: string, method: string): Omit<Figure, "series"> {
  return { id, title, method, unit: "ms", better: "lower" };
}

/** The same facts but for one endpoint's labels. */
function relabelled(facts: Facts, round: number, added: Readonly<Record<string, string>>): Facts {
  const endpoints = new Map<EndpointFacts["id"], EndpointFacts>(facts.endpoints);
  const [id, endpoint] = [...endpoints][round] ?? [];
  if (id === undefined || endpoint?.container === undefined) throw new Error("nobody to relabel");
  const labels = { ...endpoint.container.labels, ...added };
  endpoints.set(id, { ...endpoint, container: { ...endpoint.container, labels } });
  return { ...facts, endpoints };
}

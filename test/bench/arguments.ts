import { parseArgs } from "node:util";

export const BENCHMARKS = ["forwarding", "driver", "start", "policy", "doca"] as const;
export type BenchmarkName = (typeof BENCHMARKS)[number];

export interface BenchOptions {
  readonly rounds: number;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly quick: boolean;
  readonly only: readonly BenchmarkName[];
  readonly jsonFile: string | undefined;
  readonly publish: boolean;
  readonly check: boolean;
}

export const HELP = `npm run bench -- [OPTIONS]

Measures Hyperion beside Docker's default bridge and a bare veth pair, on a private Docker engine in
namespaces of its own, and its data plane on a NIC in software, softnic. Needs root. Prints a table; writes JSON and plots to bench-results/.

  --rounds N     rounds; every round measures every system once (default 5)
  --seconds N    length of one forwarding measurement (default 3)
  --quick        one round of one second, fewer endpoints: shows that it works, not how fast
  --only NAME    ${BENCHMARKS.join(", ")}; may be repeated
  --json FILE    write the JSON there too
  --publish      also write docs/bench/: plots, and a README with the table of this run
  --check        exit 1 when a target is not met
  --help

Exit codes: 0 measured, 1 with --check: a target not met, 2 something failed or wrong usage.
`;

/** Throws TypeError on what it does not know; undefined: --help was asked for. */
export function readArguments(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
      json: { type: "string" },
      publish: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, publish, check } = values;
  if (quick && publish) throw new TypeError("--publish needs a full run; leave out --quick");
  const only = (values.only ?? []).flatMap((names) => names.split(","));
  if (publish && only.length > 0) throw new TypeError("--publish needs a full run; leave out --only");
  return {
    rounds: count("--rounds", values.rounds, quick ? 1 : 5),
    seconds: count("--seconds", values.seconds, quick ? 1 : 3),
    quick,
    only: only.length === 0 ? BENCHMARKS : only.map(benchmarkName),
    jsonFile: values.json,
    publish,
    check,
  };
}

function count(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new TypeError(`${option} ${JSON.stringify(text)} is not a whole number from 1 to 9999`);
  }
  return Number(text);
}

function benchmarkName(name: string): BenchmarkName {
  const known = BENCHMARKS.find((each) => each === name);
  if (known === undefined) {
    throw new TypeError(`--only ${JSON.stringify(name)} is none of ${BENCHMARKS.join(", ")}`);
  }
  return known;
}

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BENCHMARKS, type BenchmarkName, type BenchOptions, HELP, readArguments } from "./arguments.ts";
import type { BenchContext, Benchmark } from "./bench.ts";
import { measureDoca } from "./doca/doca.ts";
import type { Figure } from "./figures.ts";
import { measureForwarding } from "./forwarding/forwarding.ts";
import { measureDaemonStart } from "./lifecycle/daemon-start.ts";
import { measureDriverTime } from "./lifecycle/driver-time.ts";
import { measurePolicy } from "./policy/policy.ts";
import { describeMachine } from "./report/machine.ts";
import { writePlots } from "./report/plots.ts";
import { publish } from "./report/publish.ts";
import { formatFigures, formatOutcomes } from "./report/table.ts";
import { judge } from "./targets.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const RUN: Readonly<Record<BenchmarkName, Benchmark>> = {
  forwarding: measureForwarding,
  driver: measureDriverTime,
  start: measureDaemonStart,
  policy: measurePolicy,
  doca: measureDoca,
};

const FAILED = 2;
const NOT_MET = 1;

/** Ends what a benchmark started, and keeps going when one of them will not end. */
async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      process.stderr.write(`bench: cleaning up: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

async function measure(options: BenchOptions, interrupted: AbortSignal): Promise<Report> {
  const startedAt = performance.now();
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const name of BENCHMARKS.filter((each) => options.only.includes(each))) {
    const closers: (() => Promise<void> | void)[] = [];
    const context: BenchContext = {
      options,
      progress: (text) => {
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
        process.stderr.write(`${seconds} s  ${name}: ${text}\n`);
      },
      checkpoint: () => interrupted.throwIfAborted(),
      atEnd: (close) => void closers.push(close),
    };
    try {
      const result = await RUN[name](context);
      figures.push(...result.figures);
      notes.push(...result.notes);
    } finally {
      await closeAll(closers);
    }
  }
  return { date: new Date().toISOString(), machine: describeMachine(), options, figures, notes };
}

/** What is written as JSON. */
export interface Report {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly options: BenchOptions;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

function writeResults(report: Report, options: BenchOptions): void {
  const directory = join(ROOT, "bench-results");
  mkdirSync(directory, { recursive: true });
  const outcomes = judge(report.figures);
  const json = `${JSON.stringify({ version: 1, ...report, targets: outcomes }, null, 2)}\n`;
  const files = [join(directory, `${report.date.replaceAll(":", "-")}.json`)];
  if (options.jsonFile !== undefined) files.push(resolve(options.jsonFile));
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, json);
    process.stderr.write(`bench: wrote ${file}\n`);
  }
  writePlots(report.figures, directory);
  if (options.publish) publish(report, outcomes, join(ROOT, "docs/bench"));
}

async function main(): Promise<number> {
  let options: BenchOptions | undefined;
  try {
    options = readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return FAILED;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => interruption.abort(new Error("interrupted")));
  }
  try {
    const report = await measure(options, interruption.signal);
    const outcomes = judge(report.figures);
    process.stdout.write(`\n${formatFigures(report.figures)}\n${formatOutcomes(outcomes)}`);
    for (const note of report.notes) process.stdout.write(`- ${note}\n`);
    writeResults(report, options);
    return options.check && outcomes.some(({ met }) => !met) ? NOT_MET : 0;
  } catch (error) {
    if (interruption.signal.aborted) process.stderr.write("bench: interrupted; everything is taken down\n");
    else process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    return FAILED;
  }
}

process.exitCode = await main();

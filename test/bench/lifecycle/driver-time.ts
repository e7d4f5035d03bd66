import { request } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { IMAGE } from "../../../src/playground/image.ts";
import type { BenchContext } from "../bench.ts";
import type { BenchResult, Figure } from "../figures.ts";
import { type Laboratory, openLaboratory } from "../laboratory.ts";
import { median } from "../statistics.ts";

const NETWORK = "bench";
const SEQUENTIAL = 20;
const AT_ONCE = 32;
const ATTRIBUTION_TIMEOUT_MS = 30_000;
/** A policy of a usual size: it is compiled and written within the time that is measured. */
const LABELS = [
  "hyperion.group=web",
  "hyperion.ingress.http=allow tcp/80,443 from any",
  "hyperion.ingress.metrics=allow tcp/9090 from group:monitoring",
  "hyperion.ingress.peers=allow tcp/7000-7100 from group:web",
];

/** What the daemon says of one endpoint; see the events of `hyperion`'s admin API. */
interface Steps {
  createMs?: number;
  joinMs?: number;
  joinedAtMs?: number;
  attributedAtMs?: number;
}

/** The parts of one endpoint's driver time, in milliseconds. */
interface DriverTime {
  readonly create: number;
  readonly join: number;
  /** From Join's answer until the rows of the container's policy are written. */
  readonly attribution: number;
  readonly total: number;
}

interface DaemonEvent {
  readonly event: string;
  readonly timeMs: number;
  readonly method?: string;
  readonly endpoint?: string;
  readonly durationMs?: number;
}

/** The daemon's time for each endpoint: containers one after the other, then many at once. */
export async function measureDriverTime(context: BenchContext): Promise<BenchResult> {
  const laboratory = await openLaboratory(context);
  const { engine } = laboratory;
  await engine.docker("network", "create", "-d", "hyperion", "--subnet", "10.97.0.0/22", NETWORK);
  const steps = new Map<string, Steps>();
  const stop = await followEvents(laboratory, (event) => note(steps, event));
  context.atEnd(stop);
  const sequential = context.options.quick ? 5 : SEQUENTIAL;
  // The first container brings up docker_gwbridge, and the first of anything is cold.
  await runContainers(context, laboratory, steps, "warm-up", 2, false);
  const oneByOne: DriverTime[] = [];
  const atOnce: DriverTime[] = [];
  for (let round = 1; round <= context.options.rounds; round++) {
    oneByOne.push(...(await runContainers(context, laboratory, steps, `r${round}-one`, sequential, false)));
    atOnce.push(...(await runContainers(context, laboratory, steps, `r${round}-many`, AT_ONCE, true)));
  }
  const figures = [totals(oneByOne, atOnce), ...parts(oneByOne, atOnce)];
  return { figures, notes: [] };
}

function totals(oneByOne: readonly DriverTime[], atOnce: readonly DriverTime[]): Figure {
  return {
    id: "driver-time",
    title: "Driver time per endpoint",
    unit: "ms",
    better: "lower",
    method:
      "CreateEndpoint + Join + from Join's answer until the container's policy is in the data plane; one sample per container",
    series: [
      { system: "one-by-one", samples: oneByOne.map(({ total }) => total) },
      { system: "at-once", samples: atOnce.map(({ total }) => total) },
    ],
  };
}

function parts(oneByOne: readonly DriverTime[], atOnce: readonly DriverTime[]): readonly Figure[] {
  const titles = { create: "CreateEndpoint", join: "Join", attribution: "From Join's answer to the policy" };
  return (["create", "join", "attribution"] as const).map((part) => ({
    id: `driver-time-${part}`,
    title: titles[part],
    unit: "ms",
    better: "lower",
    method: "part of the driver time",
    series: [
      { system: "one-by-one", samples: oneByOne.map((time) => time[part]) },
      { system: "at-once", samples: atOnce.map((time) => time[part]) },
    ],
  }));
}

/** Runs containers, takes their endpoints' times and removes them. */
async function runContainers(
  context: BenchContext,
  { engine }: Laboratory,
  steps: Map<string, Steps>,
  prefix: string,
  count: number,
  atOnce: boolean,
): Promise<readonly DriverTime[]> {
  context.checkpoint();
  steps.clear();
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const labels = LABELS.flatMap((label) => ["--label", label]);
  const start = (name: string) =>
    engine.docker("run", "-d", "--name", name, "--network", NETWORK, ...labels, IMAGE, "sleep", "1000000");
  if (atOnce) await Promise.all(names.map(start));
  else for (const name of names) await start(name);
  const times = await untilTimed(steps, count);
  await engine.docker("rm", "-f", ...names);
  const total = times.map((time) => time.total);
  const how = atOnce ? "at once" : "one by one";
  context.progress(
    `${count} containers ${how}: median ${median(total).toFixed(1)} ms, slowest ${Math.max(...total).toFixed(1)} ms`,
  );
  return times;
}

async function untilTimed(steps: ReadonlyMap<string, Steps>, count: number): Promise<readonly DriverTime[]> {
  const deadline = Date.now() + ATTRIBUTION_TIMEOUT_MS;
  for (;;) {
    const times = [...steps.values()].flatMap((each) => timeOf(each) ?? []);
    if (times.length >= count) return times;
    if (Date.now() > deadline) throw new Error(`${times.length} of ${count} endpoints were attributed`);
    await sleep(50);
  }
}

function timeOf({ createMs, joinMs, joinedAtMs, attributedAtMs }: Steps): DriverTime | undefined {
  if (createMs === undefined || joinMs === undefined) return undefined;
  if (joinedAtMs === undefined || attributedAtMs === undefined) return undefined;
  // Docker may know whose endpoint it is before the Join is answered.
  const attribution = Math.max(0, attributedAtMs - joinedAtMs);
  return { create: createMs, join: joinMs, attribution, total: createMs + joinMs + attribution };
}

function note(steps: Map<string, Steps>, { event, timeMs, method, endpoint, durationMs }: DaemonEvent): void {
  if (endpoint === undefined) return;
  // Calls are logged with the ID as short as Docker shows it.
  const id = endpoint.slice(0, 12);
  const known = steps.get(id) ?? {};
  steps.set(id, known);
  if (event === "endpoint.attributed") known.attributedAtMs ??= timeMs;
  if (durationMs === undefined) return;
  if (method === "NetworkDriver.CreateEndpoint") known.createMs = durationMs;
  if (method === "NetworkDriver.Join") {
    known.joinMs = durationMs;
    known.joinedAtMs = timeMs;
  }
}

/** Every event from now on, without the log's filter for repeated messages. Returns how to end that. */
function followEvents({ daemon }: Laboratory, listener: (event: DaemonEvent) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const path = "/v1/events?follow=1&type=protocol.call,endpoint.attributed";
    const call = request({ socketPath: daemon.adminSocket, path }, (response) => {
      createInterface({ input: response }).on("line", (line) => listener(JSON.parse(line) as DaemonEvent));
      resolve(() => void response.destroy());
    });
    call.on("error", reject);
    call.end();
  });
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, runOk } from "../../../src/playground/command.ts";
import type { PrivateEngine } from "../../../src/playground/engine.ts";
import { IMAGE } from "../../../src/playground/image.ts";
import type { BenchContext } from "../bench.ts";
import type { BenchResult, Figure } from "../figures.ts";
import { type Laboratory, openLaboratory } from "../laboratory.ts";
import { type Arena, bareVeth, containerArena, type Shell } from "./arena.ts";
import { LOADS, putLoad } from "./load.ts";
import { reach } from "./reach.ts";
import { clientLabels, fillerCount, fillerPort, PORTS, serverLabels } from "./rules.ts";
import { buildRoundTrip, startServers } from "./servers.ts";

const RULES = [10, 1_000, 10_000] as const;
const NETWORK = "bench";
const DOCKER_NETWORK = "bench-docker";
const WARM_UP_SECONDS = 1;
const ATTRIBUTION_TIMEOUT_MS = 60_000;

/** Traffic between two containers of one host: nothing between, Docker's bridge, Hyperion with policy on. */
export async function measureForwarding(context: BenchContext): Promise<BenchResult> {
  const laboratory = await openLaboratory(context);
  const { host } = laboratory.engine;
  const shell: Shell = (script) => runOk(host, "bash", ["-c", script]);
  const arenas = await openArenas(context, laboratory, shell);
  const roundTrip = await buildRoundTrip(host.directory);
  for (const arena of arenas) {
    context.checkpoint();
    context.progress(`starting servers: ${arena.system}`);
    await startServers(host, arena, roundTrip);
  }
  const notes = await checkPolicy(context, laboratory, arenas);
  const samples = await measureAll(context, laboratory, arenas, roundTrip);
  const { connections, connectionsMax } = (await status(laboratory)).dataplane;
  if (connections === 0) throw new Error("Hyperion tracked no connection: it was not what forwarded");
  notes.push(`Hyperion tracked ${connections} of ${connectionsMax} connections when the last load ended.`);
  const figures = LOADS.map(({ id, title, unit, better, method }): Figure => {
    const series = arenas.map(({ system }) => ({ system, samples: samples.get(`${id} ${system}`) ?? [] }));
    return { id, title, unit, better, method, series };
  });
  return { figures, notes };
}

/** Two containers on one network, to be started. */
interface Pair {
  readonly system: string;
  readonly network: string;
  /** Ingress rules of the server; undefined: no policy. */
  readonly rules?: (typeof RULES)[number];
  readonly withoutDns?: boolean;
}

const PAIRS: readonly Pair[] = [
  { system: "docker-bridge", network: "bridge" },
  { system: "docker-network", network: DOCKER_NETWORK },
  ...RULES.map((rules) => ({ system: `hyperion-${rules}`, network: NETWORK, rules })),
  { system: "hyperion-10-no-dns", network: NETWORK, rules: 10, withoutDns: true },
];

async function openArenas(
  context: BenchContext,
  { engine, daemon }: Laboratory,
  shell: Shell,
): Promise<readonly Arena[]> {
  await engine.docker("network", "create", "-d", "hyperion", "--subnet", "10.97.0.0/24", NETWORK);
  await engine.docker("network", "create", "-d", "bridge", "--subnet", "10.95.0.0/24", DOCKER_NETWORK);
  mkdirSync(join(engine.host.directory, "labels"));
  const arenas = [await bareVeth(shell)];
  for (const pair of PAIRS) {
    context.checkpoint();
    context.progress(`starting containers: ${pair.system}`);
    arenas.push(await openPair(engine, pair));
  }
  const attributed = PAIRS.filter(({ network }) => network === NETWORK).length * 2;
  await daemon.untilAttributed(attributed, ATTRIBUTION_TIMEOUT_MS);
  return arenas;
}

async function openPair(engine: PrivateEngine, pair: Pair): Promise<Arena> {
  const { system, network, rules, withoutDns } = pair;
  const [client, server] = [`${system}-client`, `${system}-server`];
  await startContainer(engine, client, network, rules === undefined ? [] : clientLabels());
  await startContainer(engine, server, network, rules === undefined ? [] : serverLabels(rules));
  const last = rules === undefined ? 0 : fillerCount(rules) - 1;
  const openPorts = rules === undefined ? [] : [0, Math.floor(last / 2), last].map(fillerPort);
  const policy = { hasPolicy: rules !== undefined, openPorts };
  const arena = await containerArena(engine, network, { system, client, server }, policy);
  if (withoutDns === true) {
    for (const place of [arena.client, arena.server]) {
      for (const words of [["-F"], ["-X"]]) {
        const [enter = "", ...command] = [...place, "iptables", "-t", "nat", ...words];
        await runOk(engine.host, enter, command);
      }
    }
  }
  return arena;
}

async function startContainer(
  engine: PrivateEngine,
  name: string,
  network: string,
  labels: readonly string[],
): Promise<void> {
  const file = join(engine.host.directory, "labels", name);
  writeFileSync(file, labels.map((label) => `${label}\n`).join(""));
  const where = ["--name", name, "--network", network, "--label-file", file];
  await engine.docker("run", "-d", ...where, IMAGE, "sleep", "1000000");
}

/**
 * That the rules are in the data plane and decide: ports of the first, the middle and the last unused
 * rule answer with a refusal, their neighbours and a port that is served but not allowed with silence.
 */
async function checkPolicy(
  context: BenchContext,
  laboratory: Laboratory,
  arenas: readonly Arena[],
): Promise<string[]> {
  context.progress("checking that the rules decide");
  const { host } = laboratory.engine;
  const expect = async (arena: Arena, port: number, expected: string) => {
    const seen = await reach(host, arena, port);
    if (seen !== expected) throw new Error(`${arena.system}: tcp/${port} is ${seen}, not ${expected}`);
  };
  for (const arena of arenas) {
    context.checkpoint();
    // Together, for each silence takes its time.
    await Promise.all([
      expect(arena, PORTS.httpDenied, arena.hasPolicy ? "timeout" : "open"),
      ...arena.openPorts.flatMap((port) => [
        expect(arena, port, "refused"),
        expect(arena, port + 1, "timeout"),
      ]),
    ]);
  }
  const { rows } = (await status(laboratory)).reconcile;
  const needed = RULES.reduce((sum, rules) => sum + rules, 0);
  if (rows < needed) throw new Error(`the data plane holds ${rows} rows, fewer than the ${needed} rules`);
  const counted = await policyEntries(laboratory);
  const kernel = counted === undefined ? "" : `, ${counted} of them policy entries by bpftool's count`;
  return [
    `Hyperion's data plane held ${rows} rows${kernel}; a port without a rule was closed in every system.`,
  ];
}

/** Entries of the pinned policy table, where bpftool is there to count them. */
async function policyEntries({ engine }: Laboratory): Promise<number | undefined> {
  const map = "/sys/fs/bpf/hyperion/hyp_policy";
  const dump = await run(engine.host, "bpftool", ["-j", "map", "dump", "pinned", map]).catch(() => undefined);
  if (dump?.status !== 0) return undefined;
  return (JSON.parse(dump.stdout) as readonly unknown[]).length;
}

interface Status {
  readonly dataplane: { readonly connections: number; readonly connectionsMax: number };
  readonly reconcile: { readonly rows: number };
}

function status({ daemon }: Laboratory): Promise<Status> {
  return daemon.query<Status>("status");
}

/** Samples by figure and system. Every round measures every system once, each round in another order. */
async function measureAll(
  context: BenchContext,
  { engine }: Laboratory,
  arenas: readonly Arena[],
  roundTrip: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { rounds, seconds } = context.options;
  const samples = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const load of LOADS) {
      const words: string[] = [];
      for (let turn = 0; turn < arenas.length; turn++) {
        const arena = arenas[(round + turn) % arenas.length];
        if (arena === undefined) continue;
        context.checkpoint();
        // Round 0 warms up: neighbours resolved, programs compiled, pages there.
        const length = round === 0 ? WARM_UP_SECONDS : seconds;
        const sample = await putLoad(engine.host, arena, load, length, roundTrip);
        words.push(`${arena.system} ${format(sample)}`);
        if (round === 0) continue;
        const key = `${load.id} ${arena.system}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
      }
      const name = round === 0 ? "warm-up" : `round ${round} of ${rounds}`;
      context.progress(`${name}: ${load.title}, ${load.unit}: ${words.join(", ")}`);
    }
  }
  return samples;
}

function format(sample: number): string {
  return sample >= 1_000 ? sample.toFixed(0) : sample.toFixed(2);
}

/**
 * Measures a data plane on softnic. A process of its own, in namespaces of its own, as that of the
 * packet tests; the far ends of the ports stay where it is.
 */
import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Dataplane } from "../../../src/platform/dataplane/dataplane.ts";
import { NativeDataplane } from "../../../src/platform/dataplane/native/native-dataplane.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";
import { hex } from "../../packets/build/bytes.ts";
import { udpFrame } from "../../packets/cases/frames.ts";
import { A, B, PORTS, UPLINK_PORT, world } from "../../packets/cases/world.ts";
import { Numbers } from "../../packets/lab/numbers.ts";
import { FAR, ip, makePorts, mountOwn, optionsOf } from "../../packets/lab/site.ts";
import { applied, deletes, nicOf, rule, rulesOf, SETS, Server, touchedBy, upserts } from "./changes.ts";
import type { Round, RoundAnswer, RoundRequest } from "./round.ts";

const PACKETS = "/run/packets";
const FRAME = hex(udpFrame(A, B, [10_000, 53]));
const BATCH = 1_000;
const STREAM_RATE = 1_000;
const SWITCH_INTERVAL_MS = 150;
/** Of no endpoint: rules as such. */
const RULES_SET = 100;

const execute = promisify(execFile);

/** Runs the program of packets.c from A's port to B's. */
async function packets<Result>(
  what: "latency" | "stream",
  ...more: readonly (string | number)[]
): Promise<Result> {
  const args = [what, `${FAR}${A.port}`, `${FAR}${B.port}`, FRAME, ...more.map(String)];
  return JSON.parse((await execute(PACKETS, args)).stdout) as Result;
}

interface Site {
  readonly dataplane: Dataplane;
  readonly server: Server;
  readonly numbers: Numbers;
}

const WORLD = [
  ...world().filter((row) => !(row.table === "endpoint" && row.endpoint === B.endpoint)),
  ...SETS.flatMap(rulesOf),
];

async function open(): Promise<Site> {
  mountOwn();
  const ports = makePorts();
  for (let i = 1; i <= UPLINK_PORT; i++) {
    writeFileSync(`/proc/sys/net/ipv6/conf/${FAR}${i}/disable_ipv6`, "1");
    ip("link", "set", `${FAR}${i}`, "up");
  }
  const source = fileURLToPath(new URL("packets.c", import.meta.url));
  execFileSync("cc", ["-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", "-o", PACKETS, source]);
  const dataplane = await NativeDataplane.open(NativeLibrary.load(), optionsOf("doca", 1));
  for (const port of ports.slice(0, PORTS)) await dataplane.attach(port, "vf");
  const numbers = new Numbers(0, ports);
  const server = new Server();
  await applied(dataplane, upserts([...WORLD, server.row(SETS[0])].map((row) => numbers.row(row))));
  return { dataplane, server, numbers };
}

/** Rows per second until each is an entry on the NIC. */
async function writeRules({ dataplane }: Site, count: number, batch: number): Promise<number> {
  const rows = Array.from({ length: count }, (_, nth) =>
    rule(RULES_SET, 0, { identity: 1 + (nth >> 10), port: nth & 1023, rule: nth + 1 }),
  );
  const before = await nicOf(dataplane);
  const startedAt = performance.now();
  for (let first = 0; first < count; first += batch) {
    await applied(dataplane, upserts(rows.slice(first, first + batch)));
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const added = (await nicOf(dataplane)).added - before.added;
  await applied(dataplane, deletes(rows));
  if (added !== count) throw new Error(`${count} rows came to ${added} entries`);
  return count / seconds;
}

async function measureLatency(count: number, firstFirst: boolean): Promise<Round["latencyUs"]> {
  const median = async (which: "first" | "same"): Promise<number> =>
    (await packets<{ readonly p50Us: number }>("latency", which, count)).p50Us;
  if (firstFirst) {
    const first = await median("first");
    return { first, established: await median("same") };
  }
  const established = await median("same");
  return { established, first: await median("first") };
}

interface Streamed {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
}

/** Packets lost of a steady stream, while B's policy set changes to and fro if `switching`. */
async function stream({ dataplane, server, numbers }: Site, seconds: number, switching: boolean) {
  const outcome = packets<Streamed>("stream", STREAM_RATE, seconds * 1_000);
  let ended = false;
  let switches = 0;
  const end = outcome.finally(() => {
    ended = true;
  });
  while (switching && !ended) {
    await sleep(SWITCH_INTERVAL_MS);
    switches += 1;
    await applied(dataplane, upserts([numbers.row(server.row(SETS[switches % 2] ?? SETS[0]))]));
  }
  const { sent, received } = await end;
  await applied(dataplane, upserts([numbers.row(server.row(SETS[0]))]));
  return { sent, lost: sent - received, switches };
}

async function measureRound(site: Site, { nth, quick, seconds }: RoundRequest): Promise<Round> {
  const rules = {
    batchesPerSecond: await writeRules(site, quick ? 2_000 : 20_000, BATCH),
    singlePerSecond: await writeRules(site, quick ? 100 : 1_000, 1),
  };
  const changes = await touchedBy(WORLD, site.server, site.dataplane, site.numbers);
  const latencyUs = await measureLatency(quick ? 200 : 2_000, nth % 2 === 1);
  const steady = await stream(site, seconds, false);
  const switched = await stream(site, seconds, true);
  const flood = await packets<Streamed>("stream", 0, seconds * 1_000);
  return {
    rules,
    changes,
    latencyUs,
    lost: { steady: steady.lost, switching: switched.lost },
    streamed: switched.sent,
    switches: switched.switches,
    forwardedPerSecond: flood.received / flood.seconds,
  };
}

const answer = (message: RoundAnswer): void => {
  process.send?.(message);
};
const described = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

try {
  const site = await open();
  process.on("message", async (request: RoundRequest) => {
    try {
      answer({ round: await measureRound(site, request) });
    } catch (error) {
      answer({ error: described(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  answer({});
} catch (error) {
  answer({ error: described(error) });
}

import { run } from "../../../src/playground/command.ts";
import type { PrivateHost } from "../../../src/playground/private-host.ts";
import type { Arena } from "./arena.ts";
import { PORTS } from "./rules.ts";

/** One kind of load, from the arena's client to its server. */
export interface Load {
  /** The figure's, see Figure. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly method: string;
  readonly command: (arena: Arena, seconds: number, roundTrip: string) => readonly string[];
  /** The figure, out of what the command printed. Throws on errors that it reports. */
  readonly read: (output: string) => number;
}

/** Requests per second. Throws when requests failed: the number would be of something else. */
export function readWrk(output: string): number {
  const failed = /Socket errors:.*|Non-2xx.*/.exec(output);
  if (failed !== null && !/connect 0, read 0, write 0, timeout 0/.test(failed[0])) {
    throw new Error(`wrk: ${failed[0].trim()}`);
  }
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1];
  if (rate === undefined) throw new Error(`wrk: no rate in: ${output.slice(-300)}`);
  return Number(rate);
}

/** Gb/s, as the receiver saw them. */
export function readIperf(output: string): number {
  const report = JSON.parse(output) as {
    readonly error?: string;
    readonly end?: { readonly sum_received?: { readonly bits_per_second?: number } };
  };
  const rate = report.end?.sum_received?.bits_per_second;
  if (report.error !== undefined || rate === undefined)
    throw new Error(`iperf3: ${report.error ?? "no sum"}`);
  return rate / 1e9;
}

/** Median microseconds. */
export function readRoundTrip(output: string): number {
  return (JSON.parse(output) as { readonly p50Us: number }).p50Us;
}

const wrk = (arena: Arena, seconds: number, ...more: readonly string[]) => [
  ...["wrk", "-t1", "-c32", `-d${seconds}s`, ...more],
  `http://${arena.address}:${PORTS.http}/`,
];

function roundTripLoad(protocol: "tcp" | "udp"): Load {
  return {
    id: `${protocol}-round-trip`,
    title: `${protocol.toUpperCase()} round trip, median`,
    unit: "µs",
    better: "lower",
    method: "four bytes there and back, one trip at a time",
    command: (arena, seconds, roundTrip) => [
      ...[roundTrip, protocol, arena.address],
      ...[String(PORTS.roundTrip), String(seconds * 1_000)],
    ],
    read: readRoundTrip,
  };
}

export const LOADS: readonly Load[] = [
  {
    id: "http-keepalive",
    title: "HTTP, keep-alive",
    unit: "req/s",
    better: "higher",
    method: "wrk -t1 -c32 against one nginx process",
    command: (arena, seconds) => wrk(arena, seconds),
    read: readWrk,
  },
  {
    id: "http-new",
    title: "HTTP, a new connection for each request",
    unit: "req/s",
    better: "higher",
    method: "wrk -t1 -c32 -H 'Connection: close' against one nginx process",
    command: (arena, seconds) => wrk(arena, seconds, "-H", "Connection: close"),
    read: readWrk,
  },
  {
    id: "tcp-stream",
    title: "TCP stream",
    unit: "Gb/s",
    better: "higher",
    method: "iperf3, one stream, its first second left out",
    command: (arena, seconds) => [
      ...["iperf3", "-J", "-c", arena.address, "-p", String(PORTS.stream)],
      ...["-O", "1", "-t", String(seconds)],
    ],
    read: readIperf,
  },
  roundTripLoad("tcp"),
  roundTripLoad("udp"),
];

/** Puts the load on, from core 0, and answers its figure. */
export async function putLoad(
  host: PrivateHost,
  arena: Arena,
  load: Load,
  seconds: number,
  roundTrip: string,
): Promise<number> {
  const command = load.command(arena, seconds, roundTrip);
  const [enter = "", ...words] = [...arena.client, "taskset", "-c", "0", ...command];
  const { status, stdout, stderr } = await run(host, enter, words);
  if (status !== 0) {
    throw new Error(
      `${command.join(" ")} in ${arena.system}: ${stderr.trim() || stdout.trim()}`.slice(0, 600),
    );
  }
  return load.read(stdout);
}

/**
 * The program that makes a prober's connections: run by Node in one container's network namespace, it
 * takes orders as JSON lines on standard input and answers on standard output until its input ends.
 * One process per container, so that a probe costs a packet exchange and not the start of a process.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Outcome, probeIcmp, probeTcp, probeUdp } from "./probe.ts";
import { pump } from "./pump.ts";
import { echo, listening, sink, sunk } from "./serve.ts";
import { stream, streamed } from "./stream.ts";

export type Order =
  | {
      readonly op: "tcp" | "udp";
      readonly address: string;
      readonly port: number;
      readonly timeoutMs: number;
      /** The address to come from; undefined: the kernel's choice. So for `icmp`. */
      readonly source?: string | undefined;
    }
  | {
      readonly op: "icmp";
      readonly address: string;
      readonly timeoutMs: number;
      readonly source?: string | undefined;
    }
  | {
      readonly op: "echo";
      readonly protocol: "tcp" | "udp";
      readonly port: number;
      /** Undefined: all; then answers come from the address that the kernel chooses. */
      readonly address?: string | undefined;
    }
  | { readonly op: "listening"; readonly port: number }
  | {
      readonly op: "stream";
      readonly protocol: "tcp" | "udp";
      readonly address: string;
      readonly port: number;
      readonly everyMs: number;
      readonly source?: string | undefined;
    }
  | { readonly op: "streamed"; readonly stream: number }
  | { readonly op: "sink"; readonly protocol: "tcp" | "udp"; readonly port: number }
  | { readonly op: "sunk"; readonly protocol: "tcp" | "udp"; readonly port: number }
  | {
      readonly op: "pump";
      readonly protocol: "tcp" | "udp";
      readonly address: string;
      readonly port: number;
      readonly forMs: number;
      /** Offered load of UDP in octets a second; TCP sends what it can. */
      readonly bytesPerSecond: number;
    }
  | { readonly op: "read"; readonly path: string };

export interface Answer {
  readonly id: number;
  /** For a probe. */
  readonly outcome?: Outcome;
  /**
   * For `read`: the file's text. For `listening`: "yes" or "no". For `stream`: its number. For
   * `streamed`: a `StreamReport`, for `sunk`: a `SinkReport`, as JSON.
   */
  readonly text?: string;
  readonly error?: string;
}

async function obey(order: Order): Promise<Omit<Answer, "id">> {
  switch (order.op) {
    case "tcp":
      return { outcome: await probeTcp(order) };
    case "udp":
      return { outcome: await probeUdp(order) };
    case "icmp":
      return { outcome: await probeIcmp(order) };
    case "echo":
      await echo(order.protocol, order.port, order.address);
      return {};
    case "listening":
      return { text: listening(order.port) ? "yes" : "no" };
    case "stream":
      return { text: String(await stream(order)) };
    case "streamed":
      return { text: JSON.stringify(streamed(order.stream)) };
    case "sink":
      await sink(order.protocol, order.port);
      return {};
    case "sunk":
      return { text: JSON.stringify(sunk(order.protocol, order.port)) };
    case "pump":
      await pump(order);
      return {};
    case "read":
      return { text: readFileSync(order.path, "utf8") };
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, ...order } = JSON.parse(line) as Order & { id: number };
  obey(order as Order).then(
    (answer) => process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`),
    (error: Error) => process.stdout.write(`${JSON.stringify({ id, error: error.message })}\n`),
  );
});
lines.on("close", () => process.exit(0));

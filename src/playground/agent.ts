/**
 * The program that makes a prober's connections: run by Node in one container's network namespace, it
 * takes orders as JSON lines on standard input and answers on standard output until its input ends.
 * One process per container, so that a probe costs a packet exchange and not the start of a process.
 */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { createInterface } from "node:readline";

/** `refused`: the peer's own kernel answered that nobody listens, so packets do pass both ways. */
export type Outcome = "open" | "refused" | "timeout" | "unreachable" | "closed";

export type Order =
  | {
      readonly op: "tcp" | "udp";
      readonly address: string;
      readonly port: number;
      readonly timeoutMs: number;
    }
  | { readonly op: "icmp"; readonly address: string; readonly timeoutMs: number }
  | { readonly op: "echo"; readonly protocol: "tcp" | "udp"; readonly port: number }
  | { readonly op: "listening"; readonly port: number }
  | { readonly op: "stream"; readonly address: string; readonly port: number; readonly everyMs: number }
  | { readonly op: "streamed"; readonly stream: number }
  | { readonly op: "read"; readonly path: string };

export interface Answer {
  readonly id: number;
  /** For a probe. */
  readonly outcome?: Outcome;
  /**
   * For `read`: the file's text. For `listening`: "yes" or "no". For `stream`: its number. For
   * `streamed`: a {@link StreamReport} as JSON.
   */
  readonly text?: string;
  readonly error?: string;
}

/** How one long TCP connection, over which an octet goes to and fro at a steady pace, has fared. */
export interface StreamReport {
  readonly exchanges: number;
  /** Longest wait between two answers so far, the one under way included. */
  readonly longestGapMs: number;
  /** Why it broke; null while it lives. */
  readonly broken: string | null;
}

/** What a TCP probe says; an HTTP server answers it and an echo server returns it. */
const GREETING = "GET / HTTP/1.0\r\n\r\n";

function outcomeOf(error: NodeJS.ErrnoException): Outcome {
  switch (error.code) {
    case "ECONNREFUSED":
      return "refused";
    case "ECONNRESET":
    case "EPIPE":
      return "closed";
    case "ETIMEDOUT":
      return "timeout";
    default:
      return "unreachable";
  }
}

function probeTcp(address: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port });
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    // The whole exchange has the time, not each step of it.
    const timer = setTimeout(() => finish("timeout"), timeoutMs);
    socket.on("connect", () => socket.write(GREETING));
    socket.on("data", () => finish("open"));
    socket.on("end", () => finish("closed"));
    socket.on("error", (error) => finish(outcomeOf(error)));
  });
}

function probeUdp(address: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const timers: NodeJS.Timeout[] = [];
    const finish = (outcome: Outcome) => {
      for (const timer of timers) clearTimeout(timer);
      socket.removeAllListeners("error");
      socket.on("error", () => {});
      socket.close();
      resolve(outcome);
    };
    socket.on("message", () => finish("open"));
    socket.on("error", (error) => finish(outcomeOf(error)));
    socket.connect(port, address, () => {
      const send = () => socket.send("hyperion");
      send();
      // UDP promises nothing, so a lost datagram is not yet an answer.
      timers.push(
        setTimeout(send, timeoutMs / 3),
        setTimeout(() => finish("timeout"), timeoutMs),
      );
    });
  });
}

function probeIcmp(address: string, timeoutMs: number): Promise<Outcome> {
  const family = address.includes(":") ? "-6" : "-4";
  const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1_000)));
  return new Promise((resolve) => {
    execFile("/bin/busybox", ["ping", family, "-c", "1", "-W", seconds, address], (error, _out, err) => {
      if (error === null) resolve("open");
      else resolve(/unreachable/i.test(err) ? "unreachable" : "timeout");
    });
  });
}

/** Both families on one socket: `::` takes IPv4 too. */
function echo(protocol: "tcp" | "udp", port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (protocol === "tcp") {
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.pipe(socket);
      });
      server.once("error", reject);
      server.listen(port, "::", () => resolve());
      return;
    }
    const socket = createSocket({ type: "udp6", ipv6Only: false });
    socket.on("message", (data, from) => socket.send(data, from.port, from.address));
    socket.once("error", reject);
    socket.bind(port, "::", () => resolve());
  });
}

/** From the kernel's own list: state 0A is LISTEN. */
function listening(port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/self/net/tcp", "/proc/self/net/tcp6"].some((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .some((line) => {
        const words = line.trim().split(/\s+/);
        return words[1]?.endsWith(suffix) === true && words[3] === "0A";
      }),
  );
}

const streams: (() => StreamReport)[] = [];

/** Opens a long connection to an echo server; resolves to its number when the first answer is there. */
function stream(address: string, port: number, everyMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, noDelay: true });
    let exchanges = 0;
    let longestGapMs = 0;
    let answeredAtMs = performance.now();
    let broken: string | null = null;
    const gapMs = () => performance.now() - answeredAtMs;
    const fail = (why: string) => {
      broken ??= why;
      reject(new Error(why));
    };
    socket.on("connect", () => socket.write("."));
    socket.on("data", () => {
      if (exchanges > 0) longestGapMs = Math.max(longestGapMs, gapMs());
      answeredAtMs = performance.now();
      exchanges++;
      if (exchanges === 1) {
        streams.push(() => ({ exchanges, longestGapMs: Math.max(longestGapMs, gapMs()), broken }));
        resolve(streams.length - 1);
      }
      setTimeout(() => socket.write("."), everyMs);
    });
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("closed"));
  });
}

async function obey(order: Order): Promise<Omit<Answer, "id">> {
  switch (order.op) {
    case "tcp":
      return { outcome: await probeTcp(order.address, order.port, order.timeoutMs) };
    case "udp":
      return { outcome: await probeUdp(order.address, order.port, order.timeoutMs) };
    case "icmp":
      return { outcome: await probeIcmp(order.address, order.timeoutMs) };
    case "echo":
      await echo(order.protocol, order.port);
      return {};
    case "listening":
      return { text: listening(order.port) ? "yes" : "no" };
    case "stream":
      return { text: String(await stream(order.address, order.port, order.everyMs)) };
    case "streamed": {
      const report = streams[order.stream];
      if (report === undefined) throw new Error(`there is no stream ${order.stream}`);
      return { text: JSON.stringify(report()) };
    }
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

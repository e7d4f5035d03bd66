import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect as connectTcp } from "node:net";
import type { Order } from "./agent.ts";

/** `refused`: the peer's own kernel answered that nobody listens, so packets do pass both ways. */
export type Outcome = "open" | "refused" | "timeout" | "unreachable" | "closed";

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

export function probeTcp({
  address,
  port,
  timeoutMs,
  source,
}: Order & { op: "tcp" | "udp" }): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port, ...(source !== undefined && { localAddress: source }) });
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

export function probeUdp({
  address,
  port,
  timeoutMs,
  source,
}: Order & { op: "tcp" | "udp" }): Promise<Outcome> {
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
    if (source !== undefined) socket.bind({ address: source });
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

export function probeIcmp({ address, timeoutMs, source }: Order & { op: "icmp" }): Promise<Outcome> {
  const family = address.includes(":") ? "-6" : "-4";
  const seconds = String(Math.max(1, Math.ceil(timeoutMs / 1_000)));
  const from = source === undefined ? [] : ["-I", source];
  const words = ["ping", family, ...from, "-c", "1", "-W", seconds, address];
  return new Promise((resolve) => {
    execFile("/bin/busybox", words, (error, _out, err) => {
      if (error === null) resolve("open");
      else resolve(/unreachable/i.test(err) ? "unreachable" : "timeout");
    });
  });
}

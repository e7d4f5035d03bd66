import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** What a sink has taken so far. */
export interface SinkReport {
  readonly bytes: number;
  /** Between the first octet and the last. */
  readonly durationMs: number;
}

/** Without an address both families on one socket: `::` takes IPv4 too. */
export function echo(protocol: "tcp" | "udp", port: number, address = "::"): Promise<void> {
  return new Promise((resolve, reject) => {
    if (protocol === "tcp") {
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.pipe(socket);
      });
      server.once("error", reject);
      server.listen(port, address, () => resolve());
      return;
    }
    const socket = address.includes(":")
      ? createSocket({ type: "udp6", ipv6Only: false })
      : createSocket("udp4");
    socket.on("message", (data, from) => socket.send(data, from.port, from.address));
    socket.once("error", reject);
    socket.bind(port, address, () => resolve());
  });
}

/** From the kernel's own list: state 0A is LISTEN. */
export function listening(port: number): boolean {
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

const sinks = new Map<string, () => SinkReport>();

/** Takes all that comes and counts it. */
export function sink(protocol: "tcp" | "udp", port: number): Promise<void> {
  let bytes = 0;
  let firstAtMs = 0;
  let lastAtMs = 0;
  const take = (data: Buffer) => {
    lastAtMs = performance.now();
    if (bytes === 0) firstAtMs = lastAtMs;
    bytes += data.length;
  };
  sinks.set(`${protocol}/${port}`, () => ({ bytes, durationMs: lastAtMs - firstAtMs }));
  return new Promise((resolve, reject) => {
    if (protocol === "tcp") {
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.on("data", take);
      });
      server.once("error", reject);
      server.listen(port, "::", () => resolve());
      return;
    }
    const socket = createSocket({ type: "udp6", ipv6Only: false, recvBufferSize: 4 << 20 });
    socket.on("message", take);
    socket.once("error", reject);
    socket.bind(port, "::", () => resolve());
  });
}

/** What the sink on that port has taken so far. Throws when there is none. */
export function sunk(protocol: "tcp" | "udp", port: number): SinkReport {
  const report = sinks.get(`${protocol}/${port}`);
  if (report === undefined) throw new Error(`there is no sink on ${protocol}/${port}`);
  return report();
}

import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, isIPv6, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/* UDP and TCP by the kernel's stack. Servers say back what they hear, in both families. */

const CHUNK_BYTES = 64 * 1024;
const CONNECT_MS = 2000;

/** Datagrams that arrived at {@link udpServe}, by port. */
const heard = new Map<number, number>();

export function udpServe(port: number): Promise<void> {
  const server = createSocket("udp6");
  heard.set(port, 0);
  server.on("message", (message, { port: from, address }) => {
    heard.set(port, (heard.get(port) ?? 0) + 1);
    server.send(message, from, address);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.bind(port, "::", resolve);
  });
}

export function udpHeard(port: number): number {
  return heard.get(port) ?? 0;
}

/** Whether a datagram of so many bytes came back whole. */
export async function udpAsk(to: string, port: number, bytes: number, timeoutMs = 1000): Promise<boolean> {
  const message = randomBytes(bytes);
  const socket: UdpSocket = createSocket(isIPv6(to) ? "udp6" : "udp4");
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("message", (answer) => resolve(answer.equals(message)));
      setTimeout(() => resolve(false), timeoutMs);
      socket.send(message, port, to);
    });
  } finally {
    socket.close();
  }
}

export function tcpServe(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "::", resolve);
  });
}

function opened(to: string, port: number, timeoutMs: number): Promise<Socket | string> {
  const socket = connect({ host: to, port, allowHalfOpen: true });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      socket.destroy();
      resolve("silence");
    }, timeoutMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(error.code ?? error.message);
    });
  });
}

/** "open", "silence" or the code of an error. */
export async function tcpTry(to: string, port: number, timeoutMs = CONNECT_MS): Promise<string> {
  const socket = await opened(to, port, timeoutMs);
  if (typeof socket === "string") return socket;
  socket.destroy();
  return "open";
}

/** Sends so many random bytes and receives them again, at the same time. */
export async function tcpBulk(to: string, port: number, bytes: number): Promise<"same" | string> {
  const socket = await opened(to, port, CONNECT_MS);
  if (typeof socket === "string") return socket;
  const sent = createHash("sha256");
  const received = createHash("sha256");
  let count = 0;
  const ended = new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      received.update(chunk);
      count += chunk.length;
    });
    socket.once("end", resolve);
    socket.once("error", reject);
  });
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
    const chunk = randomBytes(Math.min(left, CHUNK_BYTES));
    sent.update(chunk);
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.end();
  await ended;
  if (count !== bytes) return `${count} of ${bytes} bytes`;
  return sent.digest("hex") === received.digest("hex") ? "same" : "other bytes";
}

/** Connections that stay open between calls. */
interface Connection {
  readonly socket: Socket;
  readonly answer: { text: string };
}
const kept = new Map<number, Connection>();

/** Opens one that stays; its number. */
export async function tcpKeep(to: string, port: number): Promise<number> {
  const socket = await opened(to, port, CONNECT_MS);
  if (typeof socket === "string") throw new Error(`no connection to ${to} port ${port}: ${socket}`);
  const answer = { text: "" };
  const id = kept.size + 1;
  socket.setNoDelay(true);
  socket.on("data", (chunk: Buffer) => {
    answer.text += chunk.toString();
  });
  socket.on("error", () => socket.destroy());
  kept.set(id, { socket, answer });
  return id;
}

/** Our end's port. */
export function tcpPort(id: number): number {
  return connection(id).socket.localPort ?? 0;
}

export function tcpSay(id: number, text: string): void {
  connection(id).socket.write(`${text}\n`);
}

/** Whether what was said last came back in time, and with it all before. */
export async function tcpHears(id: number, text: string, timeoutMs = 3000): Promise<boolean> {
  const { answer } = connection(id);
  const deadline = performance.now() + timeoutMs;
  while (answer.text.split("\n").at(-2) !== text) {
    if (performance.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}

function connection(id: number): Connection {
  const found = kept.get(id);
  if (found === undefined) throw new Error(`there is no connection ${id}`);
  return found;
}

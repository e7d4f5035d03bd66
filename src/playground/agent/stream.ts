import { createSocket } from "node:dgram";
import { connect as connectTcp } from "node:net";
import type { Order } from "./agent.ts";

/** How one long exchange with an echo server, at a steady pace, has fared. */
export interface StreamReport {
  readonly exchanges: number;
  /** Sent and not answered, of those whose answer is due. TCP: 0, as it repeats what is lost. */
  readonly unanswered: number;
  /** Longest wait between two answers so far, the one under way included. */
  readonly longestGapMs: number;
  /** When the last answer came, in milliseconds since 1970. */
  readonly answeredAtMs: number;
  /** Why it broke; null while it lives. UDP does not break. */
  readonly broken: string | null;
}

const streams: (() => StreamReport)[] = [];

/** Begins one; resolves to its number when the first answer is there. */
export function stream(order: Order & { op: "stream" }): Promise<number> {
  return order.protocol === "tcp" ? streamTcp(order) : streamUdp(order);
}

/** How the stream of that number has fared so far. Throws when there is none. */
export function streamed(number: number): StreamReport {
  const report = streams[number];
  if (report === undefined) throw new Error(`there is no stream ${number}`);
  return report();
}

/** An octet to an echo server and back, over one connection. */
function streamTcp({ address, port, everyMs, source }: Order & { op: "stream" }): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = source === undefined ? {} : { localAddress: source };
    const socket = connectTcp({ host: address, port, noDelay: true, ...from });
    const pace = new Pace();
    let broken: string | null = null;
    const fail = (why: string) => {
      broken ??= why;
      reject(new Error(why));
    };
    socket.on("connect", () => socket.write("."));
    socket.on("data", () => {
      pace.answered();
      if (pace.exchanges === 1) {
        streams.push(() => ({ ...pace.report(), unanswered: 0, broken }));
        resolve(streams.length - 1);
      }
      setTimeout(() => socket.write("."), everyMs);
    });
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("closed"));
  });
}

/** An answer that is not there after this long is lost: nothing on one machine takes as long. */
const UDP_ANSWER_DUE_MS = 500;
const STREAM_START_TIMEOUT_MS = 5_000;

/** Numbered datagrams to an echo server and back, each sent once. */
function streamUdp({ address, port, everyMs, source }: Order & { op: "stream" }): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const pace = new Pace();
    /** Number to when it was sent. */
    const open = new Map<number, number>();
    let next = 0;
    const timer = setTimeout(() => reject(new Error("no answer")), STREAM_START_TIMEOUT_MS);
    socket.on("error", () => {});
    socket.on("message", (data) => {
      if (!open.delete(Number(data.toString()))) return;
      pace.answered();
      if (pace.exchanges !== 1) return;
      clearTimeout(timer);
      streams.push(() => {
        const due = performance.now() - UDP_ANSWER_DUE_MS;
        const unanswered = [...open.values()].filter((sentAt) => sentAt < due).length;
        return { ...pace.report(), unanswered, broken: null };
      });
      resolve(streams.length - 1);
    });
    if (source !== undefined) socket.bind({ address: source });
    socket.connect(port, address, () => {
      setInterval(() => {
        open.set(next, performance.now());
        socket.send(String(next++), () => {});
      }, everyMs);
    });
  });
}

/** When answers came. */
class Pace {
  exchanges = 0;
  #longestGapMs = 0;
  #answeredAtMs = performance.now();

  answered(): void {
    if (this.exchanges > 0) this.#longestGapMs = Math.max(this.#longestGapMs, this.#gapMs);
    this.#answeredAtMs = performance.now();
    this.exchanges++;
  }

  report(): Pick<StreamReport, "exchanges" | "longestGapMs" | "answeredAtMs"> {
    return {
      exchanges: this.exchanges,
      longestGapMs: Math.max(this.#longestGapMs, this.#gapMs),
      answeredAtMs: performance.timeOrigin + this.#answeredAtMs,
    };
  }

  get #gapMs(): number {
    return performance.now() - this.#answeredAtMs;
  }
}

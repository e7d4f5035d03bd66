import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Bed } from "../bed.ts";
import type { RawAnswer, RawOrder } from "./agent.ts";

const AGENT = fileURLToPath(new URL("./agent.ts", import.meta.url));

export const ICMP = 1;
export const ICMP6 = 58;
export const SCTP = 132;

/** Sends and receives whole IP payloads in a container's network. */
export class RawSockets {
  readonly #agent: ChildProcess;
  readonly #waiting: ((answer: RawAnswer) => void)[] = [];

  private constructor(agent: ChildProcess) {
    this.#agent = agent;
    createInterface({ input: agent.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as RawAnswer);
    });
    agent.on("exit", () => {
      for (const settle of this.#waiting.splice(0)) settle({ error: "the raw agent ended" });
    });
  }

  static async open(bed: Bed, container: string): Promise<RawSockets> {
    const pid = await bed.docker("inspect", "--format", "{{.State.Pid}}", container);
    const words = ["-t", pid, "--net", "--", process.execPath, AGENT];
    return new RawSockets(bed.engine.host.spawn("nsenter", words, { stdio: ["pipe", "pipe", "inherit"] }));
  }

  async listen(family: 4 | 6, protocol: number): Promise<void> {
    await this.#order({ op: "listen", family, protocol });
  }

  async send(protocol: number, address: string, payload: Buffer): Promise<void> {
    const family = address.includes(":") ? 6 : 4;
    await this.#order({ op: "send", family, protocol, address, payload: payload.toString("hex") });
  }

  /** What was received since the last time: IP payloads. */
  async take(family: 4 | 6, protocol: number): Promise<readonly Buffer[]> {
    const { packets = [] } = await this.#order({ op: "take", family, protocol });
    return packets.map((packet) => Buffer.from(packet, "hex"));
  }

  close(): void {
    this.#agent.stdin?.end();
  }

  #order(order: RawOrder): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((answer) => {
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(answer.error));
      });
      this.#agent.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }
}

/** An ICMP message of the type, twenty octets long, with its checksum. */
export function icmp(type: number, code = 0): Buffer {
  const message = Buffer.alloc(20);
  message.writeUInt8(type, 0);
  message.writeUInt8(code, 1);
  message.writeUInt16BE(0x4859, 4);
  let sum = 0;
  for (let at = 0; at < message.length; at += 2) sum += message.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  message.writeUInt16BE(~sum & 0xffff, 2);
  return message;
}

/** An ICMPv6 message of the type; the kernel of who sends it fills in the checksum (RFC 3542 §3.1). */
export function icmp6(type: number, code = 0): Buffer {
  const message = Buffer.alloc(20);
  message.writeUInt8(type, 0);
  message.writeUInt8(code, 1);
  return message;
}

/** An SCTP packet with an INIT chunk (RFC 9260 §3.3.2). */
export function sctpInit(sourcePort: number, destinationPort: number): Buffer {
  const packet = Buffer.alloc(32);
  packet.writeUInt16BE(sourcePort, 0);
  packet.writeUInt16BE(destinationPort, 2);
  packet.writeUInt8(1, 12);
  packet.writeUInt16BE(20, 14);
  packet.writeUInt32BE(0x48595045, 16);
  packet.writeUInt32BE(65_536, 20);
  packet.writeUInt16BE(1, 24);
  packet.writeUInt16BE(1, 26);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

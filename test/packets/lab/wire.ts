import { type ChildProcess, spawn } from "node:child_process";

/** linux/if_packet.h: for whom the receiving stack takes a frame. */
export const PACKET_TYPES = ["host", "broadcast", "multicast", "otherhost"] as const;
export type PacketType = (typeof PACKET_TYPES)[number];

export interface Received {
  readonly port: number;
  readonly frame: Uint8Array;
  readonly type: PacketType;
}

const RECORD_BYTES = 8;

/** The far side of the ports: native/test/wire.c in a process and a network namespace of its own. */
export class Wire {
  readonly #process: ChildProcess;
  readonly #received: Received[] = [];
  #input: Buffer = Buffer.alloc(0);
  #ready: ((byte: string) => void) | undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** `connect` moves the devices `prefix`1 … into the namespace of the process whose id it gets. */
  static async open(
    program: string,
    prefix: string,
    ports: number,
    connect: (pid: number) => void,
  ): Promise<Wire> {
    const wire = new Wire(spawn(program, [prefix, String(ports)], { stdio: ["pipe", "pipe", "inherit"] }));
    await wire.#byte("r");
    connect(wire.#process.pid ?? 0);
    const opened = wire.#byte("o");
    wire.#process.stdin?.write("o");
    await opened;
    return wire;
  }

  send(port: number, frame: Uint8Array): void {
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeUInt8(port, 0);
    record.writeUInt32LE(frame.length, 4);
    this.#process.stdin?.write(Buffer.concat([record, frame]));
  }

  /** How many frames arrived that were not yet taken. */
  get pending(): number {
    return this.#received.length;
  }

  take(): readonly Received[] {
    return this.#received.splice(0);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin?.end();
    await ended;
  }

  #byte(expected: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(new Error(`wire ended before it said "${expected}"`));
      this.#process.once("exit", failed);
      this.#ready = (byte) => {
        this.#ready = undefined;
        this.#process.off("exit", failed);
        if (byte === expected) resolve();
        else reject(new Error(`wire said "${byte}" instead of "${expected}"`));
      };
    });
  }

  #take(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    if (this.#ready !== undefined && this.#input.length > 0) {
      const byte = this.#input.toString("latin1", 0, 1);
      this.#input = this.#input.subarray(1);
      this.#ready(byte);
    }
    while (this.#input.length >= RECORD_BYTES) {
      const end = RECORD_BYTES + this.#input.readUInt32LE(4);
      if (this.#input.length < end) return;
      const type = PACKET_TYPES[this.#input.readUInt8(1)] ?? "otherhost";
      const frame = Uint8Array.from(this.#input.subarray(RECORD_BYTES, end));
      this.#received.push({ port: this.#input.readUInt8(0), frame, type });
      this.#input = this.#input.subarray(end);
    }
  }
}

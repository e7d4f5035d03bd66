import { constants } from "node:os";
import { HyperionError } from "../../../model/errors.ts";
import { EVENT } from "../../native/layouts.ts";
import type { Answer, Argument, NativeLibrary } from "../../native/library.ts";
import { linksOf } from "../../native/links.ts";
import { nativeBytes } from "../../native/struct-view.ts";
import type {
  Capabilities,
  Dataplane,
  DropCounter,
  EndpointCounter,
  EventBatch,
  Failure,
  NicCounters,
  Operation,
  PortKind,
  Row,
  RuleCounter,
} from "../dataplane.ts";
import { encodeBatch } from "./batch.ts";
import { CallQueue } from "./call-queue.ts";
import { numberOf, PORT_KINDS } from "./names.ts";
import { type NativeDataplaneOptions, openHandle, readCapabilities } from "./open.ts";
import {
  dropCounter,
  endpointCounter,
  nicCounters,
  packetEvent,
  type ReportCodec,
  ruleCounter,
} from "./report-codec.ts";
import { ROW_CODECS } from "./row-codec.ts";

/** Operations per call of the library, so that a large batch does not keep events waiting for long. */
const BATCH_OPERATIONS = 16_384;

/** First guess at a table's size; a table that needs more says how much. */
const DUMP_BYTES = 64 * 1024;

/** A table may grow while it is read; it is not asked for more than this many times. */
const DUMP_ATTEMPTS = 8;

/** enum hyp_counters. */
const COUNTERS = { endpoint: 0, drop: 1, rule: 2, nic: 3 } as const;

type TableFunction = "hyp_dataplane_dump" | "hyp_dataplane_counters";

/** The data plane behind the native library. Calls wait for each other, off the event loop. */
export class NativeDataplane implements Dataplane {
  readonly capabilities: Capabilities;
  readonly #library: NativeLibrary;
  readonly #handle: bigint;
  readonly #queue = new CallQueue(
    () => new HyperionError("E501", { operation: "the call", reason: "it is closed" }),
  );

  private constructor(library: NativeLibrary, handle: bigint) {
    this.#library = library;
    this.#handle = handle;
    this.capabilities = readCapabilities(library, handle);
  }

  /** Opens, or adopts what an earlier process left pinned. Throws E502, E506, E507, E508. */
  static async open(library: NativeLibrary, options: NativeDataplaneOptions): Promise<NativeDataplane> {
    return new NativeDataplane(library, await openHandle(library, options));
  }

  async attach(port: number, kind: PortKind): Promise<void> {
    const answer = await this.#queue.run(() =>
      this.#library.call("hyp_dataplane_attach", this.#handle, port, numberOf(PORT_KINDS, kind)),
    );
    if (answer.result < 0) throw await this.#portError("attach", port, answer);
  }

  async detach(port: number): Promise<void> {
    const answer = await this.#queue.run(() =>
      this.#library.call("hyp_dataplane_detach", this.#handle, port),
    );
    if (answer.result < 0) throw await this.#portError("detach", port, answer);
  }

  async apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    const failures: Failure[] = [];
    for (let first = 0; first < operations.length; first += BATCH_OPERATIONS) {
      const slice = operations.slice(first, first + BATCH_OPERATIONS);
      failures.push(...(await this.#queue.run(() => this.#applySlice(slice))));
    }
    return failures;
  }

  async #applySlice(operations: readonly Operation[]): Promise<readonly Failure[]> {
    const batch = encodeBatch(operations);
    const results = nativeBytes(operations.length * Int32Array.BYTES_PER_ELEMENT);
    const answer = await this.#answer("apply", [batch, batch.length, results, operations.length]);
    if (answer.result === 0) return [];
    const codes = new Int32Array(results.buffer);
    return operations.flatMap((operation, i) => {
      const code = codes[i] ?? 0;
      return code < 0 ? [{ operation, errno: -code, reason: answer.message }] : [];
    });
  }

  async dump(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const codec of Object.values(ROW_CODECS)) {
      const { table, keyBytes, valueBytes } = codec;
      const reader = { bytes: keyBytes + valueBytes, read: codec.read };
      for (const row of await this.#table<Row>("hyp_dataplane_dump", table, reader)) rows.push(row);
    }
    return rows;
  }

  endpointCounters(): Promise<readonly EndpointCounter[]> {
    return this.#table("hyp_dataplane_counters", COUNTERS.endpoint, endpointCounter);
  }

  dropCounters(): Promise<readonly DropCounter[]> {
    return this.#table("hyp_dataplane_counters", COUNTERS.drop, dropCounter);
  }

  ruleCounters(): Promise<readonly RuleCounter[]> {
    return this.#table("hyp_dataplane_counters", COUNTERS.rule, ruleCounter);
  }

  async nicCounters(): Promise<NicCounters | undefined> {
    const rows = await this.#table("hyp_dataplane_counters", COUNTERS.nic, nicCounters);
    return rows[0];
  }

  events(max: number): Promise<EventBatch> {
    return this.#queue.run(async () => {
      const memory = nativeBytes(max * EVENT.bytes);
      const lost = nativeBytes(BigUint64Array.BYTES_PER_ELEMENT);
      const count = await this.#ask("events", [memory, max, lost]);
      return {
        events: readRows(packetEvent, memory, count),
        lost: Number(new DataView(lost.buffer).getBigUint64(0, true)),
      };
    });
  }

  connections(): Promise<number> {
    return this.#queue.run(() => this.#ask("connections", []));
  }

  close(): Promise<void> {
    return this.#queue.close(() => {
      this.#library.now("hyp_dataplane_close", this.#handle);
    });
  }

  /** Calls a function of this handle; its count, or E501, E511. */
  async #ask(operation: "events" | "connections", args: readonly Argument[]): Promise<number> {
    return (await this.#answer(operation, args)).result;
  }

  /** The same with the sentence that comes along. */
  async #answer(operation: "apply" | "events" | "connections", args: readonly Argument[]): Promise<Answer> {
    const answer = await this.#library.call(`hyp_dataplane_${operation}`, this.#handle, ...args);
    if (answer.result < 0) throw callError(operation, answer);
    return answer;
  }

  /** Reads a whole table, with more room when it turns out to be larger. */
  #table<T>(name: TableFunction, table: number, reader: ReportCodec<T>): Promise<readonly T[]> {
    return this.#queue.run(async () => {
      let capacity = DUMP_BYTES;
      let answer: Answer = { result: 0, message: "" };
      for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
        const memory = nativeBytes(capacity);
        const needed = nativeBytes(BigUint64Array.BYTES_PER_ELEMENT);
        answer = await this.#library.call(name, this.#handle, table, memory, capacity, needed);
        if (answer.result >= 0) return readRows(reader, memory, answer.result);
        if (answer.result !== -constants.errno.ENOSPC) break;
        // Some more than it needed, as it may have grown by the next look.
        capacity = Math.ceil(Number(new DataView(needed.buffer).getBigUint64(0, true)) * 1.25) + DUMP_BYTES;
      }
      throw callError("dump", answer);
    });
  }

  async #portError(operation: string, port: number, answer: Answer): Promise<HyperionError> {
    const links = await linksOf(this.#library, "").catch(() => []);
    const device = links.find((link) => link.index === port)?.name ?? `with index ${port}`;
    switch (-answer.result) {
      case constants.errno.EBUSY:
        return new HyperionError("E509", { what: "the tc hook", device });
      case constants.errno.ENODEV:
        return new HyperionError("E602", { device });
      case constants.errno.EPERM:
        return new HyperionError("E507");
      default:
        return callError(`${operation} on ${device}`, answer);
    }
  }
}

/** ENOTCONN is the library's word for an agent that is gone, or was and has begun anew. */
function callError(operation: string, { result, message }: Answer): HyperionError {
  if (-result === constants.errno.ENOTCONN) return new HyperionError("E511", { reason: message });
  return new HyperionError("E501", { operation, reason: message });
}

function readRows<T>(codec: ReportCodec<T>, memory: Uint8Array, count: number): readonly T[] {
  return Array.from({ length: count }, (_, i) => codec.read(memory, i * codec.bytes));
}

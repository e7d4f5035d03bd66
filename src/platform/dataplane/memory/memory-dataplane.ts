import { constants } from "node:os";
import { HyperionError } from "../../../model/errors.ts";
import { ENDPOINT_INDEX_MAX, NETWORK_INDEX_MAX } from "../../../model/ids.ts";
import type {
  Capabilities,
  Dataplane,
  DropCounter,
  EndpointCounter,
  EventBatch,
  Failure,
  NicCounters,
  Operation,
  PacketEvent,
  PortKind,
  Row,
  RuleCounter,
  Table,
} from "../dataplane.ts";

/** The fields that make up each table's key, as in tables.h. */
const KEY_FIELDS: { readonly [T in Table]: readonly (keyof Extract<Row, { table: T }>)[] } = {
  port: ["port"],
  network: ["network"],
  endpoint: ["endpoint"],
  neighbour: ["network", "address"],
  member: ["network", "slot"],
  policy: ["policy", "direction", "identity", "protocol", "port", "prefixLength"],
  vtep: ["vtep"],
  uplink: ["port"],
  prefix: ["prefix"],
};

/** What a {@link MemoryDataplane} leaves behind when it closes: the next one can be opened on it. */
export class MemoryTables {
  readonly rows: Readonly<Record<Table, Map<string, Row>>> = {
    port: new Map(),
    network: new Map(),
    endpoint: new Map(),
    neighbour: new Map(),
    member: new Map(),
    policy: new Map(),
    vtep: new Map(),
    uplink: new Map(),
    prefix: new Map(),
  };
  readonly attached = new Map<number, PortKind>();
  readonly endpointCounters = new Map<number, EndpointCounter>();
  readonly dropCounters = new Map<string, DropCounter>();
  readonly ruleCounters = new Map<string, RuleCounter>();
  nicCounters: NicCounters | undefined;
  readonly events: PacketEvent[] = [];
  lost = 0;
  /** True once a data plane was opened on them. */
  used = false;
}

export interface MemoryDataplaneOptions {
  /** Limits smaller than the real ones, to reach them. */
  readonly policyEntriesMax?: number;
  /** Events that find room before some are lost. */
  readonly eventsMax?: number;
  /** Whether a port's device exists; without it every port does. */
  readonly portExists?: (port: number) => boolean;
}

/**
 * The data plane without packets: tables that can be read back. Counters and events are what
 * {@link count} and {@link report} were told.
 */
export class MemoryDataplane implements Dataplane {
  readonly capabilities: Capabilities;
  readonly #tables: MemoryTables;
  readonly #options: MemoryDataplaneOptions;
  #open = true;

  constructor(tables: MemoryTables = new MemoryTables(), options: MemoryDataplaneOptions = {}) {
    this.#tables = tables;
    this.#options = options;
    this.capabilities = {
      backend: "memory",
      networksMax: NETWORK_INDEX_MAX,
      endpointsMax: ENDPOINT_INDEX_MAX,
      policyEntriesMax: options.policyEntriesMax ?? 524_288,
      connectionsMax: 131_072,
      adopted: tables.used,
    };
    tables.used = true;
  }

  /** Ports that carry programs, and which. */
  get attached(): ReadonlyMap<number, PortKind> {
    return this.#tables.attached;
  }

  async attach(port: number, kind: PortKind): Promise<void> {
    this.#demandOpen("attach");
    if (this.#options.portExists?.(port) === false) {
      throw new HyperionError("E602", { device: `with index ${port}` });
    }
    this.#tables.attached.set(port, kind);
  }

  async detach(port: number): Promise<void> {
    this.#demandOpen("detach");
    this.#tables.attached.delete(port);
  }

  async apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    this.#demandOpen("apply");
    return operations.flatMap((operation) => {
      const errno = this.#applyOne(operation);
      return errno === 0 ? [] : [{ operation, errno }];
    });
  }

  async dump(): Promise<readonly Row[]> {
    this.#demandOpen("dump");
    return Object.values(this.#tables.rows).flatMap((rows) => [...rows.values()]);
  }

  async endpointCounters(): Promise<readonly EndpointCounter[]> {
    this.#demandOpen("counters");
    return [...this.#tables.endpointCounters.values()];
  }

  async dropCounters(): Promise<readonly DropCounter[]> {
    this.#demandOpen("counters");
    return [...this.#tables.dropCounters.values()];
  }

  async ruleCounters(): Promise<readonly RuleCounter[]> {
    this.#demandOpen("counters");
    return [...this.#tables.ruleCounters.values()];
  }

  /** None, unless {@link count} was told of some. */
  async nicCounters(): Promise<NicCounters | undefined> {
    this.#demandOpen("counters");
    return this.#tables.nicCounters;
  }

  async events(max: number): Promise<EventBatch> {
    this.#demandOpen("events");
    return { events: this.#tables.events.splice(0, max), lost: this.#tables.lost };
  }

  /** No packets, no connections. */
  async connections(): Promise<number> {
    this.#demandOpen("connections");
    return 0;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  /** Sets counters, each in place of the one of the same key. */
  count(counters: {
    readonly endpoints?: readonly EndpointCounter[];
    readonly drops?: readonly DropCounter[];
    readonly rules?: readonly RuleCounter[];
    readonly nic?: NicCounters;
  }): void {
    const { endpointCounters, dropCounters, ruleCounters } = this.#tables;
    for (const counter of counters.endpoints ?? []) endpointCounters.set(counter.endpoint, counter);
    for (const counter of counters.drops ?? []) {
      dropCounters.set(`${counter.endpoint}/${counter.reason}`, counter);
    }
    for (const counter of counters.rules ?? []) {
      ruleCounters.set(`${counter.policy}/${counter.rule}/${counter.direction}`, counter);
    }
    if (counters.nic !== undefined) this.#tables.nicCounters = counters.nic;
  }

  /** Puts events into the ring; those that find no room are counted as lost. */
  report(...events: readonly PacketEvent[]): void {
    const room = Math.max(0, (this.#options.eventsMax ?? 8192) - this.#tables.events.length);
    this.#tables.events.push(...events.slice(0, room));
    this.#tables.lost += Math.max(0, events.length - room);
  }

  /** 0, or a positive errno. */
  #applyOne({ verb, row }: Operation): number {
    const { endpointCounters, dropCounters } = this.#tables;
    const rows = this.#tables.rows[row.table];
    const key = keyOf(row);
    if (verb === "delete") {
      rows.delete(key);
      if (row.table !== "endpoint") return 0;
      endpointCounters.delete(row.endpoint);
      for (const [name, { endpoint }] of dropCounters) {
        if (endpoint === row.endpoint) dropCounters.delete(name);
      }
      return 0;
    }
    const full = row.table === "policy" && rows.size >= this.capabilities.policyEntriesMax;
    if (full && !rows.has(key)) return constants.errno.E2BIG;
    rows.set(key, row);
    return 0;
  }

  #demandOpen(operation: string): void {
    if (!this.#open) throw new HyperionError("E501", { operation, reason: "it is closed" });
  }
}

function keyOf(row: Row): string {
  const fields = KEY_FIELDS[row.table] as readonly (keyof Row)[];
  return fields.map((field) => row[field]).join("/");
}

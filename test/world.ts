import { loadConfig } from "../src/config/load.ts";
import type { Config } from "../src/config/options.ts";
import { assemble, type Closer, type Engine } from "../src/engine.ts";
import { HyperionError } from "../src/model/errors.ts";
import type { ContainerId, EndpointId, NetworkId } from "../src/model/ids.ts";
import { parsePrefix, prefixFamily } from "../src/model/prefix.ts";
import type { Row } from "../src/model/rows.ts";
import type { EndpointDocument, NetworkDocument, StatusDocument } from "../src/observe/admin-view.ts";
import { EventHub } from "../src/observe/event-hub.ts";
import type { Dataplane } from "../src/platform/dataplane/dataplane.ts";
import { MemoryDataplane, MemoryTables } from "../src/platform/dataplane/memory/memory-dataplane.ts";
import type { Docker } from "../src/platform/docker/docker.ts";
import { MemoryDocker } from "../src/platform/docker/memory/memory.ts";
import type { Host } from "../src/platform/host/host.ts";
import { MemoryHost } from "../src/platform/host/memory/memory-host.ts";
import { MemoryDisk, MemoryStore } from "../src/platform/store/memory/store.ts";
import type { Store } from "../src/platform/store/store.ts";
import { methodNamed } from "../src/protocol/methods.ts";
import { Door } from "./faults/door.ts";
import { FaultyDataplane } from "./faults/faulty-dataplane.ts";
import { type LogEntry, recordingLog } from "./protocol/recording-drivers.ts";

export interface WorldOptions {
  readonly config?: Partial<Config>;
  /** False: a daemon with `--docker-host none`. */
  readonly docker?: boolean;
  /** Room of the data plane, where it should run out. */
  readonly networksMax?: number;
  readonly endpointsMax?: number;
  /** What the data plane says it is; a NIC says "doca". */
  readonly backend?: string;
}

export const BOOT = "00000000-0000-4000-8000-000000000001";

/** A 64-digit ID that begins with the word's own digits: `idOf("n1")` reads as such in a failure. */
export function idOf<Id extends NetworkId | EndpointId | ContainerId>(word: string): Id {
  return word.padEnd(64, "0") as Id;
}

/**
 * A machine made of memory, and the whole engine on it as the daemon assembles it, driven in the
 * words of the plugin protocol. What outlives a daemon (disk, tables, devices, Docker) belongs to
 * the world, so that the engine can be stopped, killed and started again.
 */
export class World {
  readonly disk = new MemoryDisk();
  readonly tables = new MemoryTables();
  readonly docker: MemoryDocker | undefined;
  host = new MemoryHost(BOOT);
  /** Numbers that the host has for the containers' network namespaces. */
  readonly #namespaces = new Map<ContainerId, number>();
  config: Config;
  readonly #options: WorldOptions;
  #life: Life | undefined;

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.docker = options.docker === false ? undefined : new MemoryDocker(200);
    this.config = {
      ...loadConfig([], {}),
      vfPool: 2,
      vfLimit: 64,
      addressReuseDelayMs: 0,
      ...options.config,
    };
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.start();
    return world;
  }

  /** @param changes what the configuration says otherwise from now on. */
  async start(changes: Partial<Config> = {}): Promise<void> {
    this.config = { ...this.config, ...changes };
    this.#life = await Life.begin(this, this.#options);
  }

  /** The daemon stops in order. */
  async stop(): Promise<void> {
    await this.#life?.stop();
    this.#life = undefined;
  }

  /** `kill -9`: nothing that it still does reaches the world, nothing is cleaned up. */
  kill(): void {
    this.life.kill();
    this.#life = undefined;
  }

  /** The machine starts again: devices and tables are gone, the disk stays. */
  reboot(): void {
    this.kill();
    this.host = new MemoryHost("00000000-0000-4000-8000-000000000002");
    this.#namespaces.clear();
    for (const rows of Object.values(this.tables.rows)) rows.clear();
    this.tables.attached.clear();
    this.tables.used = false;
  }

  /** The process that owns the data plane dies; the next call finds another, with nothing in it. */
  loseDataplane(dumpsThatFail = 0): void {
    for (const rows of Object.values(this.tables.rows)) rows.clear();
    this.tables.attached.clear();
    this.life.operations.lose(dumpsThatFail);
  }

  get life(): Life {
    if (this.#life === undefined) throw new Error("the daemon does not run");
    return this.#life;
  }

  /** Calls a method of the plugin protocol; rejects with the error that Docker would be told. */
  async call(method: string, body: object): Promise<Record<string, unknown>> {
    return methodNamed(method)(this.life.engine.drivers, body);
  }

  status(): Promise<StatusDocument> {
    return this.life.engine.view.status();
  }

  networks(): Promise<readonly NetworkDocument[]> {
    return this.life.engine.view.networks();
  }

  async endpoint(id: EndpointId): Promise<EndpointDocument | undefined> {
    return (await this.life.engine.view.endpoints()).find((endpoint) => endpoint.id === id);
  }

  get log(): readonly LogEntry[] {
    return this.life.log.entries;
  }

  rows<Table extends Row["table"]>(table: Table): readonly Extract<Row, { table: Table }>[] {
    return [...this.tables.rows[table].values()] as Extract<Row, { table: Table }>[];
  }

  allRows(): readonly Row[] {
    return Object.values(this.tables.rows).flatMap((rows) => [...rows.values()]);
  }

  /** Keys on the disk below a prefix. */
  keys(prefix: string): readonly string[] {
    return [...this.disk.rows.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async devices(): Promise<readonly string[]> {
    return (await this.host.links("hy")).map(({ name }) => name).sort();
  }

  /** `docker network create`, with names and subnets as the test needs them. */
  async createNetwork(id: NetworkId, subnets: readonly string[], more: NetworkSettings = {}): Promise<void> {
    await this.call("NetworkDriver.CreateNetwork", networkRequest(id, subnets, more));
    const name = more.name ?? id.replace(/0+$/, "");
    const prefixes = subnets.map((subnet) => parsePrefix(subnet));
    this.docker?.addNetwork({
      id,
      name,
      driver: "hyperion",
      ipamDriver: "default",
      subnets: prefixes,
    });
  }

  /** RequestAddress as an engine from 29 on sends it, with the name of the container. */
  async requestAddress(subnet: string, containerName: string): Promise<{ readonly Address: string }> {
    const pool = { AddressSpace: "hyperion-local", Pool: subnet, SubPool: "", V6: false, Options: {} };
    const { PoolID } = await this.call("IpamDriver.RequestPool", pool);
    const Options = { "com.docker.network.endpoint.name": containerName };
    const reply = await this.call("IpamDriver.RequestAddress", { PoolID, Address: "", Options });
    return { Address: String(reply.Address) };
  }

  /** CreateEndpoint with these addresses, as an engine does that chose them itself. */
  createEndpoint(
    networkId: NetworkId,
    endpointId: EndpointId,
    given: Readonly<Record<string, string>>,
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, unknown>> {
    return this.call("NetworkDriver.CreateEndpoint", {
      NetworkID: networkId,
      EndpointID: endpointId,
      Interface: given,
      Options: options,
    });
  }

  /**
   * What Docker does in `docker run` after CreateEndpoint: it lists the endpoint, sends the Join, moves the device
   * and says so. When the Join is refused, it takes the endpoint away again.
   */
  async joinContainer(networkId: NetworkId, endpointId: EndpointId, containerId: ContainerId): Promise<void> {
    this.docker?.createEndpoint(networkId, endpointId, this.docker.nameOf(containerId));
    const ref = { NetworkID: networkId, EndpointID: endpointId };
    const sandbox = { SandboxKey: `/var/run/docker/netns/${containerId.slice(0, 12)}`, Options: {} };
    const joined = await this.call("NetworkDriver.Join", { ...ref, ...sandbox }).catch(async (error) => {
      await this.call("NetworkDriver.Leave", ref).catch(() => {});
      await this.call("NetworkDriver.DeleteEndpoint", ref).catch(() => {});
      this.docker?.disconnectEndpoint(networkId, endpointId);
      throw error;
    });
    const { SrcName } = joined.InterfaceName as { SrcName: string };
    this.host.moveAway(SrcName, this.#namespaceOf(containerId));
    this.docker?.connectEndpoint(networkId, endpointId, containerId);
  }

  /** Docker makes a container's link to docker_gwbridge, both ends here. Returns the index of ours. */
  async makeWayOut(name: string): Promise<number> {
    const bridge = "docker_gwbridge";
    if ((await this.host.link(bridge)) === undefined) this.host.addBridge(bridge);
    const port = await this.host.createVf(`${name}c`, name, 1500);
    this.host.enslave(name, bridge);
    return port;
  }

  /** Docker moves the other end of a {@link makeWayOut} into a container. */
  leadOut(name: string, containerId: ContainerId): void {
    this.host.moveAway(`${name}c`, this.#namespaceOf(containerId));
  }

  #namespaceOf(containerId: ContainerId): number {
    const known = this.#namespaces.get(containerId) ?? this.host.newNamespace();
    this.#namespaces.set(containerId, known);
    return known;
  }
}

export interface NetworkSettings {
  readonly name?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
}

/** The body of a CreateNetwork as libnetwork writes it. */
export function networkRequest(
  id: NetworkId,
  subnets: readonly string[],
  more: NetworkSettings = {},
): object {
  const data = (family: 4 | 6) =>
    subnets
      .map((subnet) => parsePrefix(subnet))
      .filter((prefix) => prefixFamily(prefix) === family)
      .map((prefix) => ({ AddressSpace: "LocalDefault", Pool: prefix, Gateway: "", AuxAddresses: null }));
  return {
    NetworkID: id,
    Options: {
      "com.docker.network.generic": more.options ?? {},
      ...(more.internal === true && { "com.docker.network.internal": true }),
    },
    IPv4Data: data(4),
    IPv6Data: data(6),
  };
}

/** One daemon, from start to end. */
class Life {
  readonly engine: Engine;
  readonly log: ReturnType<typeof recordingLog>;
  readonly store: Door<Store>;
  readonly host: Door<Host>;
  readonly dataplane: Door<Dataplane>;
  /** Behind {@link dataplane}: lets single operations of a batch fail, and counts them. */
  readonly operations: FaultyDataplane;
  readonly #closers: Closer[];

  private constructor(
    engine: Engine,
    log: ReturnType<typeof recordingLog>,
    doors: Pick<Life, "store" | "host" | "dataplane" | "operations">,
    closers: Closer[],
  ) {
    this.engine = engine;
    this.log = log;
    this.store = doors.store;
    this.host = doors.host;
    this.dataplane = doors.dataplane;
    this.operations = doors.operations;
    this.#closers = closers;
  }

  static async begin(world: World, options: WorldOptions): Promise<Life> {
    const log = recordingLog();
    const closers: Closer[] = [];
    const refused = (code: "E501" | "E601" | "E709") => () =>
      new HyperionError(code, { operation: "work", device: "hyr0", reason: "Cannot allocate memory" });
    const store = new Door<Store>(new MemoryStore(world.disk), ["transaction"], refused("E709"));
    const host = new Door<Host>(
      world.host,
      ["createVf", "deleteLinks", "setMtu", "link", "links"],
      refused("E601"),
    );
    const operations = new FaultyDataplane(new Small(world.tables, options));
    const dataplane = new Door<Dataplane>(operations, ["attach", "detach", "apply"], refused("E501"));
    const ground = {
      host: host.front,
      store: store.front,
      dataplane: dataplane.front,
      docker: world.docker as Docker | undefined,
      bootId: await world.host.bootId(),
      defaultMtuBytes: 1500,
    };
    const logs = { log, packetLog: log, hub: new EventHub() };
    const engine = await assemble(ground, world.config, logs, "0.0.0", closers);
    engine.followDocker();
    return new Life(engine, log, { store, host, dataplane, operations }, closers);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  kill(): void {
    for (const door of [this.store, this.host, this.dataplane]) door.cut();
    // A dead process has no timers; with the doors cut, stopping does nothing else.
    for (const close of this.#closers.splice(0).reverse()) void close();
  }
}

/** A data plane with less room than the ABI allows. */
class Small extends MemoryDataplane {
  declare readonly capabilities: Dataplane["capabilities"];

  constructor(tables: MemoryTables, { networksMax, endpointsMax, backend }: WorldOptions) {
    super(tables);
    this.capabilities = {
      ...this.capabilities,
      ...(networksMax !== undefined && { networksMax }),
      ...(endpointsMax !== undefined && { endpointsMax }),
      ...(backend !== undefined && { backend }),
    };
  }
}

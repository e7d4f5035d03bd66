import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { IdPool } from "./base/id-pool.ts";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/options.ts";
import { type Attribution, NO_ATTRIBUTION } from "./driver/attribution.ts";
import { Directory } from "./driver/directory.ts";
import { HyperionDriver } from "./driver/driver.ts";
import { Endpoints } from "./driver/endpoints.ts";
import { FactsStore } from "./driver/facts-store.ts";
import { Liveness } from "./driver/liveness.ts";
import { Networks } from "./driver/networks.ts";
import { SWEEP_GRACE_MS, Sweep } from "./driver/sweep.ts";
import { VfPool } from "./driver/vf-pool.ts";
import type { DockerObservation } from "./identity/directory.ts";
import { Identity } from "./identity/identity.ts";
import { Ipam } from "./ipam/ipam.ts";
import { HyperionError, reasonOf } from "./model/errors.ts";
import { ENDPOINT_INDEX_MAX, NETWORK_INDEX_MAX } from "./model/ids.ts";
import { DaemonView } from "./observe/daemon-view.ts";
import type { EventHub } from "./observe/event-hub.ts";
import { factsNames } from "./observe/facts-names.ts";
import { PacketFeed } from "./observe/packet-feed.ts";
import { traceCalls } from "./observe/trace.ts";
import { Compiler } from "./pipeline/index.ts";
import type { Dataplane } from "./platform/dataplane/dataplane.ts";
import { NativeDataplane } from "./platform/dataplane/native/native-dataplane.ts";
import type { Docker } from "./platform/docker/docker.ts";
import { DockerodeDocker } from "./platform/docker/dockerode/dockerode.ts";
import type { Host } from "./platform/host/host.ts";
import { NativeHost } from "./platform/host/native/native-host.ts";
import { NativeLibrary } from "./platform/native/library.ts";
import { LmdbStore } from "./platform/store/lmdb/store.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { createAdminApp } from "./server/admin-app.ts";
import { type ListenTarget, listen } from "./server/listener.ts";
import { createPluginApp } from "./server/plugin-app.ts";
import { inheritedSocket } from "./server/socket-activation.ts";

/** MTU of networks where neither `--underlay` nor `-o hyperion.mtu` says: Ethernet's (IEEE 802.3). */
const MTU_DEFAULT_BYTES = 1500;
/** Outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348 §5). */
const ENCAPSULATION_BYTES = 50;

export interface Daemon {
  /** Stops listening, finishes what is under way and lets go. Containers keep their networks. */
  stop(): Promise<void>;
}

/** Where the daemon says what happens: the log, and those who follow events. */
export interface DaemonLogs {
  /** Goes to the log's lines and, as events, to the hub. */
  readonly log: Log;
  /** For packets that rules ask to log, which the hub has already: goes to the lines alone. */
  readonly packetLog: Log;
  readonly hub: EventHub;
}

/** What the parts have in common: the doors, and the facts behind them. */
interface Ground extends DaemonLogs {
  readonly config: Config;
  readonly host: Host;
  readonly dataplane: Dataplane;
  readonly docker: Docker | undefined;
  readonly facts: FactsStore;
  readonly ipam: Ipam;
  readonly liveness: Liveness;
  readonly bootId: string;
  readonly defaultMtuBytes: number;
}

/**
 * The daemon, put together: reads back the store, the data plane and the host, makes them agree, and
 * only then listens. Anything that fails on the way is undone, and says what to do (E5xx to E7xx).
 */
export async function startDaemon(config: Config, version: string, logs: DaemonLogs): Promise<Daemon> {
  const { log } = logs;
  const startedAtMs = Date.now();
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(close)
        .catch((error) => log.error("daemon.stop", `stopping: ${reasonOf(error)}`));
    }
  };
  try {
    const ground = await openGround(config, logs, closers);
    await run(ground, version, startedAtMs, closers);
    const { networks, endpoints } = ground.facts.facts;
    log.info("daemon.ready", `Hyperion ${version} is ready on ${config.pluginSocket}`, {
      networks: networks.size,
      endpoints: endpoints.size,
      adopted: ground.dataplane.capabilities.adopted,
      startupMs: Date.now() - startedAtMs,
    });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Opens the doors and reads the facts back. Nothing is changed yet. */
async function openGround(
  config: Config,
  logs: DaemonLogs,
  closers: (() => Promise<void> | void)[],
): Promise<Ground> {
  const library = NativeLibrary.load();
  const host: Host = traceCalls("host", new NativeHost(library));
  await makeStateDirectory(config.stateDir);
  closers.push(await host.lock(join(config.stateDir, "lock")));
  const defaultMtuBytes = await mtuOf(config.underlay, host);
  const store = traceCalls("store", await LmdbStore.open(config.stateDir));
  closers.push(() => store.close());
  const facts = await FactsStore.open(store);
  const bootId = await host.bootId();
  const liveness = new Liveness({ facts, host, bootId, nowMs: Date.now });
  const ipam = await Ipam.open(store, {
    defaultPools: config.addressPools,
    addressReuseDelayMs: config.addressReuseDelayMs,
    isInUse: (ip) => liveness.isInUse(ip),
  });
  const settings = {
    url: config.dataplane,
    pinPath: config.bpfPath,
    connectionsMax: config.connectionsMax,
  };
  const dataplane = traceCalls("dataplane", await NativeDataplane.open(library, settings));
  closers.push(() => dataplane.close());
  const docker =
    config.dockerHost === undefined
      ? undefined
      : traceCalls("docker", new DockerodeDocker(config.dockerHost));
  return {
    ...logs,
    config,
    host,
    dataplane,
    docker,
    facts,
    ipam,
    bootId,
    liveness,
    defaultMtuBytes,
  };
}

async function run(
  ground: Ground,
  version: string,
  startedAtMs: number,
  closers: (() => Promise<void> | void)[],
): Promise<void> {
  const {
    config,
    log,
    packetLog,
    hub,
    host,
    dataplane,
    docker,
    facts,
    ipam,
    liveness,
    bootId,
    defaultMtuBytes,
  } = ground;
  const nowMs = () => Date.now();

  const reconciler = await openReconciler(ground);
  closers.push(() => reconciler.stop());
  const vfs = new VfPool({
    host,
    dataplane,
    warm: config.vfPool,
    limit: config.vfLimit,
    mtuBytes: defaultMtuBytes,
    log,
  });
  closers.push(() => vfs.close());
  const lost = await vfs.adopt([...facts.facts.endpoints.values()]);

  const networks = new Networks({
    facts,
    reconciler,
    indices: networkIndices(facts),
    defaultMtuBytes,
    nowMs,
  });
  const directory = new Directory({ facts, reconciler, log, nowMs, observed: (seen) => void tidyUp(seen) });
  const identity = docker && new Identity(docker, log, directory, isOurs(driverName(config)));
  const attribution: Attribution = identity ?? NO_ATTRIBUTION;
  const endpoints = new Endpoints({
    facts,
    networks,
    reconciler,
    liveness,
    vfs,
    attribution,
    nameOf: (ip) => ipam.endpointName(ip),
    assigned: (ip) => ipam.assigned(ip),
    rejectLabelErrors: config.onLabelError === "reject",
    indices: endpointIndices(facts),
    bootId,
    nowMs,
    log,
  });
  const sweep = new Sweep({ facts, networks, endpoints, bootId, log });
  const tidyUp = (seen: DockerObservation) => tidy(seen, sweep, ipam, log);
  await sweep.lost(lost);
  await reconciler.settle();

  const names = () => factsNames(facts.facts, reconciler.desired);
  const feed = new PacketFeed({ dataplane, hub, names, log: packetLog });
  closers.push(() => feed.close());
  feed.start();
  const view = new DaemonView({
    version,
    startedAtMs,
    facts: () => facts.facts,
    desired: () => reconciler.desired,
    dataplane,
    docker: () => dockerStatus(docker, identity),
    vfs: () => ({ used: vfs.counts.inUse, warm: vfs.counts.warm, limit: vfs.counts.limit }),
    reconciled: () => reconciler.isSettled,
    reconcile: () => reconciler.counts,
    events: hub,
  });
  const driver = new HyperionDriver({ networks, endpoints, attribution, defaultMtuBytes, log });
  await listenAll(config, log, createPluginApp({ drivers: { network: driver, ipam }, log }), view, closers);
  identity?.start();
  if (identity !== undefined) closers.push(() => identity.stop());
}

/** Reads the data plane back, makes it what the facts say, and puts today's programs on every port. */
async function openReconciler({ config, log, dataplane, facts, docker }: Ground): Promise<Reconciler> {
  const settings = {
    defaultPosture: config.posture,
    identityLabels: config.identityLabels,
    requireContainer: docker !== undefined,
  };
  return Reconciler.open({
    dataplane,
    newCompile: () => {
      const compiler = new Compiler(settings);
      return (current, numbering) => compiler.compile(current, numbering);
    },
    facts: () => facts.facts,
    log,
  });
}

async function listenAll(
  config: Config,
  log: Log,
  plugin: ReturnType<typeof createPluginApp>,
  view: DaemonView,
  closers: (() => Promise<void> | void)[],
): Promise<void> {
  const stopping = new AbortController();
  const admin = await listen(createAdminApp({ view, log, stopping: stopping.signal }), {
    path: config.adminSocket,
  });
  closers.push(() => admin.close());
  closers.push(() => stopping.abort());
  const inherited = inheritedSocket(process.env, process.pid);
  const target: ListenTarget = inherited === undefined ? { path: config.pluginSocket } : { fd: inherited };
  const listener = await listen(plugin, target);
  closers.push(() => listener.close());
}

/** What Docker has against what is on the books: endpoints, networks and addresses that nobody owns go. */
async function tidy(seen: DockerObservation, sweep: Sweep, ipam: Ipam, log: Log): Promise<void> {
  try {
    await sweep.unlisted(seen);
    const graceMs = SWEEP_GRACE_MS + Date.now() - seen.startedAtMs;
    const addresses = seen.networks.flatMap(({ attachments }) =>
      attachments.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
    );
    const swept: string[] = [
      ...(await ipam.sweep(new Set(addresses.filter((ip) => ip !== undefined)), graceMs)),
    ];
    // A network that is listed without its subnets says that Docker keeps them to itself.
    if (seen.networks.every(({ subnets }) => subnets.length > 0)) {
      const known = new Set(seen.networks.flatMap(({ subnets }) => subnets));
      swept.push(...(await ipam.sweepPools(known, graceMs)));
    }
    for (const what of swept) {
      log.warn("ipam.swept", `${what} is given back: Docker does not know it any more`);
    }
  } catch (error) {
    log.error("sweep.failed", `what nobody owns could not be taken away: ${reasonOf(error)}`);
  }
}

async function dockerStatus(docker: Docker | undefined, identity: Identity | undefined) {
  if (docker === undefined) return { host: null, connected: false, version: null };
  const connected = identity?.connected ?? false;
  const version = connected ? await docker.version().catch(() => null) : null;
  return { host: docker.host, connected, version };
}

/** Docker knows the driver by the name of its socket file. */
function driverName(config: Config): string {
  return basename(config.pluginSocket, ".sock");
}

/** Networks of our driver, and those of others that take their addresses from us. */
function isOurs(name: string) {
  return ({ driver, ipamDriver }: { driver: string; ipamDriver: string }) =>
    driver === name || ipamDriver === name;
}

async function makeStateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HyperionError("E705", { path, reason: reasonOf(error) }, { cause: error });
  }
}

async function mtuOf(underlay: string | undefined, host: Host): Promise<number> {
  if (underlay === undefined) return MTU_DEFAULT_BYTES;
  const link = await host.link(underlay);
  if (link === undefined) throw new HyperionError("E602", { device: underlay });
  return link.mtuBytes - ENCAPSULATION_BYTES;
}

function networkIndices(facts: FactsStore): IdPool {
  const indices = new IdPool(1, NETWORK_INDEX_MAX);
  for (const { index } of facts.facts.networks.values()) indices.claim(index);
  return indices;
}

function endpointIndices(facts: FactsStore): IdPool {
  const indices = new IdPool(1, ENDPOINT_INDEX_MAX);
  for (const { index } of facts.facts.endpoints.values()) indices.claim(index);
  return indices;
}

import { basename } from "node:path";
import { applyPolicyFiles, PolicyAdmin, type PolicyAdministration, PolicyBook } from "./admin/index.ts";
import { IdPool } from "./base/id-pool.ts";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/options.ts";
import { Admission } from "./driver/admission.ts";
import { type Attribution, NO_ATTRIBUTION } from "./driver/attribution.ts";
import { Directory } from "./driver/directory.ts";
import { HyperionDriver } from "./driver/driver.ts";
import { Endpoints } from "./driver/endpoints.ts";
import { FactsStore } from "./driver/facts-store.ts";
import { Gateways } from "./driver/gateways.ts";
import { Liveness } from "./driver/liveness.ts";
import { Networks } from "./driver/networks.ts";
import { SWEEP_GRACE_MS, Sweep } from "./driver/sweep.ts";
import { VfPool } from "./driver/vf-pool.ts";
import type { DockerObservation } from "./identity/directory.ts";
import { Identity } from "./identity/identity.ts";
import { Ipam } from "./ipam/ipam.ts";
import { type HyperionError, reasonOf } from "./model/errors.ts";
import type { Facts } from "./model/facts.ts";
import { ENDPOINT_INDEX_MAX, NETWORK_INDEX_MAX } from "./model/ids.ts";
import type { AdminView } from "./observe/admin-view.ts";
import { DaemonView } from "./observe/daemon-view.ts";
import type { EventHub } from "./observe/event-hub.ts";
import { factsNames } from "./observe/facts-names.ts";
import { FlowBook } from "./observe/flow-book.ts";
import { PacketFeed } from "./observe/packet-feed.ts";
import { Compiler, type Desired, type Settings } from "./pipeline/index.ts";
import type { Dataplane } from "./platform/dataplane/dataplane.ts";
import type { Docker, DockerNetwork } from "./platform/docker/docker.ts";
import type { Host } from "./platform/host/host.ts";
import type { Store } from "./platform/store/store.ts";
import type { SeenFlow } from "./policy/index.ts";
import type { Drivers } from "./protocol/methods.ts";
import { IDENTITY_MAX, Numbers, POLICY_MAX } from "./reconcile/numbering.ts";
import { Reconciler } from "./reconcile/reconciler.ts";

/** What the engine stands on: the four doors, open, and what was read of the machine behind them. */
export interface Ground {
  readonly host: Host;
  readonly dataplane: Dataplane;
  readonly store: Store;
  /** Undefined: without Docker's API there are no labels, and driver_opts are all the policy. */
  readonly docker: Docker | undefined;
  readonly bootId: string;
  /** MTU of networks that set none. */
  readonly defaultMtuBytes: number;
}

/** Where the daemon says what happens: the log, and those who follow events. */
export interface DaemonLogs {
  /** Goes to the log's lines and, as events, to the hub. */
  readonly log: Log;
  /** For packets that rules ask to log, which the hub has already: goes to the lines alone. */
  readonly packetLog: Log;
  readonly hub: EventHub;
}

/** What can be asked of the daemon; the servers put it on sockets. */
export interface Engine {
  /** A live view of the networks and endpoints. */
  readonly facts: Facts;
  readonly drivers: Drivers;
  readonly view: AdminView;
  readonly policies: PolicyAdministration;
  /** Begins to follow Docker. Not before the sockets listen: the engine may be waiting for them. */
  followDocker(): void;
}

/** Takes back one step of a start, or of a life: called in reverse order. */
export type Closer = () => Promise<void> | void;

/**
 * Puts the engine together on open doors: reads the facts and the data plane back, makes them agree
 * and takes away what did not survive. `closers` gets what ends the parts; the doors are the
 * caller's. Throws E170, E501, E601, E709.
 */
export async function assemble(
  ground: Ground,
  config: Config,
  logs: DaemonLogs,
  version: string,
  closers: Closer[],
): Promise<Engine> {
  const { host, dataplane, store, docker, bootId, defaultMtuBytes } = ground;
  const { log, packetLog, hub } = logs;
  const startedAtMs = Date.now();
  const nowMs = () => Date.now();

  const book = await PolicyBook.open(store, nowMs);
  for (const name of await applyPolicyFiles(book, config.policyFiles)) {
    log.info("policy.changed", `admin policy ${name} is at version ${book.version(name)}`, { policy: name });
  }
  const facts = await FactsStore.open(store, book.policies);
  const liveness = new Liveness({ facts, host, bootId, nowMs });
  const ipam = await Ipam.open(store, {
    defaultPools: config.addressPools,
    addressReuseDelayMs: config.addressReuseDelayMs,
    isInUse: (ip) => liveness.isInUse(ip),
  });
  const settings = compilerSettings(ground, config);
  const settle = () => void reconciler.settle().catch(() => {}); // it has said so, and tries again
  const gateways = new Gateways({ host, dataplane, facts, changed: settle, nowMs, log });
  await gateways.open();
  const reconciler = await openReconciler(ground, settings, facts, log, async () => {
    await vfs.attachAll();
    await gateways.attachAll();
  });
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

  const networks = new Networks({
    facts,
    reconciler,
    indices: networkIndices(facts, dataplane),
    defaultMtuBytes,
    nowMs,
  });
  const directory = new Directory({ facts, reconciler, log, nowMs, observed: (seen) => void tidyUp(seen) });
  const { identityLabels } = config;
  const ours = isOurs(driverName(config), facts);
  const identity = docker && new Identity({ docker, log, directory, isOurs: ours, identityLabels });
  const attribution: Attribution = identity ?? NO_ATTRIBUTION;
  const rejectLabelErrors = config.onLabelError === "reject";
  const admission = new Admission({ facts, reconciler, attribution, settings, rejectLabelErrors });
  const endpoints = new Endpoints({
    facts,
    networks,
    reconciler,
    liveness,
    vfs,
    attribution,
    nameOf: (ip) => ipam.endpointName(ip),
    assigned: (ip) => ipam.assigned(ip),
    admission,
    indices: endpointIndices(facts, dataplane),
    bootId,
    nowMs,
    log,
  });
  const sweep = new Sweep({ facts, networks, endpoints, bootId, log });
  const tidyUp = (seen: DockerObservation) => tidy(seen, sweep, ipam, log);
  await adoptVfs(vfs, facts, sweep, bootId);
  closers.push(() => gateways.stop());
  await gateways.follow();
  await reconciler.settle();

  const names = () => factsNames(facts.facts, reconciler.desired);
  const lost = (error: HyperionError) => reconciler.lost(error);
  const flows = await FlowBook.open({ store, log, nowMs });
  closers.push(() => flows.close());
  flows.start();
  const learn = (flow: SeenFlow) => flows.add(flow);
  const feed = new PacketFeed({ dataplane, hub, names, learn, log: packetLog, lost });
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
    readBack: () => reconciler.readBack(),
    reconcile: () => reconciler.counts,
    events: hub,
    flows,
  });
  const network = new HyperionDriver({
    networks,
    endpoints,
    attribution,
    admission,
    gateways,
    defaultMtuBytes,
    log,
  });
  closers.push(() => identity?.stop());
  const policies = new PolicyAdmin({
    book,
    facts: () => facts.facts,
    compile: (other) => compileAlone(settings, other),
    settle: () => reconciler.settleAll(),
    log,
  });
  return {
    facts: facts.facts,
    drivers: { network, ipam },
    view,
    policies,
    followDocker: () => identity?.start(),
  };
}

/**
 * Goes on with the VFs of this boot; endpoints whose VF is gone are taken away, together. A container that
 * still has another of its VFs has deleted this one itself: what is decided about it is still to be.
 */
async function adoptVfs(vfs: VfPool, facts: FactsStore, sweep: Sweep, bootId: string): Promise<void> {
  const [ours, earlier] = partition([...facts.facts.endpoints.values()], (one) => one.bootId === bootId);
  const lost = new Set(await vfs.adopt(ours));
  const running = new Set(ours.filter((one) => !lost.has(one)).map(({ container }) => container?.id));
  const gone = [...lost].filter(({ container }) => container === undefined || !running.has(container.id));
  await sweep.lost([...earlier, ...gone]);
}

function compilerSettings({ dataplane, docker }: Ground, config: Config): Settings {
  return {
    defaultPosture: config.posture,
    identityLabels: config.identityLabels,
    trustImageLabels: config.trustImageLabels,
    requireContainer: docker !== undefined,
    hardware: dataplane.capabilities.backend === "doca",
  };
}

/** What facts would come to, with numbers of their own. */
function compileAlone(settings: Settings, facts: Facts): Desired {
  const identities = new Numbers("identity", IDENTITY_MAX);
  const policies = new Numbers("policy", POLICY_MAX);
  return new Compiler(settings).compile(facts, {
    identity: (key) => identities.of(key),
    policy: (key) => policies.of(key),
  });
}

/** Reads the data plane back; nothing is changed yet. */
async function openReconciler(
  { dataplane }: Ground,
  settings: Settings,
  facts: FactsStore,
  log: Log,
  reattach: () => Promise<void>,
): Promise<Reconciler> {
  return Reconciler.open({
    dataplane,
    newCompile: () => {
      const compiler = new Compiler(settings);
      return (current, numbering) => compiler.compile(current, numbering);
    },
    facts: () => facts.facts,
    reattach,
    log,
  });
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

/**
 * Networks of our driver, and those of others that take their addresses from us. One that is on the books is
 * ours by whatever name it was made: containers of a driver that was renamed go on running.
 */
function isOurs(name: string, facts: FactsStore) {
  return ({ id, driver, ipamDriver }: DockerNetwork) =>
    driver === name || ipamDriver === name || facts.network(id) !== undefined;
}

/** Numbers for as many networks as both the ABI and this data plane have room for. */
function networkIndices({ facts }: FactsStore, { capabilities }: Dataplane): IdPool {
  const indices = new IdPool(1, Math.min(NETWORK_INDEX_MAX, capabilities.networksMax));
  for (const { index } of facts.networks.values()) indices.claim(index);
  return indices;
}

function endpointIndices({ facts }: FactsStore, { capabilities }: Dataplane): IdPool {
  const indices = new IdPool(1, Math.min(ENDPOINT_INDEX_MAX, capabilities.endpointsMax));
  for (const { index } of facts.endpoints.values()) indices.claim(index);
  return indices;
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}

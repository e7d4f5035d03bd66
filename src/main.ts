import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/options.ts";
import { assemble, type Closer, type DaemonLogs, type Engine, type Ground } from "./engine.ts";
import { HyperionError, reasonOf } from "./model/errors.ts";
import { traceCalls } from "./observe/trace.ts";
import { openDataplane } from "./platform/dataplane/split/open.ts";
import { DockerodeDocker } from "./platform/docker/dockerode/dockerode.ts";
import type { Host } from "./platform/host/host.ts";
import { NativeHost } from "./platform/host/native/native-host.ts";
import { demandPrivileges } from "./platform/host/native/privileges.ts";
import { NativeLibrary } from "./platform/native/library.ts";
import { LmdbStore } from "./platform/store/lmdb/store.ts";
import { createAdminApp } from "./server/admin-app.ts";
import { type ListenTarget, listen } from "./server/listener.ts";
import { createPluginApp } from "./server/plugin-app.ts";
import { inheritedSocket } from "./server/socket-activation.ts";
import { clearTheWay } from "./server/socket-file.ts";
import { claimNamespace } from "./server/sole-daemon.ts";

export type { DaemonLogs } from "./engine.ts";

/** MTU of networks where neither `--underlay` nor `-o hyperion.mtu` says: Ethernet's (IEEE 802.3). */
const MTU_DEFAULT_BYTES = 1500;
/** Outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348 §5). */
const ENCAPSULATION_BYTES = 50;

export interface Daemon {
  /** Stops listening, finishes what is under way and lets go. Containers keep their networks. */
  stop(): Promise<void>;
}

/**
 * The daemon, put together: reads back the store, the data plane and the host, makes them agree, and
 * only then listens. Anything that fails on the way is undone, and says what to do (E5xx to E7xx).
 */
export async function startDaemon(config: Config, version: string, logs: DaemonLogs): Promise<Daemon> {
  const { log } = logs;
  const startedAtMs = Date.now();
  const closers: Closer[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(close)
        .catch((error) => log.error("daemon.stop", `stopping: ${reasonOf(error)}`));
    }
  };
  try {
    const ground = await openGround(config, closers);
    const engine = await assemble(ground, config, logs, version, closers);
    await listenAll(engine, config, log, closers);
    engine.followDocker();
    const { networks, endpoints } = engine.facts;
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

/**
 * Opens the doors. What can be refused without touching anything is asked first, so that a daemon
 * that cannot start leaves no trace.
 */
async function openGround(config: Config, closers: Closer[]): Promise<Ground> {
  demandPrivileges();
  const library = NativeLibrary.load();
  const host: Host = traceCalls("host", new NativeHost(library));
  const defaultMtuBytes = await mtuOf(config.underlay, host);
  await makeStateDirectory(config.stateDir);
  closers.push(await host.lock(join(config.stateDir, "lock")));
  closers.push(await claimNamespace());
  await clearTheWay(config.adminSocket);
  if (inheritedSocket(process.env, process.pid) === undefined) await clearTheWay(config.pluginSocket);
  const store = traceCalls("store", await LmdbStore.open(config.stateDir));
  closers.push(() => store.close());
  const settings = {
    url: config.dataplane,
    pinPath: config.bpfPath,
    // Not beside the admin socket: a directory that goes when the daemon stops would hide the agent.
    runPath: join(config.stateDir, "agent"),
    connectionsMax: config.connectionsMax,
  };
  const dataplane = traceCalls("dataplane", await openDataplane(library, settings));
  closers.push(() => dataplane.close());
  const docker =
    config.dockerHost === undefined
      ? undefined
      : traceCalls("docker", new DockerodeDocker(config.dockerHost));
  return { host, dataplane, store, docker, bootId: await host.bootId(), defaultMtuBytes };
}

async function listenAll(engine: Engine, config: Config, log: Log, closers: Closer[]): Promise<void> {
  const inherited = inheritedSocket(process.env, process.pid);
  const target: ListenTarget = inherited === undefined ? { path: config.pluginSocket } : { fd: inherited };
  const plugin = await listen(createPluginApp({ drivers: engine.drivers, log }), target);
  closers.push(() => plugin.close());
  // Last, so that a daemon whose admin socket answers serves Docker too.
  const stopping = new AbortController();
  const adminApp = createAdminApp({
    view: engine.view,
    policies: engine.policies,
    log,
    stopping: stopping.signal,
  });
  const admin = await listen(adminApp, { path: config.adminSocket });
  closers.push(() => admin.close());
  closers.push(() => stopping.abort());
}

async function makeStateDirectory(path: string): Promise<void> {
  try {
    await makeDirectory(path);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    const reason = errno === undefined ? reasonOf(error) : getSystemErrorMessage(errno);
    throw new HyperionError("E705", { path, reason }, { cause: error });
  }
}

/** As `mkdir -p`; Node's own says "no such file" of a parent that is on a read-only file system. */
async function makeDirectory(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || path === dirname(path)) throw error;
    await makeDirectory(dirname(path));
    await make();
  }
}

async function mtuOf(underlay: string | undefined, host: Host): Promise<number> {
  if (underlay === undefined) return MTU_DEFAULT_BYTES;
  const link = await host.link(underlay);
  if (link === undefined) throw new HyperionError("E602", { device: underlay });
  return link.mtuBytes - ENCAPSULATION_BYTES;
}

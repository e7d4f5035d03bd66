import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localHost, runOk } from "./command.ts";
import { HyperionDaemon } from "./daemon.ts";
import { type Engine, ExistingEngine, type PrivateEngine } from "./engine.ts";

/** Where Docker looks for drivers; the file's name is what `-d` takes. */
export const PLUGIN_SOCKET = "/run/docker/plugins/hyperion.sock";

/** An engine with a Hyperion beside it, and the way back. */
export interface Stage {
  readonly engine: Engine;
  readonly daemon: HyperionDaemon;
  /** Ends what the stage started and removes its files; what it found running stays. */
  close(): Promise<void>;
  /** Lets everything outlive this process; answers the command that ends what the stage started. */
  keep(): Promise<string>;
}

/** A private engine and a Hyperion on its host. */
export async function openPrivateStage(engine: PrivateEngine, args: readonly string[] = []): Promise<Stage> {
  const { host } = engine;
  const daemon = new HyperionDaemon({
    host,
    dockerHost: engine.dockerHost,
    directory: join(host.directory, "hyperion"),
    pluginSocket: PLUGIN_SOCKET,
    bpfPath: "/sys/fs/bpf/hyperion",
    args,
  });
  await daemon.start();
  return {
    engine,
    daemon,
    close: () => engine.close(),
    async keep() {
      daemon.release();
      await engine.keep();
      return `sudo kill ${host.supervisorPid}`;
    },
  };
}

/** A Hyperion for the engine that runs on this machine, with state of its own. */
export async function openExistingStage(dockerHost: string, args: readonly string[] = []): Promise<Stage> {
  const engine = new ExistingEngine(dockerHost);
  const directory = mkdtempSync(join(tmpdir(), "hyperion-demo-"));
  const bpfPath = `/sys/fs/bpf/hyperion-demo-${randomBytes(4).toString("hex")}`;
  const before = await representors();
  const daemon = new HyperionDaemon({
    host: localHost,
    dockerHost,
    directory,
    pluginSocket: PLUGIN_SOCKET,
    bpfPath,
    args,
  });
  const close = async () => {
    await daemon.stop();
    await daemon.stopAgent();
    // Containers keep their networks when the daemon stops; here none is left, so the pool and the pins go.
    for (const device of await representors()) {
      if (!before.has(device)) await runOk(localHost, "ip", ["link", "del", device]);
    }
    rmSync(bpfPath, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await daemon.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    engine,
    daemon,
    close,
    keep() {
      daemon.release();
      const processes = [daemon.pid, daemon.agentPid].filter(Boolean).join(" ");
      return Promise.resolve(`sudo kill ${processes}; sleep 3; sudo rm -r ${bpfPath} ${directory}`);
    },
  };
}

/** The host's ends of the soft VFs that exist now. */
async function representors(): Promise<ReadonlySet<string>> {
  const links = await runOk(localHost, "ip", ["-o", "link", "show", "type", "veth"]);
  return new Set([...links.matchAll(/^\d+: (hyr\d+)[@:]/gm)].map((match) => match[1] ?? ""));
}

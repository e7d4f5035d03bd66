import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type CommandResult, run, runOk } from "../../src/playground/command.ts";
import { HyperionDaemon } from "../../src/playground/daemon.ts";
import { PrivateHost } from "../../src/playground/private-host.ts";
import { lacking, lacksNativeLibrary, lacksRoot } from "../skip.ts";
import { DATAPLANE, DATAPLANE_ARGS } from "./dataplane.ts";

/** True when this machine cannot give the daemon a host of its own, having said so. */
export function lacksYard(): boolean {
  return (
    lacksRoot() ||
    lacksNativeLibrary() ||
    lacking("nsenter", ["/usr/bin/nsenter", "/bin/nsenter"].some(existsSync), "install util-linux")
  );
}

const PLUGIN_SOCKET = "/run/docker/plugins/hyperion.sock";

/** A private host with a daemon on it and no Docker: what the daemon does on its own, good days and bad. */
export class Yard {
  readonly host: PrivateHost;
  readonly daemon: HyperionDaemon;

  private constructor(host: PrivateHost, daemon: HyperionDaemon) {
    this.host = host;
    this.daemon = daemon;
  }

  static async open(...serveArgs: readonly string[]): Promise<Yard> {
    const host = await PrivateHost.open();
    return new Yard(host, daemonOn(host, "hyperion", "none", serveArgs));
  }

  /** Another daemon for the same socket, with files of its own. */
  daemonIn(directory: string, dockerHost = "none"): HyperionDaemon {
    return daemonOn(this.host, directory, dockerHost, ["--vf-pool", "2"]);
  }

  /** The plugin socket, as this machine sees it. */
  get pluginSocket(): string {
    return join(this.host.directory, PLUGIN_SOCKET);
  }

  /** The words of a `hyperion serve` with the daemon's own paths, others put in their place. */
  serveWords(changed: Readonly<Record<string, string>> = {}): readonly string[] {
    const options = {
      "plugin-socket": PLUGIN_SOCKET,
      "admin-socket": this.daemon.adminSocket,
      "state-dir": this.daemon.stateDir,
      "docker-host": "none",
      dataplane: DATAPLANE,
      ...changed,
    };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    return [...HyperionDaemon.command, "serve", ...words];
  }

  /** Runs a program on the host to its end. */
  run(...words: readonly string[]): Promise<CommandResult> {
    const [command = "", ...args] = words;
    return run(this.host, command, args, { timeoutMs: 30_000 });
  }

  sh(script: string): Promise<string> {
    return runOk(this.host, "bash", ["-ec", script]);
  }

  /** Everything of ours that the host has: devices, pins, sockets. */
  traces(): Promise<string> {
    return this.sh(
      "ip -o link show type veth | cut -d: -f1,2; find /sys/fs/bpf -mindepth 1 | sort; find /run -type s | sort",
    );
  }

  /** The host's ends of soft VFs. */
  async representors(): Promise<readonly string[]> {
    const links = await this.sh("ip -o link show type veth");
    return [...links.matchAll(/^\d+: (hyr\d+)[@:]/gm)].map((match) => match[1] ?? "").sort();
  }

  close(): Promise<void> {
    return this.host.close();
  }
}

function daemonOn(
  host: PrivateHost,
  directory: string,
  dockerHost: string,
  args: readonly string[],
): HyperionDaemon {
  return new HyperionDaemon({
    host,
    dockerHost,
    directory: join(host.directory, directory),
    pluginSocket: PLUGIN_SOCKET,
    bpfPath: "/sys/fs/bpf/hyperion",
    args: [...DATAPLANE_ARGS, ...args],
  });
}

/** A yard for one file's tests, gone after them. */
export function useYard(...serveArgs: readonly string[]): () => Yard {
  let yard: Yard | undefined;
  beforeAll(async () => {
    yard = await Yard.open(...serveArgs);
  });
  afterEach(async () => {
    await yard?.daemon.kill("SIGKILL");
  });
  afterAll(async () => {
    await yard?.close();
  });
  return () => {
    if (yard === undefined) throw new Error("the yard is not open yet");
    return yard;
  };
}

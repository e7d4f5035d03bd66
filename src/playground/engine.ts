import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "./answers.ts";
import { type CommandOptions, type CommandResult, type Host, localHost, run, runOk } from "./command.ts";
import { PrivateHost } from "./private-host.ts";

const READY_TIMEOUT_MS = 60_000;

/** A Docker engine that commands can be given to. */
export interface Engine {
  /** As DOCKER_HOST has it. */
  readonly dockerHost: string;
  /** Where the engine runs, and with it Hyperion and the probes. */
  readonly host: Host;
  /** `docker ARGS`; rejects when it fails, answers what it printed. */
  docker(...args: readonly string[]): Promise<string>;
  /** `docker ARGS`, for a caller who expects failure. */
  tryDocker(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** The environment in which docker and compose speak to this engine and to no other. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The engine of this machine that DOCKER_HOST or --docker-host names. */
export class ExistingEngine implements Engine {
  readonly dockerHost: string;
  readonly host: Host = localHost;
  readonly environment: Readonly<Record<string, string | undefined>>;

  constructor(dockerHost: string) {
    this.dockerHost = dockerHost;
    this.environment = { DOCKER_HOST: dockerHost, DOCKER_CONTEXT: undefined };
  }

  docker(...args: readonly string[]): Promise<string> {
    return runOk(localHost, "docker", args, { env: this.environment });
  }

  tryDocker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(localHost, "docker", args, { ...options, env: { ...this.environment, ...options.env } });
  }
}

export interface PrivateEngineOptions {
  /** Added to dockerd's command line, `--live-restore` for instance. */
  readonly daemonArgs?: readonly string[];
}

/**
 * A Docker engine on a {@link PrivateHost}: its own images, containers, bridges, NAT rules and
 * plugins, none of which this machine's own engine or network ever sees.
 */
export class PrivateEngine implements Engine {
  readonly host: PrivateHost;
  readonly dockerHost: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly #daemonArgs: readonly string[];
  #daemon: ChildProcess | undefined;

  private constructor(host: PrivateHost, daemonArgs: readonly string[]) {
    this.host = host;
    this.#daemonArgs = daemonArgs;
    this.dockerHost = `unix://${join(host.directory, "docker.sock")}`;
    const config = join(host.directory, "docker-config");
    mkdirSync(config, { recursive: true });
    this.environment = {
      DOCKER_HOST: this.dockerHost,
      DOCKER_CONTEXT: undefined,
      DOCKER_TLS_VERIFY: undefined,
      DOCKER_CERT_PATH: undefined,
      // The user's own file may put proxies into every container.
      DOCKER_CONFIG: config,
    };
  }

  /** Makes the host and starts the engine on it; ready to serve when this resolves. */
  static async open(options: PrivateEngineOptions = {}): Promise<PrivateEngine> {
    const host = await PrivateHost.open();
    const engine = new PrivateEngine(host, options.daemonArgs ?? []);
    try {
      await engine.start();
    } catch (error) {
      await host.close();
      throw error;
    }
    return engine;
  }

  /** The daemon's log file. */
  get logFile(): string {
    return join(this.host.directory, "dockerd.log");
  }

  /** Starts dockerd, again after {@link kill} or {@link stop}, on the same data. */
  async start(): Promise<void> {
    const at = (name: string) => join(this.host.directory, name);
    const log = openSync(this.logFile, "a");
    const daemon = this.host.spawn(
      "dockerd",
      [
        ...["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("dockerd.pid")],
        ...["-H", this.dockerHost, "--group", "root", "--storage-driver", this.host.storageDriver],
        // With the cgroupfs driver, containers need no systemd and their cgroups go with the host's.
        ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", `/${this.host.name}`],
        ...this.#daemonArgs,
      ],
      // Ctrl-C at the terminal is for whoever started it, who then ends it in order.
      { stdio: ["ignore", log, log], env: { DOCKER_HOST: undefined }, detached: true },
    );
    closeSync(log);
    this.#daemon = daemon;
    let failure: string | undefined;
    daemon.once("error", (error) => {
      failure = error.message;
    });
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await answers(this.dockerHost.slice("unix://".length), "/_ping"))) {
      if (failure !== undefined || daemon.exitCode !== null || daemon.signalCode !== null) {
        throw new Error(`dockerd did not start: ${failure ?? this.#lastWords()}`);
      }
      if (Date.now() > deadline) throw new Error(`dockerd is not ready after 60 s: ${this.#lastWords()}`);
      await sleep(30);
    }
  }

  /** Ends dockerd by a signal and waits for its end. With SIGKILL its containers run on. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    this.host.signal(daemon, signal);
    await ended;
  }

  /** Stops dockerd as a service manager would, and its containers with it. */
  stop(): Promise<void> {
    return this.kill("SIGTERM");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  docker(...args: readonly string[]): Promise<string> {
    return runOk(localHost, "docker", args, { env: this.environment });
  }

  tryDocker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(localHost, "docker", args, { ...options, env: { ...this.environment, ...options.env } });
  }

  /** Ends the engine, its containers and whatever else was started on its host. */
  async close(): Promise<void> {
    await this.host.close();
  }

  /** Lets the engine and its host outlive this process. */
  async keep(): Promise<void> {
    this.#daemon?.unref();
    await this.host.keep();
  }

  #lastWords(): string {
    const lines = readFileSync(this.logFile, "utf8").trim().split("\n");
    return lines.slice(-8).join("\n");
  }
}

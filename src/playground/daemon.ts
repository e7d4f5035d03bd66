import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { answers } from "./answers.ts";
import { type CommandResult, type Host, localHost, run } from "./command.ts";

const READY_TIMEOUT_MS = 30_000;
const AGENT_TIMEOUT_MS = 10_000;

export interface DaemonOptions {
  readonly host: Host;
  readonly dockerHost: string;
  /** Its files: state, sockets, log. Made when missing. */
  readonly directory: string;
  /** As `host` sees it; Docker must look for plugins in its folder. */
  readonly pluginSocket: string;
  readonly bpfPath: string;
  /** Further words of its command line. */
  readonly args?: readonly string[];
  /** The `hyperion` command to run; default: {@link HyperionDaemon.command}. */
  readonly command?: readonly string[];
}

/** What the playground reads of `hyperion endpoints --json`. */
export interface EndpointSummary {
  readonly id: string;
  readonly networkName: string | null;
  readonly container: { readonly name: string } | null;
  readonly mode: string;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly mac: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly representor: string;
}

/** What the playground reads of `hyperion drops --json`. */
export interface DropSummary {
  readonly containerName: string | null;
  readonly reason: string;
  readonly packets: number;
}

/** A `hyperion serve` of the playground, started as its user would: by the command line. */
export class HyperionDaemon {
  readonly adminSocket: string;
  readonly stateDir: string;
  readonly logFile: string;
  readonly #options: DaemonOptions;
  #process: ChildProcess | undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.adminSocket = join(options.directory, "admin.sock");
    this.stateDir = join(options.directory, "state");
    this.logFile = join(options.directory, "serve.log");
  }

  /** The `hyperion` command as a list of words: this very build's. */
  static get command(): readonly string[] {
    const cli = fileURLToPath(new URL(import.meta.url.replace(/playground\/daemon(\.[jt]s)$/, "cli/main$1")));
    return [process.execPath, cli];
  }

  get #command(): readonly string[] {
    return this.#options.command ?? HyperionDaemon.command;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it, again after {@link kill}, on the same state. Ready to serve when this resolves. */
  async start(): Promise<void> {
    const { directory, host, pluginSocket, dockerHost, bpfPath, args = [] } = this.#options;
    mkdirSync(directory, { recursive: true });
    const log = openSync(this.logFile, "a");
    const [program = "", ...words] = this.#command;
    const child = host.spawn(
      program,
      [
        ...[...words, "serve", "--plugin-socket", pluginSocket, "--docker-host", dockerHost],
        ...["--state-dir", this.stateDir, "--admin-socket", this.adminSocket, "--bpf-path", bpfPath],
        ...args,
      ],
      // Ctrl-C at the terminal is for whoever started it, who then ends it in order.
      { stdio: ["ignore", log, log], cwd: "/", detached: true },
    );
    closeSync(log);
    this.#process = child;
    let failure: string | undefined;
    child.once("error", (error) => {
      failure = error.message;
    });
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await answers(this.adminSocket, "/v1/status"))) {
      if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`hyperion serve did not start: ${failure ?? this.lastWords()}`);
      }
      if (Date.now() > deadline) throw new Error(`hyperion serve is not ready: ${this.lastWords()}`);
      await sleep(20);
    }
  }

  /** Ends it by a signal and waits for its end. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    this.#options.host.signal(child, signal);
    await ended;
  }

  stop(): Promise<void> {
    return this.kill("SIGTERM");
  }

  /** The process that holds the NIC for the daemon, if it has one, as the daemon's host numbers it. */
  get agentPid(): number | undefined {
    const lock = join(this.stateDir, "agent/agent.lock");
    return existsSync(lock) ? Number(readFileSync(lock, "utf8")) || undefined : undefined;
  }

  /** Ends the agent, which outlives the daemon, and forwarding with it. On this very host only. */
  async stopAgent(): Promise<void> {
    const pid = this.agentPid;
    if (pid === undefined) return;
    process.kill(pid, "SIGTERM");
    const deadline = Date.now() + AGENT_TIMEOUT_MS;
    while (this.agentPid !== undefined) {
      // it empties its lock last
      if (Date.now() > deadline) throw new Error(`hyperion-agent (pid ${pid}) does not end`);
      await sleep(20);
    }
  }

  /** `hyperion ARGS` against this daemon. */
  run(...args: readonly string[]): Promise<CommandResult> {
    const [program = "", ...words] = this.#command;
    return run(localHost, program, [...words, ...args, "--admin-socket", this.adminSocket]);
  }

  /** `hyperion ARGS --json`, read. Rejects when the command fails. */
  async query<T>(...args: readonly string[]): Promise<T> {
    const result = await this.run(...args, "--json");
    if (result.status !== 0) throw new Error(`hyperion ${args.join(" ")}: ${result.stderr.trim()}`);
    return JSON.parse(result.stdout) as T;
  }

  endpoints(): Promise<readonly EndpointSummary[]> {
    return this.query("endpoints");
  }

  drops(): Promise<readonly DropSummary[]> {
    return this.query("drops");
  }

  /** Waits until this many endpoints are there and none is quarantined. */
  async untilAttributed(count: number, timeoutMs = 15_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const endpoints = await this.endpoints();
      const waiting = endpoints.filter(({ mode }) => mode === "quarantine");
      if (endpoints.length >= count && waiting.length === 0) return;
      if (Date.now() > deadline) {
        const why = waiting.map(({ id, problems }) => `${id.slice(0, 12)}: ${problems.join("; ")}`);
        throw new Error(
          `${endpoints.length} of ${count} endpoints, quarantined: ${why.join(", ") || "none"}`,
        );
      }
      await sleep(50);
    }
  }

  /** Lets it outlive this process. */
  release(): void {
    this.#process?.unref();
  }

  /** The end of its log, for an error message. */
  lastWords(): string {
    return readFileSync(this.logFile, "utf8").trim().split("\n").slice(-12).join("\n");
  }
}

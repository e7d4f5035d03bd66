import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./command.ts";
import { INIT, SUPERVISOR } from "./supervisor.ts";

const READY_TIMEOUT_MS = 15_000;

/** Looks in a row, 20 ms apart, that find process 1 gone before it is taken for dead. */
const ABSENT_LOOKS_MAX = 10;

/** Where dockerd finds iptables and runc, whatever PATH root was given. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A host of its own inside this machine: network, mount and PID namespaces, an empty /run and a BPF
 * filesystem. Nothing of it has a name outside but one temporary directory, so any number of them
 * run side by side, and nothing is left of one when it closes, also when this process is killed.
 */
export class PrivateHost implements Host {
  /** Unique on this machine; also the name of its cgroup. */
  readonly name: string;
  /** Its files. `run/` is what is mounted as /run inside. */
  readonly directory: string;
  /** The storage driver that works here. */
  readonly storageDriver: string;
  /** Process 1 of the host, as this machine numbers it: whose namespaces to enter. */
  readonly pid: number;
  readonly #supervisor: ChildProcess;
  #kept = false;

  private constructor(directory: string, storageDriver: string, pid: number, supervisor: ChildProcess) {
    this.directory = directory;
    this.name = basename(directory);
    this.storageDriver = storageDriver;
    this.pid = pid;
    this.#supervisor = supervisor;
  }

  /** Makes one. Rejects with what the namespaces' making said when the machine does not allow it. */
  static async open(): Promise<PrivateHost> {
    const directory = mkdtempSync(join(tmpdir(), "hyperion-host-"));
    await mkdir(join(directory, "run"));
    const log = openSync(join(directory, "supervisor.log"), "a");
    const supervisor = spawn("bash", ["-c", SUPERVISOR, "hyperion-host", directory, basename(directory)], {
      // A session of its own: Ctrl-C at the terminal must reach us and not who cleans up after us.
      detached: true,
      stdio: ["pipe", log, log],
      env: { ...process.env, PATH: SYSTEM_PATH, HYPERION_INIT: INIT },
    });
    closeSync(log);
    supervisor.stdin?.on("error", () => {});
    const ready = join(directory, "ready");
    const deadline = Date.now() + READY_TIMEOUT_MS;
    let begun = false;
    let absent = 0;
    while (!existsSync(ready)) {
      const alive = supervisor.pid !== undefined && childrenOf(supervisor.pid).length > 0;
      begun ||= alive;
      // The kernel's list of children leaves some out now and then while processes come and go (proc(5)).
      absent = alive ? 0 : absent + 1;
      if ((begun && absent >= ABSENT_LOOKS_MAX) || Date.now() > deadline) {
        const said = existsSync(directory) ? readFileSync(join(directory, "supervisor.log"), "utf8") : "";
        supervisor.stdin?.end();
        throw new Error(
          `the private host's namespaces could not be made: ${said.trim() || "no reason given"}`,
        );
      }
      await sleep(20);
    }
    // bash → (setpriv became) unshare → process 1
    const init = onlyChild(onlyChild(supervisor.pid));
    return new PrivateHost(directory, readFileSync(ready, "utf8").trim(), init, supervisor);
  }

  /** The process that ends this host when it gets SIGTERM, for a host that is kept. */
  get supervisorPid(): number {
    return this.#supervisor.pid ?? 0;
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const enter = ["-t", String(this.pid), "--net", "--mount", "--pid", "--root", "--wd=/", "--"];
    // nsenter forks to enter the PID namespace: when it dies, so must the program.
    const die = ["setpriv", "--pdeathsig", "KILL", "--"];
    const env = { ...process.env, ...options.env };
    return spawn("nsenter", [...enter, ...die, command, ...args], {
      ...options,
      env: { ...env, PATH: `${env.PATH ?? ""}:${SYSTEM_PATH}` },
    });
  }

  signal(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const inner = childrenOf(child.pid)[0];
    if (inner === undefined) child.kill(signal);
    else process.kill(inner, signal);
  }

  /** Lets the host outlive this process. */
  async keep(): Promise<void> {
    this.#kept = true;
    this.#supervisor.stdin?.write("keep\n");
    this.#supervisor.unref();
    // The pipe may close only after the word is read; a closed pipe would end the host.
    await sleep(200);
    this.#supervisor.stdin?.destroy();
  }

  /** Kills everything that runs in the host and removes its files. Idempotent. */
  async close(): Promise<void> {
    const supervisor = this.#supervisor;
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
    const ended = once(supervisor, "exit");
    if (this.#kept) supervisor.kill("SIGTERM");
    else supervisor.stdin?.end();
    await ended;
  }
}

function childrenOf(pid: number): number[] {
  const children: number[] = [];
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8");
      for (const word of text.split(" ")) if (word.trim() !== "") children.push(Number(word));
    }
  } catch {
    // It ended between two looks: no children.
  }
  return children;
}

function onlyChild(pid: number | undefined): number {
  const child = pid === undefined ? undefined : childrenOf(pid)[0];
  if (child === undefined) throw new Error(`process ${pid} of the private host ended early`);
  return child;
}

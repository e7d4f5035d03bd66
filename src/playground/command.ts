import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { within } from "../base/deadline.ts";

/** How a finished command ended, with everything it wrote. */
export interface CommandResult {
  /** Exit status; 128 + signal number is not computed, a killed command has status 1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string | Buffer;
  /** The command is killed after this long. Default: two minutes. */
  readonly timeoutMs?: number;
}

/** Starts a program somewhere: on this machine, or inside a private host. */
export interface Host {
  /** The child is the caller's to stop, with {@link Host.signal}. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Signals the program itself, whatever was needed to get it where it runs. */
  signal(child: ChildProcess, signal: NodeJS.Signals): void;
}

const COMMAND_TIMEOUT_MS = 120_000;

/** This machine, as it is. */
export const localHost: Host = {
  spawn: (command, args, options = {}) => spawn(command, args, options),
  signal: (child, signal) => {
    child.kill(signal);
  },
};

/** Runs a command to its end. Rejects when it cannot be started or takes too long, not when it fails. */
export async function run(
  host: Host,
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = host.spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  // A command that exits without reading its input is not our failure.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input);
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) =>
      resolve({
        status: status ?? 1,
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      }),
    );
  });
  return within(options.timeoutMs ?? COMMAND_TIMEOUT_MS, [command, ...args].join(" "), ended, () =>
    host.signal(child, "SIGKILL"),
  );
}

/** Like {@link run}, and rejects when the command fails; answers its standard output, trimmed. */
export async function runOk(
  host: Host,
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await run(host, command, args, options);
  if (result.status !== 0) {
    const said = (result.stderr.trim() || result.stdout.trim()).slice(-2_000);
    throw new Error(`${[command, ...args].join(" ")} failed with status ${result.status}: ${said}`);
  }
  return result.stdout.trim();
}

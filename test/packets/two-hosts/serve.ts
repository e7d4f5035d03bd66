/**
 * A host or a container: a process with namespaces of its own that does what it is asked for over IPC.
 * All that it makes ends with it, and it with whoever started it.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as host from "./host.ts";
import { ping } from "./ping.ts";
import * as traffic from "./traffic.ts";

const METHODS = { ...host, ...traffic, ping };
export type Methods = typeof METHODS;

export interface Call {
  readonly id: number;
  readonly method: keyof Methods;
  readonly args: readonly unknown[];
}

export interface Return {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

function answer(message: Return): void {
  process.send?.(message);
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

try {
  // Of the agent: its lock, its socket and its log.
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
  writeFileSync("/proc/sys/net/ipv4/ping_group_range", "0 0");
  process.on("message", async ({ id, method, args }: Call) => {
    try {
      const call = METHODS[method] as (...args: readonly unknown[]) => unknown;
      answer({ id, result: await call(...args) });
    } catch (error) {
      answer({ id, error: textOf(error) });
    }
  });
  process.on("disconnect", () => process.exit(0));
  answer({ id: 0 });
} catch (error) {
  answer({ id: 0, error: textOf(error) });
}

import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { localHost, runOk } from "../../../src/playground/command.ts";
import type { PrivateHost } from "../../../src/playground/private-host.ts";
import type { Arena } from "./arena.ts";
import { reach } from "./reach.ts";
import { PORTS } from "./rules.ts";

const READY_TIMEOUT_MS = 10_000;

/** One process, no log, connections kept for as long as the client wants. */
function nginxConfiguration(directory: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  return `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${paths.join("\n  ")}
  server {
    listen ${PORTS.http} backlog=4096;
    listen ${PORTS.httpDenied};
    location / { return 200 "ok\\n"; }
  }
}
`;
}

/** Compiles the round-trip program. */
export async function buildRoundTrip(directory: string): Promise<string> {
  const program = join(directory, "round-trip");
  const source = new URL("round-trip.c", import.meta.url).pathname;
  await runOk(localHost, "cc", ["-O2", "-o", program, source]);
  return program;
}

/** Starts what the arena's server side serves, all on core 1, and waits until it does. */
export async function startServers(host: PrivateHost, arena: Arena, roundTrip: string): Promise<void> {
  const directory = join(host.directory, "bench", arena.system);
  mkdirSync(directory, { recursive: true });
  const configuration = join(directory, "nginx.conf");
  writeFileSync(configuration, nginxConfiguration(directory));
  const commands = [
    ["nginx", "-c", configuration, "-e", join(directory, "error.log")],
    ["iperf3", "-s", "-p", String(PORTS.stream)],
    [roundTrip, "serve", String(PORTS.roundTrip)],
  ];
  const children = commands.map((command) => spawnServer(host, arena, command));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (const port of [PORTS.http, PORTS.stream, PORTS.roundTrip]) {
    while ((await reach(host, arena, port)) !== "open") {
      const failed = children.find(({ child }) => child.exitCode !== null);
      if (failed !== undefined) throw new Error(`${failed.name} in ${arena.system} ended: ${failed.words()}`);
      if (Date.now() > deadline) throw new Error(`tcp/${port} in ${arena.system} cannot be reached`);
      await sleep(50);
    }
  }
}

function spawnServer(
  host: PrivateHost,
  { server }: Arena,
  command: readonly string[],
): { readonly name: string; readonly child: ChildProcess; readonly words: () => string } {
  const [enter = "", ...words] = [...server, "taskset", "-c", "1", ...command];
  // Ended with the host. Ctrl-C at the terminal is for the benchmark, which then ends it.
  const child = host.spawn(enter, words, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  return { name: command[0] ?? "", child, words: () => said.trim() };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HyperionDaemon } from "../../src/playground/daemon.ts";
import { PrivateEngine } from "../../src/playground/engine.ts";
import { importImage } from "../../src/playground/image.ts";
import type { PrivateHost } from "../../src/playground/private-host.ts";
import { PLUGIN_SOCKET } from "../../src/playground/stage.ts";
import type { BenchContext } from "./bench.ts";

/** The compiled command, as it is installed: run from source, Node would first strip every file's types. */
export const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** `hyperion` as a list of words. Throws when it was not built. */
export function hyperionCommand(): readonly string[] {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not there; run: npm run build`);
  return [process.execPath, CLI];
}

/** A private engine with Hyperion beside it. */
export interface Laboratory {
  readonly engine: PrivateEngine;
  readonly daemon: HyperionDaemon;
}

/** Opens one; the context ends it. */
export async function openLaboratory(context: BenchContext): Promise<Laboratory> {
  context.progress("starting a private Docker engine and Hyperion");
  const engine = await PrivateEngine.open();
  context.atEnd(() => engine.close());
  await importImage(engine);
  const daemon = newDaemon(engine.host, engine.dockerHost, PLUGIN_SOCKET);
  await daemon.start();
  return { engine, daemon };
}

/** A daemon of the compiled command, not yet started. */
export function newDaemon(
  host: PrivateHost,
  dockerHost: string,
  pluginSocket: string,
  args: readonly string[] = [],
): HyperionDaemon {
  return new HyperionDaemon({
    host,
    dockerHost,
    directory: join(host.directory, "hyperion"),
    pluginSocket,
    bpfPath: "/sys/fs/bpf/hyperion",
    command: hyperionCommand(),
    args: ["--log-format", "json", ...args],
  });
}

/** The process IDs of running containers, as the engine's host numbers them. */
export async function pidOf(engine: PrivateEngine, container: string): Promise<string> {
  return engine.docker("inspect", "--format", "{{.State.Pid}}", container);
}

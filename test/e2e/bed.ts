import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { runOk } from "../../src/playground/command.ts";
import type { EndpointSummary, HyperionDaemon } from "../../src/playground/daemon.ts";
import { PrivateEngine, type PrivateEngineOptions } from "../../src/playground/engine.ts";
import { IMAGE, importImage } from "../../src/playground/image.ts";
import { Prober } from "../../src/playground/prober.ts";
import { openPrivateStage } from "../../src/playground/stage.ts";
import { lacking, lacksNativeLibrary, lacksRoot } from "../skip.ts";
import { DATAPLANE_ARGS } from "./dataplane.ts";

export { IMAGE };

/** True when this machine cannot run a real engine, having said so; for `describe.skipIf`. */
export function lacksEngine(): boolean {
  return (
    lacksRoot() ||
    lacksNativeLibrary() ||
    lacking("dockerd", ["/usr/sbin/dockerd", "/usr/bin/dockerd"].some(existsSync), "run npm run setup")
  );
}

export interface BedOptions extends PrivateEngineOptions {
  /** Further words of `hyperion serve`. */
  readonly serveArgs?: readonly string[];
}

/** A container of a test, with what probing it takes. */
export interface Subject {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly prober: Prober;
}

/** A real engine and a real daemon, made for one test file and gone with it. */
export class Bed {
  readonly engine: PrivateEngine;
  readonly daemon: HyperionDaemon;
  readonly #probers: Prober[] = [];

  private constructor(engine: PrivateEngine, daemon: HyperionDaemon) {
    this.engine = engine;
    this.daemon = daemon;
  }

  static async open({ serveArgs = [], ...options }: BedOptions = {}): Promise<Bed> {
    const engine = await PrivateEngine.open(options);
    try {
      const { daemon } = await openPrivateStage(engine, [...DATAPLANE_ARGS, ...serveArgs]);
      await importImage(engine);
      return new Bed(engine, daemon);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  docker(...args: readonly string[]): Promise<string> {
    return this.engine.docker(...args);
  }

  /** A program on the engine's host; answers what it printed. */
  sh(script: string): Promise<string> {
    return runOk(this.engine.host, "bash", ["-c", script]);
  }

  /** A dual-stack network of the driver: 10.N.0.0/24 and fdNN::/64. */
  async network(name: string, subnet: number, ...options: readonly string[]): Promise<string> {
    const subnets = ["--subnet", `10.${subnet}.0.0/24`, "--subnet", `fd${subnet}::/64`];
    return this.docker("network", "create", "-d", "hyperion", "--ipv6", ...subnets, ...options, name);
  }

  /** Starts a sleeping container and enters its network. */
  async run(network: string, name: string, ...options: readonly string[]): Promise<Subject> {
    await this.docker(
      ...["run", "-d", "--init", "--name", name, "--network", network, ...options, IMAGE, "sleep", "100000"],
    );
    return this.subject(network, name);
  }

  /** A running container by its name, once its endpoint is out of quarantine. */
  async subject(network: string, name: string): Promise<Subject> {
    const endpoint = await this.untilEndpoint(network, name, ({ mode }) => mode !== "quarantine");
    const prober = await Prober.open(this.engine, name);
    this.#probers.push(prober);
    return { name, ipv4: endpoint.ipv4 ?? "", ipv6: endpoint.ipv6 ?? "", prober };
  }

  /** Waits until the daemon shows the container's endpoint on the network as wanted. */
  async untilEndpoint(
    network: string,
    container: string,
    wanted: (endpoint: EndpointSummary) => boolean,
    timeoutMs = 10_000,
  ): Promise<EndpointSummary> {
    return this.until(`${container} on ${network}`, timeoutMs, async () =>
      (await this.daemon.endpoints()).find(
        (endpoint) =>
          endpoint.networkName === network && endpoint.container?.name === container && wanted(endpoint),
      ),
    );
  }

  /** Asks again every 50 ms until there is an answer that is neither undefined nor false. */
  async until<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Packets dropped so far for a reason, of one container or of all. */
  async dropped(reason: string, container?: string): Promise<number> {
    const rows = await this.daemon.drops();
    return rows
      .filter((row) => row.reason === reason && (container === undefined || row.containerName === container))
      .reduce((sum, { packets }) => sum + packets, 0);
  }

  /** Puts both logs and what the daemon shows where they survive the bed, and says where. */
  async keepEvidence(name: string): Promise<void> {
    const kept = join(tmpdir(), "hyperion-e2e-logs", name.replace(/[^\w-]+/g, "-"));
    mkdirSync(kept, { recursive: true });
    for (const [log, as] of [
      [this.daemon.logFile, "serve.log"],
      [this.engine.logFile, "dockerd.log"],
    ] as const) {
      if (existsSync(log)) cpSync(log, join(kept, as));
    }
    for (const view of ["status", "endpoints", "drops"]) {
      const shown = await this.daemon.run(view).catch(String);
      writeFileSync(
        join(kept, `${view}.txt`),
        typeof shown === "string" ? shown : shown.stdout + shown.stderr,
      );
    }
    console.error(`what is known of the failed test is in ${kept}`);
  }

  /** A prober in a container's network keeps that network alive when the container is gone. */
  closeProbers(): void {
    for (const prober of this.#probers.splice(0)) prober.close();
  }

  async close(): Promise<void> {
    this.closeProbers();
    await this.engine.close();
  }
}

/** A bed for the tests of the surrounding `describe`; call the answer inside them. */
export function useBed(options: BedOptions = {}): () => Bed {
  let bed: Bed | undefined;
  beforeAll(async () => {
    bed = await Bed.open(options);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await bed?.keepEvidence(task.name);
  });
  afterAll(async () => {
    await bed?.close();
  });
  return () => {
    if (bed === undefined) throw new Error("the bed is made before the first test and not earlier");
    return bed;
  };
}

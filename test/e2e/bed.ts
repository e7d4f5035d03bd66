import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { AdminClient } from "../../src/cli/admin-client.ts";
import { runOk } from "../../src/playground/command.ts";
import type { EndpointSummary, HyperionDaemon } from "../../src/playground/daemon.ts";
import { PrivateEngine, type PrivateEngineOptions } from "../../src/playground/engine.ts";
import { IMAGE, importImage } from "../../src/playground/image.ts";
import { Outside } from "../../src/playground/outside.ts";
import { Prober } from "../../src/playground/prober.ts";
import { openPrivateStage } from "../../src/playground/stage.ts";
import { inParallel } from "../../src/playground/truth-table.ts";
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
  /**
   * A machine outside, and a docker_gwbridge with IPv6, which Docker by itself makes without. The
   * daemon starts when both are there.
   */
  readonly outside?: boolean;
}

/** Subnets of a docker_gwbridge with IPv6. */
export const GATEWAY_SUBNETS = { ipv4: "172.30.0.0/16", ipv6: "fd30::/64" } as const;

/** A container of a test, with what probing it takes. */
export interface Subject {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly prober: Prober;
}

/** `docker run` at once: more only wait for each other in the engine. */
const PARALLEL_STARTS = 8;

/** An event as the daemon's admin socket shows it; which fields there are depends on `event`. */
export interface SeenEvent {
  readonly event: string;
  readonly message?: string;
  readonly code?: string | null;
  readonly level?: string;
  readonly container?: string | null;
  readonly peer?: string | null;
  readonly direction?: string | null;
  readonly rule?: string | null;
  readonly reason?: string | null;
  readonly source?: string | null;
  readonly destination?: string | null;
  readonly protocol?: string | null;
  readonly destinationPort?: number | null;
}

/** The words of `docker run` that put labels on a container. */
export function labelWords(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
}

/** A real engine and a real daemon, made for one test file and gone with it. */
export class Bed {
  readonly engine: PrivateEngine;
  readonly daemon: HyperionDaemon;
  readonly #outside: Outside | undefined;
  readonly #probers: Prober[] = [];

  private constructor(engine: PrivateEngine, daemon: HyperionDaemon, outside: Outside | undefined) {
    this.engine = engine;
    this.daemon = daemon;
    this.#outside = outside;
  }

  static async open({ serveArgs = [], outside = false, ...options }: BedOptions = {}): Promise<Bed> {
    const engine = await PrivateEngine.open(options);
    try {
      const far = outside ? await openOutside(engine) : undefined;
      const { daemon } = await openPrivateStage(engine, [...DATAPLANE_ARGS, ...serveArgs]);
      await importImage(engine);
      return new Bed(engine, daemon, far);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** The machine outside, which the bed was opened with. */
  get outside(): Outside {
    if (this.#outside === undefined) throw new Error("this bed has no outside");
    return this.#outside;
  }

  /** Probes from the engine's host itself. */
  hostProber(): Prober {
    const prober = Prober.enterNamespace(this.engine.host, "host", undefined);
    this.#probers.push(prober);
    return prober;
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

  /** Starts many sleeping containers at once: name to the words of its `docker run`. Subjects by name. */
  async runAll(
    network: string,
    containers: Readonly<Record<string, readonly string[]>>,
  ): Promise<Readonly<Record<string, Subject>>> {
    const before = (await this.daemon.endpoints()).length;
    await inParallel(
      PARALLEL_STARTS,
      Object.entries(containers).map(
        ([name, words]) =>
          () =>
            this.docker(
              ...["run", "-d", "--init", "--name", name, "--network", network, ...words],
              ...[IMAGE, "sleep", "100000"],
            ),
      ),
    );
    await this.daemon.untilAttributed(before + Object.keys(containers).length, 30_000);
    const endpoints = await this.daemon.endpoints();
    const subjects = await Promise.all(
      Object.keys(containers).map(async (name) => {
        const endpoint = endpoints.find((e) => e.networkName === network && e.container?.name === name);
        if (endpoint === undefined) throw new Error(`${name} has no endpoint on ${network}`);
        const prober = await Prober.open(this.engine, name);
        this.#probers.push(prober);
        return { name, ipv4: endpoint.ipv4 ?? "", ipv6: endpoint.ipv6 ?? "", prober };
      }),
    );
    return Object.fromEntries(subjects.map((subject) => [subject.name, subject]));
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

  /** Asks the daemon itself, without the time that starting `hyperion` takes. */
  get admin(): AdminClient {
    return new AdminClient(this.daemon.adminSocket);
  }

  /** The latest events of these types, oldest first. */
  events(...types: readonly string[]): Promise<readonly SeenEvent[]> {
    return this.admin.get(`/v1/events?type=${types.join(",")}`);
  }

  /** Does what `hyperion policy apply --yes` does; undefined removes. In force when this resolves. */
  async applyPolicy(name: string, document: object | undefined): Promise<void> {
    const path = `/v1/policies/${name}`;
    const plan = await this.admin.send<{ readonly base: number }>("POST", `${path}/plan`, document);
    const method = document === undefined ? "DELETE" : "PUT";
    const applied = await this.admin.send<{ readonly pending: unknown }>(
      method,
      `${path}?base=${plan.base}`,
      document,
    );
    if (applied.pending !== null) throw new Error(`${name} is not in force: ${JSON.stringify(applied)}`);
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

  /** Takes a prober that was made elsewhere. */
  closeLater(prober: Prober): void {
    this.#probers.push(prober);
  }

  /** A prober in a container's network keeps that network alive when the container is gone. */
  closeProbers(): void {
    for (const prober of this.#probers.splice(0)) prober.close();
  }

  async close(): Promise<void> {
    this.closeProbers();
    this.#outside?.close();
    await this.engine.close();
  }
}

async function openOutside(engine: PrivateEngine): Promise<Outside> {
  const outside = await Outside.open(engine.host);
  const { ipv4, ipv6 } = GATEWAY_SUBNETS;
  // As Docker makes it, but for IPv6.
  const options = [
    "bridge.name=docker_gwbridge",
    "bridge.enable_icc=false",
    "bridge.enable_ip_masquerade=true",
  ];
  await engine.docker(
    ...["network", "create", "-d", "bridge", "--ipv6", "--subnet", ipv4, "--subnet", ipv6],
    ...options.flatMap((option) => ["-o", `com.docker.network.${option}`]),
    "docker_gwbridge",
  );
  return outside;
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

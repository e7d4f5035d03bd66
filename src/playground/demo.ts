import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ComposeProject } from "./compose.ts";
import { HyperionDaemon } from "./daemon.ts";
import { PrivateEngine } from "./engine.ts";
import { IMAGE, importImage } from "./image.ts";
import { Prober } from "./prober.ts";
import { openExistingStage, openPrivateStage, type Stage } from "./stage.ts";
import {
  type Expectations,
  formatObservations,
  type Observation,
  observe,
  parseExpectations,
  type Station,
} from "./truth-table.ts";

export interface DemoOptions {
  /** The engine to use, as DOCKER_HOST has it; undefined: a private one. */
  readonly dockerHost: string | undefined;
  /** What `hyperion serve --dataplane` takes; undefined: its default. */
  readonly dataplane: string | undefined;
  /** Leave everything running. */
  readonly keep: boolean;
  /** One JSON document on `print`, progress on `progress`; else both are for people. */
  readonly json: boolean;
  readonly color: boolean;
  readonly print: (text: string) => void;
  readonly progress: (text: string) => void;
  readonly interrupted: AbortSignal;
}

const EXAMPLE = fileURLToPath(new URL("../../examples/quickstart/", import.meta.url));
const PROJECT = "hyperion-demo";
const NETWORK = "hello";
const INTERRUPTED_STATUS = 130;

/** Port of each service that must be listening before a probe means something. */
const LISTENS: Readonly<Record<string, number>> = { web: 8080, api: 8080, db: 5432, stranger: 8080 };

/**
 * The quickstart on a real engine, with every pair of its containers probed by real connections.
 * Resolves to the exit code: 0 when what was seen is what the labels say, 1 when not, 130 when
 * interrupted. Whatever happens, it cleans up after itself, unless `keep` and it came to the end.
 */
export async function demo(options: DemoOptions): Promise<number> {
  const run = new DemoRun(options);
  try {
    return await run.play();
  } catch (error) {
    if (options.interrupted.aborted) {
      options.progress("interrupted; cleaning up\n");
      return INTERRUPTED_STATUS;
    }
    throw error;
  } finally {
    await run.cleanUp();
  }
}

class DemoRun {
  readonly #options: DemoOptions;
  readonly #undo: (() => Promise<void> | void)[] = [];

  constructor(options: DemoOptions) {
    this.#options = options;
  }

  async play(): Promise<number> {
    const expectations = parseExpectations(readFileSync(`${EXAMPLE}expected.json`, "utf8"));
    const stage = await this.#openStage();
    const { engine } = stage;
    await this.#step("Importing the image, a busybox", async () => {
      await importImage(engine);
      if (engine instanceof PrivateEngine) return;
      this.#undo.push(async () => void (await engine.tryDocker(["image", "rm", IMAGE])));
    });
    const create = ["network", "create", "-d", "hyperion", "--ipv6"];
    const subnets = ["--subnet", "10.78.0.0/24", "--subnet", "fd78::/64"];
    await this.#step(`docker ${[...create, ...subnets, NETWORK].join(" ")}`, async () => {
      await engine.docker(...create, ...subnets, NETWORK);
      this.#undo.push(async () => void (await engine.tryDocker(["network", "rm", NETWORK])));
    });
    const project = await ComposeProject.open(engine, `${EXAMPLE}compose.yaml`, PROJECT);
    await this.#step(`${project.commandLine} up -d`, () => {
      this.#undo.push(() => project.down().catch(() => {}));
      return project.up();
    });
    const stations = await this.#step("Entering the containers' networks", () =>
      openStations(stage, project, (undo) => this.#undo.push(undo)),
    );
    const observations = await this.#step("Probing every pair with real connections, IPv4 and IPv6", () =>
      observe(expectations, stations),
    );
    const mismatches = observations.filter(({ expected, seen }) => expected !== seen);
    this.#report(expectations, observations, mismatches);
    if (this.#options.keep) await this.#leave(stage, project, stations);
    else this.#invite();
    return mismatches.length === 0 ? 0 : 1;
  }

  async cleanUp(): Promise<void> {
    if (this.#undo.length === 0) return;
    await this.#timed("Cleaning up", async () => {
      for (const undo of this.#undo.splice(0).reverse()) await undo();
    });
  }

  async #openStage(): Promise<Stage> {
    const { dockerHost, dataplane } = this.#options;
    const args = dataplane === undefined ? [] : ["--dataplane", dataplane];
    const started = "Starting Hyperion (hyperion serve)";
    if (dockerHost !== undefined) {
      return this.#step(`${started} for the engine at ${dockerHost}`, async () => {
        const stage = await openExistingStage(dockerHost, args);
        this.#undo.push(() => stage.close());
        return stage;
      });
    }
    const engine = await this.#step("Starting a private Docker engine", async () => {
      const opened = await PrivateEngine.open();
      this.#undo.push(() => opened.close());
      return opened;
    });
    return this.#step(started, () => openPrivateStage(engine, args));
  }

  #report(
    expectations: Expectations,
    observations: readonly Observation[],
    mismatches: readonly Observation[],
  ): void {
    const { json, color, print } = this.#options;
    if (json) {
      print(`${JSON.stringify({ observations, mismatches: mismatches.length }, null, 2)}\n`);
      return;
    }
    print("\nWho may reach whom: what the labels say, and what real connections found.\n\n");
    print(formatObservations(expectations, observations, color));
    const probes = observations.length;
    print(
      mismatches.length === 0
        ? `\nAll ${probes} probes (IPv4 and IPv6) went as the labels say.\n`
        : `\n${mismatches.length} of ${probes} probes went otherwise than the labels say.\n`,
    );
    for (const { from, to, probe, address, expected, outcome } of mismatches) {
      print(`  ${from} -> ${to} ${probe} at ${address}: ${outcome}, expected ${expected ? "yes" : "no"}\n`);
    }
  }

  /** Everything runs on; says how to look at it and how to end it. */
  async #leave(stage: Stage, project: ComposeProject, stations: readonly Station[]): Promise<void> {
    for (const { prober } of stations) prober.close();
    // A private engine takes all that it has along.
    const clear = `${project.commandLine} down -v; docker network rm ${NETWORK}; docker image rm ${IMAGE}\n  `;
    const end = `${stage.engine instanceof PrivateEngine ? "" : clear}${await stage.keep()}`;
    this.#undo.length = 0;
    this.#options.progress(`
It keeps running. Next, as root:
  export DOCKER_HOST=${stage.engine.dockerHost} HYPERION_ADMIN_SOCKET=${stage.daemon.adminSocket}
  alias hyperion='${HyperionDaemon.command.join(" ")}'
  docker exec $(docker ps -qf label=com.docker.compose.service=api) ping -c 3 web
  docker run --rm --network ${NETWORK} ${IMAGE} ip addr
  hyperion endpoints
  hyperion drops --follow
To end it:
  ${end}
`);
  }

  #invite(): void {
    this.#options.progress(`
Next:
  sudo npm run demo -- --keep            # the same, left running to look around in
  less examples/quickstart/compose.yaml  # the labels that the table comes from
  docs/policy.md, docs/reference         # the policy language; all labels, options and drop reasons
`);
  }

  /** One step of the play, given up as soon as the user interrupts. */
  async #step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { interrupted } = this.#options;
    interrupted.throwIfAborted();
    const giveUp = Promise.withResolvers<never>();
    const onAbort = () => giveUp.reject(new Error("interrupted"));
    interrupted.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#timed(what, () => Promise.race([work(), giveUp.promise]));
    } finally {
      interrupted.removeEventListener("abort", onAbort);
    }
  }

  async #timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    this.#options.progress(`${what} … `);
    try {
      const result = await work();
      this.#options.progress(`${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
      return result;
    } catch (error) {
      this.#options.progress("failed\n");
      throw error;
    }
  }
}

/** A prober in every container of the project, with UDP echo beside what the container itself serves. */
async function openStations(
  stage: Stage,
  project: ComposeProject,
  onUndo: (undo: () => void) => void,
): Promise<readonly Station[]> {
  const containers = await project.containers();
  await stage.daemon.untilAttributed(containers.length);
  return Promise.all(
    containers.map(async ({ service, containerId, addresses }) => {
      const prober = await Prober.open(stage.engine, containerId);
      onUndo(() => prober.close());
      const port = LISTENS[service];
      if (port !== undefined) await prober.untilListening(port);
      await prober.echo("udp", 8125);
      return { service, addresses, prober };
    }),
  );
}

import { localHost, run, runOk } from "./command.ts";
import type { Engine } from "./engine.ts";

/** One service's container, with its addresses. */
export interface ServiceContainer {
  readonly service: string;
  readonly containerId: string;
  /** Of all its networks. */
  readonly addresses: readonly string[];
  /** The same by the name of the network, as Docker shows it. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
}

interface Inspected {
  readonly Id: string;
  readonly NetworkSettings: {
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>
    >;
  };
}

/** A compose project on an engine, driven by whichever compose this machine has. */
export class ComposeProject {
  readonly name: string;
  readonly #engine: Engine;
  readonly #files: readonly string[];
  readonly #command: readonly string[];

  private constructor(engine: Engine, files: readonly string[], name: string, command: readonly string[]) {
    this.#engine = engine;
    this.#files = files;
    this.name = name;
    this.#command = command;
  }

  /**
   * Several files are merged, as `-f A -f B` is. Rejects when the machine has neither `docker compose` nor
   * `docker-compose`.
   */
  static async open(engine: Engine, file: string | readonly string[], name: string): Promise<ComposeProject> {
    const files = typeof file === "string" ? [file] : file;
    for (const command of [["docker", "compose"], ["docker-compose"]]) {
      const [program = "", ...args] = command;
      const found = await run(localHost, program, [...args, "version"], { env: engine.environment }).catch(
        () => undefined,
      );
      if (found?.status === 0) return new ComposeProject(engine, files, name, command);
    }
    throw new Error("neither docker compose nor docker-compose works here; run: npm run setup");
  }

  /** As a user would type it. */
  get commandLine(): string {
    return [...this.#command, ...this.#words].join(" ");
  }

  async up(): Promise<void> {
    await this.#compose("up", "-d");
  }

  async down(): Promise<void> {
    await this.#compose("down", "-v", "--remove-orphans", "-t", "1");
  }

  async containers(): Promise<readonly ServiceContainer[]> {
    const label = `label=com.docker.compose.project=${this.name}`;
    const ids = (await this.#engine.docker("ps", "-q", "--no-trunc", "--filter", label)).split("\n");
    const found = ids.filter((id) => id !== "");
    if (found.length === 0) return [];
    const services = (
      await this.#engine.docker(
        ...["inspect", "--format", '{{index .Config.Labels "com.docker.compose.service"}}', ...found],
      )
    ).split("\n");
    const inspected = JSON.parse(await this.#engine.docker("inspect", ...found)) as readonly Inspected[];
    return inspected.map((container, position) => {
      const networks = Object.fromEntries(
        Object.entries(container.NetworkSettings.Networks).map(([name, network]) => [
          name,
          [network.IPAddress, network.GlobalIPv6Address].filter((address) => address !== ""),
        ]),
      );
      const addresses = Object.values(networks).flat();
      return { service: services[position] ?? "", containerId: container.Id, addresses, networks };
    });
  }

  get #words(): readonly string[] {
    return ["-p", this.name, ...this.#files.flatMap((file) => ["-f", file])];
  }

  #compose(...args: readonly string[]): Promise<string> {
    const [program = "", ...words] = this.#command;
    return runOk(localHost, program, [...words, ...this.#words, ...args], {
      env: this.#engine.environment,
    });
  }
}

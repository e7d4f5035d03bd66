import { fileURLToPath } from "node:url";
import type { Outcome } from "../../src/playground/agent/probe.ts";
import { localHost, run } from "../../src/playground/command.ts";
import { ComposeProject } from "../../src/playground/compose.ts";
import { HyperionDaemon } from "../../src/playground/daemon.ts";
import { Prober, reached } from "../../src/playground/prober.ts";
import { inParallel } from "../../src/playground/truth-table.ts";
import type { MatrixVerdict } from "../../src/policy/index.ts";
import type { Bed } from "./bed.ts";

/** A folder of the projects that the tests bring up; its name is the project's. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`./projects/${path}`, import.meta.url));
}

/** A container of a project, and what probing it takes. */
export interface Station {
  /** `project/service`. */
  readonly service: string;
  readonly prober: Prober;
  /** Its addresses by the name of the network, as Docker shows it. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** Its addresses on docker_gwbridge; none where no network of its has a way out. */
  readonly gateway: readonly string[];
}

export interface ProjectFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/** Brings projects up, all at once, and enters the network of each container. */
export async function startProjects(
  bed: Bed,
  projects: readonly ProjectFiles[],
): Promise<readonly Station[]> {
  const opened = await Promise.all(
    projects.map(({ name, files }) => ComposeProject.open(bed.engine, files, name)),
  );
  await Promise.all(opened.map((project) => project.up()));
  const containers = (
    await Promise.all(
      opened.map(async (project) =>
        (await project.containers()).map((container) => ({ ...container, project: project.name })),
      ),
    )
  ).flat();
  const endpoints = containers.reduce((sum, { networks }) => sum + Object.keys(networks).length, 0);
  await bed.daemon.untilAttributed(endpoints, 60_000);
  const ids = containers.map(({ containerId }) => containerId);
  const pids = (await bed.docker("inspect", "--format", "{{.State.Pid}}", ...ids)).split("\n");
  const gateways = await gatewayAddresses(bed, pids);
  return containers.map(({ project, service, networks }, index) => {
    const name = `${project}/${service}`;
    const prober = Prober.enter(bed.engine, name, pids[index] ?? "");
    bed.closeLater(prober);
    return { service: name, prober, networks, gateway: gateways[index] ?? [] };
  });
}

/** Of each process, the addresses that its network namespace has of docker_gwbridge's subnets. */
async function gatewayAddresses(bed: Bed, pids: readonly string[]): Promise<readonly (readonly string[])[]> {
  const each = pids.map((pid) => `echo =; nsenter -t ${pid} --net -- ip -o addr show scope global`);
  const [, ...shown] = (await bed.sh(each.join("\n"))).split(/^=$/m);
  const isGateway = /inet6? ((?:172\.30\.|fd30:)[^/]+)/g;
  return pids.map((_, index) => [...(shown[index] ?? "").matchAll(isGateway)].map((match) => match[1] ?? ""));
}

/** `hyperion ARGS` without a daemon, as a process of its own. Rejects when it exits otherwise than asked. */
export async function hyperion(args: readonly string[], status = 0): Promise<string> {
  const [program = "", ...words] = HyperionDaemon.command;
  const result = await run(localHost, program, [...words, ...args]);
  if (result.status !== status) {
    throw new Error(`hyperion ${args.join(" ")}: status ${result.status}: ${result.stderr}${result.stdout}`);
  }
  return result.stdout;
}

/** Where an entry of the matrix and real connections disagree. */
export interface Disagreement {
  readonly entry: string;
  readonly said: string;
  readonly seen: readonly string[];
}

/** How hard the machine is pressed, and how long an answer may take then: a SYN is sent a second time. */
const AT_ONCE = { parallel: 600, timeoutMs: 2_500 };
const WITHOUT_HURRY = { parallel: 40, timeoutMs: 5_000 };

/** How the entries of a matrix are to be tried. */
export interface Trial {
  readonly stations: readonly Station[];
  /** The machine that has the external addresses. */
  readonly outside: Prober;
}

/**
 * Makes every connection that the entries speak of, and answers where the two disagree. A connection that
 * was to pass and did not in the throng of all others is tried once more, without it; one that passed and
 * was not to is not.
 */
export async function disagreements(
  trial: Trial,
  entries: readonly MatrixVerdict[],
): Promise<readonly Disagreement[]> {
  const first = await tryAll(trial, entries, AT_ONCE);
  const isLate = ({ entry, seen }: Tried) =>
    entry.verdict === "allow" && seen.length > 0 && seen.every(({ outcome }) => outcome !== "unreachable");
  const late = first.filter(isLate).map(({ entry }) => entry);
  const wrong = [...first.filter((tried) => !isLate(tried)), ...(await tryAll(trial, late, WITHOUT_HURRY))];
  return wrong.map(({ entry, seen }) => ({
    entry: `${entry.network}: ${entry.from} -> ${entry.to} ${entry.probe}`,
    said: `${entry.verdict} (egress ${entry.egress.by}, ingress ${entry.ingress.by})`,
    seen: seen.map(({ address, outcome }) => `${address} ${outcome}`),
  }));
}

interface Tried {
  readonly entry: MatrixVerdict;
  readonly seen: readonly { readonly address: string; readonly outcome: Outcome }[];
}

/** Those that went otherwise than said, or could not be tried. */
async function tryAll(
  { stations, outside }: Trial,
  entries: readonly MatrixVerdict[],
  { parallel, timeoutMs }: typeof AT_ONCE,
): Promise<readonly Tried[]> {
  const byService = new Map(stations.map((station) => [station.service, station]));
  const all = await inParallel(
    parallel,
    entries.map((entry) => async (): Promise<Tried> => {
      const from = byService.get(entry.from);
      const seen = await Promise.all(
        connections(entry, from, byService.get(entry.to)).map(async ({ address, source }) => {
          const prober = from?.prober ?? outside;
          return { address, outcome: await prober.probe(address, entry.probe, timeoutMs, source) };
        }),
      );
      return { entry, seen };
    }),
  );
  return all.filter(
    ({ entry, seen }) =>
      seen.length === 0 || seen.some(({ outcome }) => reached(outcome) !== (entry.verdict === "allow")),
  );
}

interface Connection {
  readonly address: string;
  readonly source: string | undefined;
}

/** The connections that one entry is about: of both families, where both ends have both. */
function connections(
  entry: MatrixVerdict,
  from: Station | undefined,
  to: Station | undefined,
): readonly Connection[] {
  const external = (name: string) => name.slice("world:".length);
  if (from !== undefined && to !== undefined) {
    return (to.networks[entry.network] ?? []).map((address) => ({ address, source: undefined }));
  }
  if (to === undefined) return [{ address: external(entry.to), source: undefined }];
  const source = external(entry.from);
  return to.gateway
    .filter((address) => address.includes(":") === source.includes(":"))
    .map((address) => ({ address, source }));
}

import type { Attachment, ComposeProject, ComposeService, NetworkMode } from "../compose/project.ts";
import type { Posture } from "../model/posture.ts";
import {
  type AdminPolicy,
  type LintedAttachment,
  type LintedService,
  type Party,
  type Population,
  type PublishedPorts,
  readPolicy,
} from "../policy/index.ts";
import type { Place } from "../yaml/place.ts";
import { type SharedNetwork, sharedNetworks } from "./networks.ts";

/** The daemon's options that matter to what the files say. */
export interface OfflineSettings {
  readonly defaultPosture: Posture;
  readonly identityLabels: readonly string[];
}

/** Who there would be, were the projects started: what the data plane would decide by. */
export interface OfflinePopulation {
  readonly population: Population;
  readonly networks: readonly SharedNetwork[];
  /** Those on a network of Hyperion, and those that only have labels that would be its. */
  readonly services: readonly OfflineService[];
}

export interface OfflineService extends LintedService {
  /** Where the value of a label stands, or of a driver option where a network is named. */
  where(label: string, network: string | undefined): Place | undefined;
  /** Where a published port stands, by its position. */
  wherePort(position: number): Place | undefined;
  readonly place: Place | undefined;
}

/** More replicas are not told apart by name. */
const REPLICAS_NAMED_MAX = 1_000;

/**
 * Puts projects side by side as Docker and compose would: containers under compose's labels, networks of
 * one name as one network. Images are not looked into, so a label counts as the container's own.
 */
export function populate(
  projects: readonly ComposeProject[],
  policies: readonly AdminPolicy[],
  settings: OfflineSettings,
): OfflinePopulation {
  const networks = sharedNetworks(projects);
  const parties = new Map<string, Party[]>(networks.map(({ name }) => [name, []]));
  const services = projects.flatMap((project) =>
    project.services.map((service) => {
      const stand = (driverOptions: Readonly<Record<string, string>>) =>
        readPolicy(driverOptions, containerOf(project, service), { ...settings, ...TRUST }, policies);
      const attachments = service.networks.flatMap((attachment): Stationed[] => {
        const network = networkOf(networks, project, attachment.key);
        if (network === undefined) return [];
        const { policy, subject, problems } = stand(attachment.driverOpts);
        const { defaultPosture } = settings;
        const owner = { subject, policy, network: network.owner, defaultPosture };
        parties.get(network.name)?.push({ name: nameOf(project, service), owner });
        const own = problems.filter(({ carrier }) => carrier === "driver_opts");
        const shared = problems.filter(({ code }) => code === "E140");
        return [{ attachment, network: network.name, problems: [...new Set([...own, ...shared])] }];
      });
      return describe(project, service, attachments, stand({}).problems);
    }),
  );
  return {
    population: {
      networks: networks.map(({ name, hasWayOut }) => ({
        name,
        hasWayOut,
        parties: parties.get(name) ?? [],
      })),
      elsewhere: elsewhere(projects, services),
    },
    networks,
    services,
  };
}

/** Why services that the files name are on no network of Hyperion's. */
function elsewhere(projects: readonly ComposeProject[], services: readonly OfflineService[]) {
  const stationed = new Set(
    services.flatMap(({ name, attachments }) => (attachments.length > 0 ? [name] : [])),
  );
  return new Map(
    projects
      .flatMap((project) => [
        ...project.services.map((one) => [nameOf(project, one), whyElsewhere(one.networkMode)] as const),
        ...project.leftOut.map(
          (one) => [`${project.name}/${one}`, "none of its profiles is active"] as const,
        ),
      ])
      .filter(([name]) => !stationed.has(name)),
  );
}

function whyElsewhere(mode: NetworkMode): string {
  switch (mode.kind) {
    case "networks":
      return "none of its networks is Hyperion's";
    case "none":
      return "it has no network";
    case "host":
      return "it is on the machine's own network; ask about host";
    case "service":
      return `it shares that of service ${mode.service}; ask about ${mode.service}`;
    case "container":
      return `it shares that of container ${mode.container}, which is not described here`;
    case "named":
      return `it is on network ${mode.network}, which is not described here`;
  }
}

/** Nothing comes from images here, as nobody has looked. */
const TRUST = { trustImageLabels: false };

interface Stationed {
  readonly attachment: Attachment;
  readonly network: string;
  readonly problems: LintedAttachment["problems"];
}

function nameOf(project: ComposeProject, service: ComposeService): string {
  return `${project.name}/${service.name}`;
}

function networkOf(
  networks: readonly SharedNetwork[],
  project: ComposeProject,
  key: string,
): SharedNetwork | undefined {
  return networks.find(({ members }) => members.some((one) => one.project === project && one.key === key));
}

/** The first container of a service, with the labels by which compose says whose it is (pkg/api/labels.go). */
function containerOf(project: ComposeProject, service: ComposeService) {
  const [name = ""] = containerNames(project, service);
  return {
    name,
    labels: {
      ...service.labels,
      "com.docker.compose.project": project.name,
      "com.docker.compose.service": service.name,
      "com.docker.compose.config-hash": "offline",
      "com.docker.compose.container-number": "1",
    },
    inherited: [],
  };
}

function containerNames(project: ComposeProject, service: ComposeService): readonly string[] {
  if (service.containerName !== undefined) return [service.containerName];
  const count = Math.min(Math.max(1, service.replicas), REPLICAS_NAMED_MAX);
  return Array.from({ length: count }, (_, i) => `${project.name}-${service.name}-${i + 1}`);
}

function describe(
  project: ComposeProject,
  service: ComposeService,
  attachments: readonly Stationed[],
  problems: LintedService["problems"],
): OfflineService {
  return {
    name: nameOf(project, service),
    containers: containerNames(project, service),
    labels: service.labels,
    attachments: attachments.map((one) => ({
      network: one.network,
      driverOptions: one.attachment.driverOpts,
      problems: one.problems,
    })),
    problems,
    warnings: [],
    published: service.ports.map(
      ({ target, protocol, hostIp }): PublishedPorts => ({
        ...target,
        protocol,
        hostOnly: isLoopback(hostIp),
      }),
    ),
    place: service.place,
    where: (label, network) =>
      network === undefined
        ? service.where(label)
        : attachments.find((one) => one.network === network)?.attachment.where(label),
    wherePort: (position) => service.ports[position]?.place,
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address.startsWith("127.") || address === "::1");
}

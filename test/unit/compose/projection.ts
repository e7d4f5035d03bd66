import type { ComposeProject, NetworkMode, Published } from "../../../src/compose/index.ts";

/** What can be compared of a project: ours, and what `docker compose config --format json` prints. */
export interface Projection {
  readonly name: string;
  readonly services: Readonly<Record<string, ServiceProjection>>;
  readonly networks: Readonly<Record<string, NetworkProjection>>;
}

interface ServiceProjection {
  readonly image: string | null;
  readonly containerName: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly networkMode: string | null;
  readonly networks: Readonly<Record<string, AttachmentProjection>>;
  readonly ports: readonly string[];
  readonly dns: readonly string[];
}

interface AttachmentProjection {
  readonly aliases: readonly string[];
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly driverOpts: Readonly<Record<string, string>>;
}

interface NetworkProjection {
  readonly name: string;
  readonly external: boolean;
  readonly driver: string | null;
  readonly internal: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
  readonly ipv6: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const record = <From, To>(entries: Iterable<readonly [string, From]>, to: (value: From) => To) =>
  Object.fromEntries([...entries].map(([key, value]) => [key, to(value)] as const));

export function projectOurs(project: ComposeProject): Projection {
  return {
    name: project.name,
    services: record(
      project.services.map((service) => [service.name, service] as const),
      (service) => ({
        image: service.image ?? null,
        containerName: service.containerName ?? null,
        labels: service.labels,
        replicas: service.replicas,
        networkMode: modeText(service.networkMode),
        networks: record(
          service.networks.map((attachment) => [attachment.key, attachment] as const),
          ({ aliases, ipv4, ipv6, driverOpts }) => ({
            aliases,
            ipv4: ipv4 ?? null,
            ipv6: ipv6 ?? null,
            driverOpts,
          }),
        ),
        ports: [...new Set(service.ports.flatMap(portTexts))].sort(),
        dns: service.dns,
      }),
    ),
    networks: record(
      project.networks.map((network) => [network.key, network] as const),
      ({ name, external, driver, internal, options, subnets, ipv6, labels }) => ({
        name,
        external,
        driver: driver ?? null,
        internal,
        options,
        subnets,
        ipv6,
        labels,
      }),
    ),
  };
}

function modeText(mode: NetworkMode): string | null {
  switch (mode.kind) {
    case "networks":
      return null;
    case "service":
      return `service:${mode.service}`;
    case "container":
      return `container:${mode.container}`;
    case "named":
      return mode.network;
    default:
      return mode.kind;
  }
}

/** Compose writes one for each target: `127.0.0.1:8080:80/tcp`. */
function portTexts({ target, published, protocol, hostIp }: Published): readonly string[] {
  const texts: string[] = [];
  const isShared = target.first === target.last;
  for (let port = target.first; port <= target.last; port++) {
    let from = "";
    if (published !== undefined) {
      const first = published.first + port - target.first;
      from = isShared && published.last > first ? `${first}-${published.last}` : String(first);
    }
    texts.push(`${hostIp ?? ""}:${from}:${port}/${protocol}`);
  }
  return texts;
}

/** The part of compose's output that is compared. */
export interface DockerProject {
  readonly name: string;
  readonly services?: Readonly<Record<string, DockerService>>;
  readonly networks?: Readonly<Record<string, DockerNetwork | null>>;
}

interface DockerService {
  readonly image?: string;
  readonly container_name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scale?: number;
  readonly deploy?: { readonly replicas?: number };
  readonly network_mode?: string;
  readonly networks?: Readonly<Record<string, DockerAttachment | null>>;
  readonly ports?: readonly DockerPort[];
  readonly dns?: readonly string[];
}

interface DockerAttachment {
  readonly aliases?: readonly string[];
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
}

interface DockerPort {
  readonly host_ip?: string;
  readonly published?: string;
  readonly target: number;
  readonly protocol: string;
}

interface DockerNetwork {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly internal?: boolean;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] };
  readonly enable_ipv6?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function projectDocker(project: DockerProject): Projection {
  const services = Object.entries(project.services ?? {});
  const used = new Set(services.flatMap(([, service]) => Object.keys(service.networks ?? {})));
  return {
    name: project.name,
    services: record(services, (service) => ({
      image: service.image ?? null,
      containerName: service.container_name ?? null,
      labels: service.labels ?? {},
      replicas: service.scale ?? service.deploy?.replicas ?? 1,
      networkMode: service.network_mode ?? null,
      networks: record(Object.entries(service.networks ?? {}), (attachment) => ({
        aliases: attachment?.aliases ?? [],
        ipv4: attachment?.ipv4_address ?? null,
        ipv6: attachment?.ipv6_address ?? null,
        driverOpts: attachment?.driver_opts ?? {},
      })),
      ports: [
        ...new Set(
          (service.ports ?? []).map(
            ({ host_ip, published, target, protocol }) =>
              `${host_ip ?? ""}:${published ?? ""}:${target}/${protocol}`,
          ),
        ),
      ].sort(),
      dns: service.dns ?? [],
    })),
    networks: record(
      Object.entries(project.networks ?? {}).filter(([key]) => used.has(key)),
      (network) => ({
        name: network?.name ?? "",
        external: network?.external ?? false,
        driver: network?.driver ?? null,
        internal: network?.internal ?? false,
        options: network?.driver_opts ?? {},
        subnets: (network?.ipam?.config ?? []).flatMap(({ subnet }) => subnet ?? []),
        ipv6: network?.enable_ipv6 ?? false,
        labels: network?.labels ?? {},
      }),
    ),
  };
}

import type { Place } from "../yaml/index.ts";

/** A compose project as Docker reads it: every file merged, every variable replaced, inactive services gone. */
export interface ComposeProject {
  readonly name: string;
  /** By name, in code-unit order. */
  readonly services: readonly ComposeService[];
  /** Names of the services none of whose profiles is active. */
  readonly leftOut: readonly string[];
  /** Those that a service is on, by key, in code-unit order: Docker makes no others. */
  readonly networks: readonly ComposeNetwork[];
  /** By file and place; those without a place come first. */
  readonly notices: readonly ComposeNotice[];
}

export interface ComposeService {
  readonly name: string;
  /** Where the service begins: in the file that was read last of those that mention it. */
  readonly place: Place | undefined;
  /** `container_name`; undefined where compose makes `project-service-1`. */
  readonly containerName: string | undefined;
  /** Undefined where the service is only built. */
  readonly image: string | undefined;
  /** The containers' labels, label files included. What compose itself adds is not among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Containers that `up` starts: `scale` or `deploy.replicas`, 1 where neither is written. */
  readonly replicas: number;
  readonly networkMode: NetworkMode;
  /** By key, in code-unit order. Empty unless the mode is `networks`; then at least one. */
  readonly networks: readonly Attachment[];
  readonly ports: readonly Published[];
  /** Name servers that Docker's resolver asks instead of the machine's. */
  readonly dns: readonly string[];
  /** Where a label's value stands, in the file whose value it is; undefined when it has no such label. */
  where(label: string): Place | undefined;
}

/** What a container's network namespace is. */
export type NetworkMode =
  /** Its own, on the networks listed. */
  | { readonly kind: "networks" }
  /** Its own, with nothing in it. */
  | { readonly kind: "none" }
  /** The machine's: no endpoint, and no policy. */
  | { readonly kind: "host" }
  /** That of another service of the project, whose endpoints it shares. */
  | { readonly kind: "service"; readonly service: string }
  /** That of a container which is not of this project. */
  | { readonly kind: "container"; readonly container: string }
  /** Its own, on a network of Docker's that this project does not describe: `bridge`, or any name. */
  | { readonly kind: "named"; readonly network: string };

/** A service on one of its networks. */
export interface Attachment {
  /** The network's key in the compose file. */
  readonly key: string;
  /** What `aliases` says; the service's name is an alias anyway. */
  readonly aliases: readonly string[];
  readonly driverOpts: Readonly<Record<string, string>>;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  /** Where the service names the network; undefined for the default network that nothing names. */
  readonly place: Place | undefined;
  /** Where the value of a driver option stands. */
  where(option: string): Place | undefined;
}

/** Ports that Docker makes reachable from outside; a range of them when `first` and `last` differ. */
export interface Published {
  readonly target: PortRange;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Of the machine: one for each of `target`, or a range to choose from. Undefined: any free port. */
  readonly published: PortRange | undefined;
  /** The machine's address; undefined: all of them. */
  readonly hostIp: string | undefined;
  readonly place: Place | undefined;
}

/** Both inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface ComposeNetwork {
  readonly key: string;
  /** The name that Docker shows. */
  readonly name: string;
  /** True: made by somebody else, so nothing below is known. */
  readonly external: boolean;
  /** Undefined: not written, and Docker takes `bridge`. */
  readonly driver: string | undefined;
  readonly internal: boolean;
  /** `driver_opts`. */
  readonly options: Readonly<Record<string, string>>;
  /** CIDRs of `ipam.config`, as they are written. */
  readonly subnets: readonly string[];
  readonly ipv6: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the network is described; undefined for a `default` network that no file mentions. */
  readonly place: Place | undefined;
  /** Where the value of a driver option stands. */
  where(option: string): Place | undefined;
}

/** Something legal that Docker reads in a way that its author may not expect, or that a plan cannot know. */
export interface ComposeNotice {
  readonly code: NoticeCode;
  /** A sentence without a full stop. */
  readonly text: string;
  readonly where: Place | undefined;
}

/** What is noticed; the texts say the rest. */
export const NOTICES = {
  W501: "a variable is not set, and reads as nothing",
  W502: "policy where it governs nothing: deploy.labels, annotations, build.labels, labels of networks and volumes",
  W503: "a service is left out, because none of its profiles is active",
  W504: "a service shares the network of a container that is not of this project",
  W505: "a service is on a network that the files do not describe",
  W506: "policy on a service without networks of its own",
  W507: "something that the compose file only refers to, and that is not read offline",
  W508: "several files where Docker reads one",
} as const;

export type NoticeCode = keyof typeof NOTICES;

/** What `docker compose` is told: its options, and the environment it is called in. */
export interface ProjectSource {
  /** `-f`, in order; `-` is standard input. Empty: COMPOSE_FILE, else the files that compose looks for. */
  readonly files: readonly string[];
  /** `-p`. */
  readonly projectName?: string | undefined;
  /** `--project-directory`. */
  readonly directory?: string | undefined;
  /** `--profile`; empty: COMPOSE_PROFILES. */
  readonly profiles?: readonly string[] | undefined;
  /** The process's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--env-file`; empty: COMPOSE_ENV_FILES, else the project's `.env`, where there is one. */
  readonly envFiles?: readonly string[] | undefined;
}

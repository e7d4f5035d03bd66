import type { z } from "zod";
import { ENDPOINT_INDEX_MAX } from "../model/ids.ts";
import { POSTURES } from "../model/posture.ts";
import { DEFAULT_ADDRESS_POOLS, DEFAULT_ADMIN_SOCKET, DEFAULT_POSTURE } from "./defaults.ts";
import {
  absolutePath,
  absolutePaths,
  addressPools,
  count,
  dataplaneUrl,
  deviceName,
  dockerHost,
  type Kind,
  labelKeys,
  oneOf,
  trueOrFalse,
} from "./values.ts";

interface Option<Schema extends z.ZodType = z.ZodType> extends Kind<Schema> {
  /** As it would be written on the command line. */
  readonly default: string;
  readonly description: string;
}

function option<Schema extends z.ZodType>(
  kind: Kind<Schema>,
  defaultText: string,
  description: string,
): Option<Schema> {
  return { ...kind, default: defaultText, description };
}

/**
 * Every option of the daemon, under the name that the configuration file has for it. The flag
 * (`--plugin-socket`), the environment variable (`HYPERION_PLUGIN_SOCKET`), --help and the reference
 * are all made of these rows.
 */
export const OPTIONS = {
  pluginSocket: option(
    absolutePath,
    "/run/docker/plugins/hyperion.sock",
    "Socket that Docker calls the driver on; the file's name is the name of the driver.",
  ),
  dockerHost: option(
    dockerHost,
    "unix:///var/run/docker.sock",
    "Docker's API, which labels are read from; DOCKER_HOST counts where nothing else is said. none: no labels.",
  ),
  stateDir: option(absolutePath, "/var/lib/hyperion", "Where networks, endpoints and addresses are kept."),
  adminSocket: option(absolutePath, DEFAULT_ADMIN_SOCKET, "Socket of the hyperion command."),
  dataplane: option(
    dataplaneUrl,
    "ebpf",
    "What forwards packets: ebpf, in this machine's kernel; doca: and a device, on a NIC (in hyperion-agent, which outlives the daemon).",
  ),
  underlay: option(deviceName, "none", "Device that faces the other hosts; networks take their MTU from it."),
  bpfPath: option(absolutePath, "/sys/fs/bpf/hyperion", "Where programs and tables are pinned."),
  vfPool: option(count("COUNT", 0, 1_024), "16", "VFs kept ready for the next containers."),
  vfLimit: option(count("COUNT", 1, ENDPOINT_INDEX_MAX), "4096", "Most VFs at a time, ready ones included."),
  posture: option(
    oneOf(POSTURES),
    DEFAULT_POSTURE,
    "What decides where no rule does and neither container nor network says.",
  ),
  identityLabels: option(
    labelKeys,
    "",
    "Container labels that selectors see beside hyperion.label.*, separated by commas.",
  ),
  trustImageLabels: option(
    trueOrFalse,
    "false",
    "Whether hyperion.* and identity labels count that come from the image.",
  ),
  onLabelError: option(
    oneOf(["quarantine", "reject"]),
    "reject",
    "A container whose labels are wrong: reject keeps it from starting where possible, quarantine lets it start and passes nothing.",
  ),
  policyFiles: option(
    absolutePaths,
    "",
    "Files of admin policies (YAML) that are put in force at each start, separated by commas.",
  ),
  connectionsMax: option(
    count("COUNT", 1_024, 16_777_216),
    "131072",
    "Connections tracked at a time; counts when the tables are made.",
  ),
  addressPools: option(
    addressPools,
    DEFAULT_ADDRESS_POOLS.map(({ base, size }) => `${base}:${size}`).join(","),
    "Where the IPAM driver takes subnets from that nobody asked for, with their prefix length.",
  ),
  addressReuseDelayMs: option(
    count("MS", 0, 86_400_000),
    "60000",
    "How long a released address rests before another container gets it, in milliseconds.",
  ),
  logFormat: option(oneOf(["text", "json"]), "text", "Log entries as lines for people or for machines."),
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** The option that names the configuration file, which can therefore not be in it. */
export const CONFIG_FILE = {
  flag: "--config",
  environment: "HYPERION_CONFIG",
  placeholder: "FILE",
  description: "Configuration file: a JSON object of the options, by their names in it.",
} as const;

/** The settings of a daemon. Frozen. `none` is undefined. */
export type Config = { readonly [Name in OptionName]: z.output<(typeof OPTIONS)[Name]["schema"]> };

/** `pluginSocket` → `--plugin-socket`. */
export function flagOf(name: OptionName): string {
  return `--${words(name).join("-")}`;
}

/** `pluginSocket` → `HYPERION_PLUGIN_SOCKET`. */
export function environmentOf(name: OptionName): string {
  return `HYPERION_${words(name).join("_").toUpperCase()}`;
}

function words(name: OptionName): string[] {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(" ");
}

import { nearest } from "../base/nearest.ts";
import type { ComposeProject } from "../compose/project.ts";
import { isPolicyLabel } from "../model/policy-label.ts";
import { POSTURES } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import { type AdminProblem, type Fault, type Finding, formatProblem, lint } from "../policy/index.ts";
import { formatPlace, type Place } from "../yaml/index.ts";
import { isHyperions } from "./networks.ts";
import { type PolicyFile, problemsTogether } from "./policies.ts";
import type { OfflinePopulation } from "./population.ts";

/** A finding, or a notice of how the files are read, where it is written. */
export interface PlacedFinding {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** The service, the network or the admin policy; null for a notice about a file. */
  readonly who: string | null;
  /** Null: it is about no label in particular. */
  readonly label: string | null;
  readonly text: string;
  readonly suggestion: string | null;
  readonly place: Place | null;
  /** What people are shown: several lines, with a caret where there is a text. */
  readonly message: string;
}

/** What the offline tool itself has to say of networks. */
export const NETWORK_NOTICES = {
  W520: "a network without a driver, which is read as if Hyperion made it",
  W521: "policy for a network that another driver makes",
} as const;

export interface OfflineInput {
  readonly projects: readonly ComposeProject[];
  readonly offline: OfflinePopulation;
  readonly policies: readonly PolicyFile[];
  /** Where the daemon takes subnets from that nobody asked for. */
  readonly defaultPools: readonly Prefix[];
}

/** All that is to be said of what the files say; errors first, each in the order of the files. */
export function findAll(input: OfflineInput): readonly PlacedFinding[] {
  const found = [
    ...placeAll(input),
    ...policyErrors(input.policies),
    ...networkErrors(input),
    ...notices(input),
  ];
  const rank = ({ severity }: PlacedFinding) => Number(severity === "warning");
  return found.toSorted((a, b) => rank(a) - rank(b) || comparePlaces(a.place, b.place));
}

/** What keeps a policy from being enforced: while there is any of it, no verdict means anything. */
export function errorsIn(input: OfflineInput): readonly PlacedFinding[] {
  return findAll(input).filter(({ severity }) => severity === "error");
}

function comparePlaces(a: Place | null, b: Place | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return (a.file < b.file ? -1 : Number(a.file > b.file)) || a.line - b.line || a.column - b.column;
}

function placeAll({ offline, policies, defaultPools }: OfflineInput): readonly PlacedFinding[] {
  const pools = [
    ...offline.networks.flatMap(({ name, subnets }) =>
      subnets.map((prefix) => ({ prefix, name: `network ${name}` })),
    ),
    ...defaultPools.map((prefix) => ({ prefix, name: "the daemon's pools" })),
  ];
  const { population, services } = offline;
  const linted = policies.flatMap(({ policy }) => policy ?? []);
  const findings = lint({ population, services, policies: linted, pools });
  return findings.map((finding) => placed(finding, placeOf(finding, offline, policies)));
}

function placeOf(
  { who, carrier, label, network, port }: Finding,
  { services }: OfflinePopulation,
  policies: readonly PolicyFile[],
): Place | undefined {
  if (carrier === "admin policy") {
    const file = policies.find(({ policy }) => policy?.policy.name === who);
    const [rule, key = ""] = (label ?? "").split(".");
    const position = file?.policy?.texts.rules.findIndex(({ name }) => name === rule) ?? -1;
    return file?.where(["rules", position, key]);
  }
  const service = services.find(({ name }) => name === who);
  const port_ = port === undefined ? undefined : service?.wherePort(port);
  const written = label === undefined ? undefined : service?.where(label, network);
  return port_ ?? written ?? service?.place;
}

function placed(finding: Finding, place: Place | undefined): PlacedFinding {
  const { code, severity, who, label, text, suggestion } = finding;
  return {
    code,
    severity,
    who,
    label: label ?? null,
    text,
    suggestion: suggestion ?? null,
    place: place ?? null,
    message: withPlace(messageOf(finding), place),
  };
}

function messageOf(finding: Finding): string {
  const { carrier, label, value } = finding;
  if (carrier === undefined || label === undefined || value === undefined) {
    return `${finding.code} ${finding.who}: ${finding.text}`;
  }
  return formatProblem({ ...finding, carrier, label, value }, finding.who);
}

/** The place ends the first line: what the message is about comes first. */
function withPlace(message: string, place: Place | undefined): string {
  if (place === undefined) return message;
  const [first = "", ...rest] = message.split("\n");
  return [`${first} (${formatPlace(place)})`, ...rest].join("\n");
}

/** What keeps admin policies from being applied, wherever they are to be. */
export function policyErrors(policies: readonly PolicyFile[]): readonly PlacedFinding[] {
  const show = (problem: AdminProblem, file: PolicyFile | undefined) =>
    placed({ ...problem, severity: "error", who: problem.policy }, file?.where(problem.path));
  return [
    ...policies.flatMap((file) => file.problems.map((problem) => show(problem, file))),
    ...problemsTogether(policies).map((problem) =>
      show(
        problem,
        policies.find(({ policy }) => policy?.policy.name === problem.policy),
      ),
    ),
  ];
}

/** Network options of ours that the driver refuses: without them a posture that is mistyped is none. */
function networkErrors({ offline, projects }: OfflineInput): readonly PlacedFinding[] {
  const hyperions = new Set(offline.networks.map(({ name }) => name));
  return projects.flatMap(({ networks }) =>
    networks
      .filter(({ name, external }) => !external && hyperions.has(name))
      .flatMap((network) =>
        Object.entries(network.options).flatMap(([label, value]): PlacedFinding[] => {
          const fault = faultOfOption(label, value);
          if (fault === undefined) return [];
          const about = { carrier: "driver_opts", label, value, who: `network ${network.name}` } as const;
          const finding = { ...fault, ...about, severity: "error" } as const;
          return [placed(finding, network.where(label) ?? network.place)];
        }),
      ),
  );
}

function faultOfOption(label: string, value: string): Fault | undefined {
  if (!isPolicyLabel(label)) return undefined;
  const values = NETWORK_VALUES.get(label);
  if (values === undefined) {
    const known = [...NETWORK_VALUES.keys()];
    const text = `unknown option of a network; there are ${known.join(", ")}`;
    return { code: "E101", text, span: undefined, suggestion: nearest(label, known) };
  }
  if (values === "any" || values.includes(value)) return undefined;
  const span = { start: 0, end: value.length };
  return { code: "E150", text: `expected ${values.join(", ")}`, span, suggestion: undefined };
}

/** Options of a network, and the values of those that verdicts depend on. */
export const NETWORK_VALUES = new Map<string, readonly string[] | "any">([
  ["hyperion.policy", POSTURES],
  ["hyperion.gateway", ["docker", "none"]],
  ["hyperion.mtu", "any"],
  ["hyperion.multicast", "any"],
]);

/** How the files are read where that may not be what their author expects. */
function notices({ projects }: OfflineInput): readonly PlacedFinding[] {
  const drivers = driversOfOthers(projects);
  return projects.flatMap((project) => [
    ...project.notices.map(({ code, text, where }) => notice(code, project.name, text, where)),
    ...project.networks.flatMap((network): PlacedFinding[] => {
      const who = `network ${network.name}`;
      if (!network.external && network.driver === undefined) {
        const text =
          "no driver is written, so Docker makes a bridge; it is read here as if it said: driver: hyperion";
        return [notice("W520", who, text, network.place)];
      }
      const driver = drivers.get(network.name);
      const others = driver === undefined ? [] : labelled(project, network.key);
      return others.map((name) =>
        notice("W521", name, `policy does not govern ${who}, which ${driver} makes`, network.place),
      );
    }),
  ]);
}

/** Networks that other drivers make, by name: who calls one external does not say what makes it. */
function driversOfOthers(projects: readonly ComposeProject[]): ReadonlyMap<string, string | undefined> {
  const others = projects.flatMap(({ networks }) => networks.filter((network) => !isHyperions(network)));
  return new Map(others.map(({ name, driver }) => [name, driver]));
}

/** Services that say something about policy, and are on a network of another driver. */
function labelled(project: ComposeProject, key: string): readonly string[] {
  return project.services
    .filter(({ networks, labels }) => {
      const says = Object.keys(labels).some(isPolicyLabel);
      return says && networks.some((network) => network.key === key);
    })
    .map(({ name }) => `${project.name}/${name}`);
}

function notice(code: string, who: string, text: string, place: Place | undefined): PlacedFinding {
  const shown = place ?? null;
  const message = withPlace(`${code} ${who}: ${text}`, place);
  return { code, severity: "warning", who, label: null, text, suggestion: null, place: shown, message };
}

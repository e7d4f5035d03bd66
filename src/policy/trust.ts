import type { ContainerFacts } from "../model/facts.ts";
import { isPolicyLabel } from "../model/policy-label.ts";
import type { Warning } from "./warning.ts";

/** Written by compose (docker/compose, pkg/api/labels.go) and by Swarm (docker/cli, compose/convert). */
export const COMPOSE_PROJECT = "com.docker.compose.project";
export const COMPOSE_SERVICE = "com.docker.compose.service";
export const SWARM_SERVICE = "com.docker.swarm.service.name";
export const SWARM_STACK = "com.docker.stack.namespace";

/**
 * The labels that say where compose or Swarm put a container, and the marks by which it can be told
 * that it was they who did: compose writes the first also on the images that it builds, the marks on
 * containers only.
 */
const PLACES = [
  {
    labels: [COMPOSE_PROJECT, COMPOSE_SERVICE],
    marks: ["com.docker.compose.config-hash", "com.docker.compose.container-number"],
  },
  { labels: [SWARM_SERVICE, SWARM_STACK], marks: ["com.docker.swarm.task.id"] },
] as const;
const PLACE_LABELS: ReadonlySet<string> = new Set(PLACES.flatMap(({ labels }) => labels));
const MARKS: ReadonlySet<string> = new Set(PLACES.flatMap(({ marks }) => marks));

/** What policy asks of a container; the rest of its facts is nobody's business here. */
export type LabelledContainer = Pick<ContainerFacts, "name" | "labels" | "inherited">;

/** What reading labels depends on besides them. */
export interface TrustSettings {
  /** Labels besides `hyperion.label.*` that selectors may see. */
  readonly identityLabels: readonly string[];
  /** True: labels count also when they come from the image. */
  readonly trustImageLabels: boolean;
}

/** The labels of one container that count. */
export interface CountedLabels {
  readonly labels: Readonly<Record<string, string>>;
  /** Those that do not, because they come from the image (W401). By key. */
  readonly warnings: readonly Warning[];
  /** True: nobody knows what comes from the image, and there are labels for which that matters. */
  readonly originUnknown: boolean;
}

/** What whoever built the image may say, and what only who runs it may. */
export function countedLabels(
  container: LabelledContainer | undefined,
  settings: TrustSettings,
): CountedLabels {
  if (container === undefined) return { labels: {}, warnings: [], originUnknown: false };
  const { labels, inherited } = container;
  const fromImage = new Set(settings.trustImageLabels ? [] : inherited);
  const placed = new Set(
    PLACES.flatMap((place): readonly string[] => {
      const marked = place.marks.some((mark) => Object.hasOwn(labels, mark) && !fromImage.has(mark));
      return marked ? place.labels : [];
    }),
  );
  const isOwn = (key: string) => isPolicyLabel(key) || settings.identityLabels.includes(key);
  const counted: [string, string][] = [];
  const warnings: Warning[] = [];
  for (const [key, value] of relevantLabels(labels, settings.identityLabels)) {
    if (PLACE_LABELS.has(key) ? placed.has(key) : isOwn(key) && !fromImage.has(key)) {
      counted.push([key, value]);
    } else if (isOwn(key)) warnings.push(ignored(key, value));
  }
  const originUnknown = inherited === undefined && !settings.trustImageLabels && counted.length > 0;
  return { labels: Object.fromEntries(counted), warnings, originUnknown };
}

function ignored(label: string, value: string): Warning {
  return {
    code: "W401",
    text: "comes from the image and is ignored; set it on the container, or tell the daemon to trustImageLabels",
    span: undefined,
    suggestion: undefined,
    carrier: "label",
    label,
    value,
  };
}

/**
 * The labels that policy looks at, by key: what else a container has cannot change anything. Those
 * that come from the image are wanted among them ({@link ContainerFacts.inherited}).
 */
export function relevantLabels(
  labels: Readonly<Record<string, string>>,
  identityLabels: readonly string[],
): readonly (readonly [key: string, value: string])[] {
  return Object.keys(labels)
    .filter((key) => isRelevant(key) || identityLabels.includes(key))
    .sort()
    .map((key) => [key, labels[key] ?? ""]);
}

function isRelevant(key: string): boolean {
  return isPolicyLabel(key) || PLACE_LABELS.has(key) || MARKS.has(key);
}

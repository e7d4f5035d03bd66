import { type Figure, isMeasured, samplesOf } from "./figures.ts";
import { median, medianRatio } from "./statistics.ts";

/** A promise and what became of it in this run. */
export interface Outcome {
  readonly target: string;
  /** What was promised, for people: `≥ 1.10`. */
  readonly promised: string;
  readonly seen: string;
  readonly met: boolean;
}

interface Target {
  readonly text: string;
  readonly relation: "≥" | "≤" | "=";
  readonly bound: number;
  readonly unit?: string;
  readonly digits: number;
  /** Series that must have been measured, as figure and system. */
  readonly needs: readonly (readonly [figure: string, system: string])[];
  readonly value: (...samples: readonly (readonly number[])[]) => number;
}

const REFERENCE = "hyperion-10";

/** `figure` of one system divided by that of another, round by round. */
function ratio(text: string, figure: string, system: string, base: string, bound: number): Target {
  const needs = [[figure, system] as const, [figure, base] as const];
  const value = (a: readonly number[] = [], b: readonly number[] = []) => medianRatio(a, b);
  return { text, relation: "≥", bound, digits: 3, needs, value };
}

function most(
  text: string,
  [figure, system]: readonly [string, string],
  bound: number,
  unit: string,
  value: (samples: readonly number[]) => number = median,
): Target {
  const needs = [[figure, system] as const];
  return { text, relation: "≤", bound, unit, digits: 1, needs, value: (samples = []) => value(samples) };
}

const TARGETS: readonly Target[] = [
  ratio("HTTP keep-alive ÷ Docker's bridge", "http-keepalive", REFERENCE, "docker-bridge", 1.1),
  ratio("HTTP new connections ÷ Docker's bridge", "http-new", REFERENCE, "docker-bridge", 1.25),
  ratio("HTTP keep-alive ÷ bare veth pair", "http-keepalive", REFERENCE, "bare-veth", 0.93),
  ratio("HTTP new connections ÷ bare veth pair", "http-new", REFERENCE, "bare-veth", 0.93),
  ratio("HTTP keep-alive, 10 000 rules ÷ 10", "http-keepalive", "hyperion-10000", REFERENCE, 0.97),
  ratio("HTTP new connections, 10 000 rules ÷ 10", "http-new", "hyperion-10000", REFERENCE, 0.97),
  most("Driver time per endpoint, median", ["driver-time", "one-by-one"], 15, "ms"),
  most("Driver time, 32 starting at once, median", ["driver-time", "at-once"], 25, "ms"),
  most("Driver time, 32 starting at once, slowest", ["driver-time", "at-once"], 25, "ms", (samples) =>
    Math.max(...samples),
  ),
  most("Daemon start, 500 endpoints to adopt", ["daemon-start", "500-endpoints"], 1_000, "ms"),
  most("Resident memory, 500 endpoints", ["daemon-memory", "500-endpoints"], 120, "MB"),
  most("Policy of 1 000 endpoints × 20 rules", ["policy-full", "1000 endpoints × 20 rules"], 300, "ms"),
  most("Policy after one container's change", ["policy-change", "a new rule"], 5, "ms"),
  most("Policy after a new identity", ["policy-change", "a new identity"], 5, "ms"),
  most("Policy after a new prefix outside", ["policy-change", "a new prefix"], 5, "ms"),
  {
    text: "Rows written to adopt 500 endpoints",
    relation: "=",
    bound: 0,
    digits: 0,
    needs: [["adoption-writes", "500-endpoints"]],
    value: (samples = []) => Math.max(...samples),
  },
  most(
    "NIC entries that a change touches ÷ needed, worst",
    ["nic-touched", "worst of all"],
    1,
    "×",
    (samples) => Math.max(...samples),
  ),
  most("Packets lost while policy changes, softnic", ["nic-lost", "switching"], 0, "packets", (samples) =>
    Math.max(...samples),
  ),
];

/** The outcome of each target whose figures are there: a part of the benchmark judges its part. */
export function judge(figures: readonly Figure[]): readonly Outcome[] {
  return TARGETS.filter(({ needs }) => needs.every(([id, system]) => isMeasured(figures, id, system))).map(
    ({ text, relation, bound, unit, digits, needs, value }) => {
      const seen = value(...needs.map(([id, system]) => samplesOf(figures, id, system)));
      const met = relation === "≥" ? seen >= bound : relation === "≤" ? seen <= bound : seen === bound;
      const suffix = unit === undefined ? "" : ` ${unit}`;
      return {
        target: text,
        promised: `${relation} ${bound}${suffix}`,
        seen: `${seen.toFixed(digits)}${suffix}`,
        met,
      };
    },
  );
}

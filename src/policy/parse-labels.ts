import { nearest } from "../base/nearest.ts";
import { isPolicyLabel } from "../model/policy-label.ts";
import { type Direction, isPosture, POSTURES, type Posture } from "../model/posture.ts";
import type { Rule } from "./ast.ts";
import { isName, type LabelKey, readLabelKey } from "./label-keys.ts";
import { parseRule } from "./parse-rule.ts";
import { type Carrier, type Fault, type Problem, quote, type Span } from "./problem.ts";
import { parseRate, type Rate } from "./rate.ts";

/** audit: decide, count and report, and pass. learn: as audit, and record flows for suggestions. */
export type PolicyMode = "enforce" | "audit" | "learn";
/** require: no start without a hardware VF and room in the hardware tables. */
export type Offload = "prefer" | "require" | "off";

/** A rule as one carrier states it. */
export interface StatedRule {
  readonly label: string;
  /** The text as it was written, for messages about it. */
  readonly text: string;
  readonly direction: Direction;
  readonly name: string;
  readonly rule: Rule;
}

/** What the `hyperion.*` keys of one carrier say; undefined where they say nothing. */
export interface Statement {
  readonly carrier: Carrier;
  readonly posture: Posture | undefined;
  readonly mode: PolicyMode | undefined;
  readonly offload: Offload | undefined;
  readonly groups: readonly string[] | undefined;
  readonly identity: ReadonlyMap<string, string>;
  readonly rates: Readonly<Partial<Record<Direction, Rate>>>;
  readonly rules: readonly StatedRule[];
}

export interface ParsedLabels {
  readonly statement: Statement;
  /** By key. Not empty: the statement lacks what these labels were to say, and must not be enforced. */
  readonly problems: readonly Problem[];
}

const MODES: readonly string[] = ["enforce", "audit", "learn"] satisfies PolicyMode[];
const OFFLOADS: readonly string[] = ["prefer", "require", "off"] satisfies Offload[];

/** Reads the `hyperion.*` entries of one carrier; others are ignored. Their order does not matter. */
export function parseLabels(entries: Readonly<Record<string, string>>, carrier: Carrier): ParsedLabels {
  const reader = new LabelReader(carrier);
  const labels = Object.keys(entries).filter(isPolicyLabel);
  for (const label of labels.sort()) reader.read(label, entries[label] ?? "");
  return { statement: reader.statement, problems: reader.problems };
}

type Draft = { -readonly [Key in keyof Statement]: Statement[Key] };

class LabelReader {
  readonly problems: Problem[] = [];
  readonly #draft: Draft;
  readonly #identity = new Map<string, string>();
  readonly #rates: Partial<Record<Direction, Rate>> = {};
  readonly #rules: StatedRule[] = [];

  constructor(carrier: Carrier) {
    this.#draft = {
      carrier,
      posture: undefined,
      mode: undefined,
      offload: undefined,
      groups: undefined,
      identity: this.#identity,
      rates: this.#rates,
      rules: this.#rules,
    };
  }

  get statement(): Statement {
    return this.#draft;
  }

  read(label: string, value: string): void {
    const outcome = readLabelKey(label);
    const fault = outcome.key === undefined ? outcome.fault : this.#take(outcome.key, label, value);
    if (fault !== undefined) {
      this.problems.push({ ...fault, carrier: this.#draft.carrier, label, value });
    }
  }

  /** Notes what a label says, or returns what is wrong with its value. */
  #take(key: LabelKey, label: string, value: string): Fault | undefined {
    switch (key.kind) {
      case "rule":
        return this.#takeRule(key, label, value);
      case "groups":
        return this.#takeGroups(value);
      case "rate":
        return this.#takeRate(key.direction, value);
      case "identity":
        this.#identity.set(key.key, value);
        return undefined;
      default:
        return this.#takeWord(key.kind, value);
    }
  }

  #takeRule(key: LabelKey & { kind: "rule" }, label: string, text: string): Fault | undefined {
    const { rule, fault } = parseRule(text, key.direction);
    if (rule === undefined) return fault;
    this.#rules.push({ label, text, direction: key.direction, name: key.name, rule });
    return undefined;
  }

  #takeGroups(value: string): Fault | undefined {
    const groups = value.split(",").map((name) => name.trim());
    const wrong = groups.find((name) => !isName(name));
    if (wrong !== undefined) return badValue(value, "expected names of groups, like web,edge");
    this.#draft.groups = [...new Set(groups)].sort();
    return undefined;
  }

  #takeRate(direction: Direction, value: string): Fault | undefined {
    const rate = parseRate(value);
    if (typeof rate === "string") return badValue(value, rate);
    this.#rates[direction] = rate;
    return undefined;
  }

  #takeWord(kind: "posture" | "mode" | "offload", value: string): Fault | undefined {
    const word = value.trim().toLowerCase();
    if (kind === "posture" && isPosture(word)) this.#draft.posture = word;
    else if (kind === "mode" && MODES.includes(word)) this.#draft.mode = word as PolicyMode;
    else if (kind === "offload" && OFFLOADS.includes(word)) this.#draft.offload = word as Offload;
    else {
      const words = kind === "posture" ? POSTURES : kind === "mode" ? MODES : OFFLOADS;
      return badValue(value, `expected ${words.map(quote).join(", ")}`, nearest(word, words));
    }
    return undefined;
  }
}

function badValue(value: string, text: string, suggestion?: string): Fault {
  return { code: "E150", text, span: trimmedSpan(value), suggestion };
}

function trimmedSpan(value: string): Span {
  const start = value.length - value.trimStart().length;
  return { start, end: Math.max(start, value.trimEnd().length) };
}

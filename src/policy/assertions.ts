import { isHyperionError } from "../model/errors.ts";
import type { Verdict } from "../model/posture.ts";
import { type Explanation, explain, nameOf } from "./explain.ts";
import { probeBetween } from "./matrix.ts";
import { findEnd, meetings } from "./meeting.ts";
import type { Population } from "./population.ts";
import { type NamedProbe, parseProbe } from "./probe.ts";

/** What somebody promises of a population: `allow: web -> db tcp/5432`. */
export interface Assertion {
  readonly verdict: Verdict;
  readonly from: string;
  readonly to: string;
  readonly probe: NamedProbe;
}

export type ReadAssertion =
  | { readonly assertion: Assertion; readonly reason?: undefined }
  | { readonly assertion?: undefined; readonly reason: string };

const EXPECTED =
  'expected "allow: FROM -> TO PROBE" or "deny: FROM -> TO PROBE", like "allow: web -> db tcp/5432"';

/** Reads one item of a list of assertions; the reason is a phrase without a full stop. */
export function readAssertion(item: unknown): ReadAssertion {
  const entries = typeof item === "object" && item !== null ? Object.entries(item) : [];
  const [verdict, text] = entries[0] ?? [];
  if (entries.length !== 1 || (verdict !== "allow" && verdict !== "deny") || typeof text !== "string") {
    return { reason: EXPECTED };
  }
  const [, from, to, probe] = /^\s*(\S+)\s*->\s*(\S+)\s+(\S+)\s*$/.exec(text) ?? [];
  if (from === undefined || to === undefined || probe === undefined) return { reason: EXPECTED };
  try {
    return { assertion: { verdict, from, to, probe: parseProbe(probe) } };
  } catch (error) {
    if (isHyperionError(error, "E181")) return { reason: error.message };
    throw error;
  }
}

/** What was found of one assertion. */
export interface AssertionResult {
  readonly assertion: Assertion;
  readonly holds: boolean;
  /** Of every network on which the two meet; empty when they meet on none, which denies. */
  readonly found: readonly FoundVerdict[];
}

export interface FoundVerdict {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly explanation: Explanation;
}

/**
 * Checks one assertion. Whether a connection passes is what counts: allow holds if it does on any network
 * that the two share, deny if it does on none. Throws E182, E205 for a name that means nobody.
 */
export function checkAssertion(population: Population, assertion: Assertion): AssertionResult {
  const { verdict, from, to, probe } = assertion;
  const found = meetings(population, findEnd(population, from), findEnd(population, to)).map((meeting) => ({
    network: meeting.network,
    from: nameOf(meeting.from),
    to: nameOf(meeting.to),
    explanation: explain(meeting.from, meeting.to, probeBetween(probe, meeting.from, meeting.to)),
  }));
  const passes = found.some(({ explanation }) => explanation.verdict === "allow");
  return { assertion, holds: passes === (verdict === "allow"), found };
}

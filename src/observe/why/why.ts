import type { EndpointFacts, Facts, NetworkFacts } from "../../model/facts.ts";
import type { Row } from "../../model/rows.ts";
import { type Desired, LookupTables } from "../../pipeline/index.ts";
import type { RuleCounter } from "../../platform/dataplane/dataplane.ts";
import { parseProbe } from "../../policy/index.ts";
import type { WhyDocument, WhyQuestion } from "../admin-view.ts";
import { networkCalled } from "../endpoint-search.ts";
import { answerFor } from "./answer.ts";
import { askedEnd } from "./ends.ts";
import { homeOf, type LiveMeeting, liveMeetings } from "./meetings.ts";

/** Pairs that one question may be about; of what is asked beyond, only the number is told. */
export const ANSWERS_MAX = 100;

/** What the data plane holds, read back from it, and what it should. */
export interface Programmed {
  readonly facts: Facts;
  readonly desired: Desired;
  readonly rows: readonly Row[];
  readonly counters: readonly RuleCounter[];
  /** False: it was refused some of what it should hold, and that is tried again. */
  readonly settled: boolean;
}

/**
 * Whether a connection passes, by the tables of the data plane, and why, by the policies they were made
 * of; where the two disagree that is said. Throws E181, E190 to E192, E205.
 */
export function explainLive(question: WhyQuestion, programmed: Programmed): WhyDocument {
  const { facts, desired, rows, settled } = programmed;
  const probe = parseProbe(question.probe);
  const network = question.network === undefined ? undefined : networkCalled(question.network, facts);
  const from = askedEnd(question.from, facts, desired);
  const to = askedEnd(question.to, facts, desired);
  const { meetings, notes } = liveMeetings(from, to, facts);
  const wanted = meetings.filter((meeting) => isOn(meeting, network));
  const elsewhere = wanted.length === 0 && meetings.length > 0;
  const tables = new LookupTables(rows);
  return {
    from: question.from,
    to: question.to,
    probe: probe.text,
    answers: wanted.slice(0, ANSWERS_MAX).map((meeting) => answerFor(meeting, probe, programmed, tables)),
    more: Math.max(0, wanted.length - ANSWERS_MAX),
    notes: elsewhere ? [...notes, `they do not meet on network ${question.network}`] : notes,
    settled,
  };
}

function isOn(meeting: LiveMeeting, network: NetworkFacts | undefined): boolean {
  const home: EndpointFacts = homeOf(meeting);
  return network === undefined || home.networkId === network.id;
}

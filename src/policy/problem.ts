import { widthOf } from "../base/width.ts";
import type { ErrorCode } from "../model/errors.ts";
import { MESSAGE_LENGTH_MAX } from "../model/errors.ts";

/** A stretch of a text in UTF-16 units, `end` exclusive. Where something is missing, `start` equals `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What can be wrong with policies. */
export type ProblemCode = Extract<
  ErrorCode,
  "E101" | "E102" | "E117" | "E121" | "E130" | "E131" | "E133" | "E140" | "E150" | "E171" | "E176" | "E510"
>;

/** What is to be said of a text, before it is known which label the text stands in. */
export interface Remark<Code extends string> {
  readonly code: Code;
  /** A phrase without a full stop. */
  readonly text: string;
  /** Where; undefined when it is the key, and not the value, that is wrong. */
  readonly span: Span | undefined;
  /** What to write instead of the text under `span` (or instead of the key). */
  readonly suggestion: string | undefined;
}

/** What is wrong with a text. */
export type Fault = Remark<ProblemCode>;

/** Where a `hyperion.*` key was written. */
export type Carrier = "driver_opts" | "label";

/** Where a text stands that a remark is about. */
export interface Place {
  readonly carrier: Carrier | "admin policy";
  /** The key: `hyperion.ingress.sql`, or in an admin policy `no-telnet.ingress`. */
  readonly label: string;
  readonly value: string;
}

/** A fault and the label that has it: the policy must not be enforced as it is. */
export type Problem = Fault & Place;

const PLACE_WORD: Readonly<Record<Place["carrier"], string>> = {
  driver_opts: "driver option",
  label: "label",
  "admin policy": "admin policy",
};

/** Longest stretch of a value that a message quotes, in characters. */
const EXCERPT_LENGTH_MAX = 100;

/**
 * The whole message: code, who and label; the text with a caret; what is wrong and what to write.
 *
 * @param who the container, the service, or the admin policy by its file or name.
 */
export function formatProblem(problem: Remark<string> & Place, who: string): string {
  const heading = clip(headingOf(problem, who), MESSAGE_LENGTH_MAX - 1);
  if (problem.span === undefined) return `${heading}\n  ${sentenceOf(problem)}`;
  const { text, start, end } = excerpt(problem.value, problem.span);
  const caret = " ".repeat(widthOf(text.slice(0, start))) + "^".repeat(widthOf(text.slice(start, end)) || 1);
  return `${heading}\n  ${text}\n  ${caret} ${sentenceOf(problem)}`;
}

function headingOf(problem: Remark<string> & Place, who: string): string {
  return `${problem.code} ${printable(who)}: ${PLACE_WORD[problem.carrier]} ${printable(problem.label)}`;
}

function sentenceOf(fault: Remark<string>): string {
  const hint = fault.suggestion === undefined ? "" : `; did you mean ${quote(fault.suggestion)}?`;
  return printable(fault.text) + hint;
}

/** `text` in quotation marks for a message, on one line and not too long. */
export function quote(text: string): string {
  return `"${clip(printable(text), 60)}"`;
}

/** The part of `value` around `span`, and where the span lies in it. */
function excerpt(value: string, span: Span): { text: string; start: number; end: number } {
  if (value.length <= EXCERPT_LENGTH_MAX) return { text: printable(value), ...span };
  const from = Math.max(0, Math.min(span.start - 40, value.length - EXCERPT_LENGTH_MAX));
  const to = Math.min(value.length, from + EXCERPT_LENGTH_MAX);
  const lead = from > 0 ? "…" : "";
  const tail = to < value.length ? "…" : "";
  return {
    text: lead + printable(value.slice(from, to)) + tail,
    start: span.start - from + lead.length,
    end: Math.min(span.end, to) - from + lead.length,
  };
}

function clip(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** Line breaks and control characters become spaces, so that a caret stands where it should. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");
}

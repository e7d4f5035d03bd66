import { type ErrorCode, HyperionError, MESSAGE_LENGTH_MAX } from "../model/errors.ts";
import { formatPlace, type Place } from "../yaml/index.ts";

/** Errors that have a place and a reason (model/errors.ts). */
export type FaultCode = Extract<ErrorCode, "E160" | "E161" | "E162" | "E164">;

/** Keys and positions from a file's root: `services.web.ports.[0]`. */
export type TreePath = readonly string[];

/** Shortest reason that is shown, however long the name of the file is. */
const REASON_LENGTH_MIN = 60;

/**
 * The error for something that is wrong at a place.
 *
 * @param place undefined: in no file, as an environment variable is.
 * @param path what is wrong, where a message is to name it.
 */
export function fault(code: FaultCode, place: Place | string | undefined, reason: string, path?: TreePath) {
  const where = placeName(place);
  const named = path === undefined ? undefined : formatPath(path);
  const room = MESSAGE_LENGTH_MAX - 1 - where.length - (named === undefined ? 2 : named.length + 4);
  const text = clip(oneLine(reason), Math.max(REASON_LENGTH_MIN, room));
  if (code === "E161") return new HyperionError(code, { place: where, path: named ?? "", reason: text });
  const reasoned = named === undefined ? text : `${named}: ${text}`;
  return new HyperionError(code, { place: where, reason: reasoned });
}

/** E163: `${VARIABLE:?reason}` at a place, and no value. */
export function requiredFault(place: Place | string | undefined, variable: string, reason: string) {
  const text = reason === "" ? "set it in the environment or in .env" : oneLine(reason);
  return new HyperionError("E163", {
    place: placeName(place),
    variable,
    reason: clip(text, REASON_LENGTH_MIN * 2),
  });
}

/** As compose writes paths, positions in brackets: `services.web.ports[0]`. */
export function formatPath(path: TreePath): string {
  if (path.length === 0) return "the file";
  return clip(path.join(".").replaceAll(".[", "["), MESSAGE_LENGTH_MAX / 2);
}

/** `text` in quotation marks, not too long. */
export function quote(text: string): string {
  return JSON.stringify(clip(text, 60));
}

function placeName(place: Place | string | undefined): string {
  if (place === undefined) return "environment";
  return typeof place === "string" ? place : formatPlace(place);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

function clip(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

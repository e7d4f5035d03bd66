import { type ErrorCode, HyperionError, MESSAGE_LENGTH_MAX } from "../model/errors.ts";
import { formatPlace, type Place } from "../yaml/index.ts";

/** Errors that have a place and a reason (model/errors.ts). */
export type FaultCode = Extract<ErrorCode, "E160" | "E161" | "E162" | "E164">;

/** Keys and positions from a file's root: `services.web.ports.[0]`. */
export type TreePath = readonly string[];

/** Longest name of a place, which is cut at its beginning. */
const PLACE_LENGTH_MAX = 80;
/** What a reason gets of a message, however long the path is. */
const REASON_LENGTH_MIN = 60;
const NAME_LENGTH_MAX = 40;

/**
 * The error for something that is wrong at a place; its message is shorter than {@link MESSAGE_LENGTH_MAX}.
 *
 * @param place undefined: in no file, as an environment variable is.
 * @param path what is wrong, where a message is to name it.
 */
export function fault(code: FaultCode, place: Place | string | undefined, reason: string, path?: TreePath) {
  const where = placeName(place);
  const line = oneLine(reason);
  const room = MESSAGE_LENGTH_MAX - 1 - where.length - ": ".length;
  if (path === undefined) return new HyperionError(code, { place: where, reason: clip(line, room) });
  const kept = Math.min(line.length, REASON_LENGTH_MIN);
  const named = clip(oneLine(formatPath(path)), room - ": ".length - kept);
  const text = clip(line, room - ": ".length - named.length);
  if (code === "E161") return new HyperionError(code, { place: where, path: named, reason: text });
  return new HyperionError(code, { place: where, reason: `${named}: ${text}` });
}

/** E163: `${VARIABLE:?reason}` at a place, and no value. */
export function requiredFault(place: Place | string | undefined, variable: string, reason: string) {
  const text = reason === "" ? "set it in the environment or in .env" : oneLine(reason);
  return new HyperionError("E163", {
    place: placeName(place),
    variable: clip(variable, NAME_LENGTH_MAX),
    reason: clip(text, REASON_LENGTH_MIN - 10),
  });
}

/** E165: no compose file in a directory or above it. */
export function nowhereFault(directory: string) {
  return new HyperionError("E165", { directory: clipStart(oneLine(directory), PLACE_LENGTH_MAX) });
}

/** E166: what a source says is no name of a project. */
export function nameFault(source: string, name: string) {
  return new HyperionError("E166", {
    source: clipStart(oneLine(source), PLACE_LENGTH_MAX - NAME_LENGTH_MAX),
    name: quote(name),
  });
}

/** As compose writes paths, positions in brackets: `services.web.ports[0]`. */
function formatPath(path: TreePath): string {
  return path.length === 0 ? "the file" : path.join(".").replaceAll(".[", "[");
}

/** `text` in quotation marks, not too long. */
export function quote(text: string): string {
  return JSON.stringify(clip(text, NAME_LENGTH_MAX));
}

function placeName(place: Place | string | undefined): string {
  if (place === undefined) return "environment";
  return clipStart(oneLine(typeof place === "string" ? place : formatPlace(place)), PLACE_LENGTH_MAX);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

function clip(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

function clipStart(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `…${text.slice(text.length - lengthMax + 1)}`;
}

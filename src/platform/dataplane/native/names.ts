import { HyperionError } from "../../../model/errors.ts";
import type { Direction } from "../../../model/posture.ts";
import type { PortKind } from "../../../model/rows.ts";

/** enum hyp_direction. */
export const DIRECTIONS: ReadonlyMap<Direction, number> = new Map([
  ["egress", 0],
  ["ingress", 1],
]);

/** enum hyp_port_kind. */
export const PORT_KINDS: ReadonlyMap<PortKind, number> = new Map([
  ["vf", 0],
  ["gateway", 1],
]);

/** The ABI's number of a name. */
export function numberOf<Name extends string>(names: ReadonlyMap<Name, number>, name: Name): number {
  const number = names.get(name);
  if (number === undefined) throw new TypeError(`${name} has no number on the ABI`);
  return number;
}

/** The name of an ABI number. Throws E501 when there is none: another version wrote it. */
export function nameOf<Name extends string>(
  names: ReadonlyMap<Name, number>,
  number: number,
  what: string,
): Name {
  for (const [name, candidate] of names) if (candidate === number) return name;
  throw new HyperionError("E501", { operation: "reading it", reason: `${what} ${number} is unknown` });
}

import { z } from "zod";
import { HyperionError, reasonOf } from "../model/errors.ts";
import type { EndpointId, NetworkId } from "../model/ids.ts";
import {
  familyOf,
  type InterfaceAddress,
  type IpFamily,
  parseInterfaceAddress,
  parseIp,
} from "../model/ip.ts";
import { isMulticastMac, type MacAddress, parseMac } from "../model/mac.ts";
import { parsePrefix } from "../model/prefix.ts";

/** Longest piece of somebody's input that goes into a message. */
const EXCERPT_LENGTH_MAX = 48;

/** IDs become parts of store keys, so that nothing but these characters may be in one. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** How an address that is not there looks as text: Go's empty string, and what a nil `net.IPNet` prints as. */
const ABSENT: readonly string[] = ["", "<nil>"];

const id = z.string().regex(ID, "expected an ID of 1 to 128 letters, digits, dots, dashes or underscores");
export const networkId = id.transform((text) => text as NetworkId);
export const endpointId = id.transform((text) => text as EndpointId);

/** A string that must say something. */
export const name = z.string().min(1, "must not be empty");

/** A string; nil is empty. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

export const ip = required(parseIp);
export const optionalIp = optional(parseIp);
export const optionalPrefix = optional(parsePrefix);
export const optionalMac = optional(parseUnicastMac);
export const interfaceAddress = required(parseInterfaceAddress);

/** An address that one family may fill: `Address` and `AddressIPv6` of an endpoint's interface. */
export function optionalInterfaceAddress(family: IpFamily) {
  return optional((value) => parseInterfaceAddressOf(value, family));
}

/** A nil map is an empty one. */
export const strings = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});

export const anything = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((map) => map ?? {});

/** A nil slice is an empty one. */
export function list<Schema extends z.ZodType>(item: Schema) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

/** Text as a JSON string, cut to a length that leaves room for the sentence around it. */
export function excerpt(value: string): string {
  return JSON.stringify(
    value.length <= EXCERPT_LENGTH_MAX ? value : `${value.slice(0, EXCERPT_LENGTH_MAX)}…`,
  );
}

function required<T>(parse: (value: string) => T) {
  return z.string().transform((value, context) => attempt(parse, value, context));
}

function optional<T>(parse: (value: string) => T) {
  return z
    .string()
    .nullish()
    .transform((value, context) =>
      typeof value !== "string" || ABSENT.includes(value) ? undefined : attempt(parse, value, context),
    );
}

/** Runs a parser of the model inside a schema: what it throws becomes an issue, at `path` below the field. */
export function attempt<T>(
  parse: (value: string) => T,
  value: string,
  context: z.RefinementCtx,
  path: string[] = [],
): T {
  try {
    return parse(value);
  } catch (error) {
    context.addIssue({ code: "custom", message: complaint(value, error), path });
    return z.NEVER;
  }
}

/** The parsers of the model quote their whole input, which may be a megabyte here. */
function complaint(value: string, error: unknown): string {
  const expected = error instanceof HyperionError ? error.details.expected : undefined;
  return expected === undefined ? reasonOf(error) : `${excerpt(value)} is not ${expected}`;
}

export function parseUnicastMac(value: string): MacAddress {
  const mac = parseMac(value);
  if (isMulticastMac(mac))
    throw new HyperionError("E205", { text: value, expected: "a unicast MAC address" });
  return mac;
}

function parseInterfaceAddressOf(value: string, family: IpFamily): InterfaceAddress {
  const address = parseInterfaceAddress(value);
  if (familyOf(address.ip) !== family) {
    throw new HyperionError("E205", {
      text: value,
      expected: `an IPv${family} address with a prefix length`,
    });
  }
  return address;
}

import { z } from "zod";
import { parsePrefix, prefixBits, prefixFamily } from "../model/prefix.ts";

/**
 * A kind of value. It reads both forms that a value comes in: text from the command line and the
 * environment, and JSON from the configuration file.
 */
export interface Kind<Schema extends z.ZodType = z.ZodType> {
  /** What stands for the value in --help: `FILE`. */
  readonly placeholder: string;
  /** Completes "… is not": what would have been right. */
  readonly expected: string;
  readonly schema: Schema;
}

/** Where the IPAM driver takes subnets from that nobody asked for: prefixes of `bits` bits inside `base`. */
export interface AddressPool {
  readonly base: ReturnType<typeof parsePrefix>;
  readonly bits: number;
}

const kind = <Schema extends z.ZodType>(placeholder: string, expected: string, schema: Schema) =>
  ({ placeholder, expected, schema }) satisfies Kind<Schema>;

export const absolutePath = kind("PATH", "an absolute path", z.string().regex(/^\/[^\0]*$/));

/** Paths separated by commas, or a JSON array of them. Empty text is no path. */
export const absolutePaths = kind(
  "PATH,…",
  "a list of absolute paths",
  z
    .union([z.array(z.string()), z.string().transform(splitList)])
    .pipe(z.array(absolutePath.schema))
    .readonly(),
);

export function count(placeholder: string, min: number, max: number) {
  const digits = z.string().regex(/^\d{1,15}$/);
  return kind(
    placeholder,
    `a whole number from ${min} to ${max}`,
    z.union([z.number(), digits.transform(Number)]).pipe(z.number().int().min(min).max(max)),
  );
}

export function oneOf<const Word extends string>(words: readonly Word[]) {
  const expected = words.length === 2 ? words.join(" or ") : `one of ${words.join(", ")}`;
  return kind(words.join("|"), expected, z.enum(words));
}

export const trueOrFalse = kind(
  "true|false",
  "true or false",
  z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]),
);

/** `none` is undefined: Hyperion then does without Docker's API. */
export const dockerHost = kind(
  "URL",
  "a Docker host like unix:///var/run/docker.sock or tcp://127.0.0.1:2375, or none",
  z
    .string()
    .regex(/^(none|(unix|tcp|https?):\/\/\S*)$/)
    .transform((text) => (text === "none" ? undefined : text)),
);

export const dataplaneUrl = kind(
  "ebpf|doca:…",
  "ebpf or doca:…",
  z.string().regex(/^(ebpf|doca:[!-~]{1,500})$/),
);

/** Linux device names (`dev_valid_name`); `none` is undefined. */
export const deviceName = kind(
  "DEV",
  "the name of a network device, or none",
  z
    .string()
    .regex(/^(?!\.{1,2}$)[!-.0-9;-~]{1,15}$/)
    .transform((text) => (text === "none" ? undefined : text)),
);

/** Keys separated by commas, or a JSON array of them. Empty text is no key. */
export const labelKeys = kind(
  "KEY,…",
  "a list of label keys, like app,role",
  z
    .union([z.array(z.string()), z.string().transform(splitList)])
    .pipe(z.array(z.string().regex(/^[\w.\-/]{1,128}$/)))
    .readonly(),
);

/** `10.64.0.0/12:20,fd00::/48:64`, or Docker's JSON form `[{"base": "10.64.0.0/12", "size": 20}]`. */
export const addressPools = kind(
  "BASE:SIZE,…",
  "a list of address pools with the prefix length of their subnets, like 10.64.0.0/12:20,fd00:64::/48:64",
  z
    .union([
      z.array(z.strictObject({ base: z.string(), size: z.number() })),
      z.string().transform((text) => splitList(text).map(splitPool)),
    ])
    .pipe(z.array(z.object({ base: z.string(), size: z.number().int() }).transform(toAddressPool)))
    .readonly(),
);

function splitList(text: string): string[] {
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}

function splitPool(text: string): { base: string; size: number } {
  const [, base = "", size = ""] = /^(.+):(\d{1,3})$/.exec(text) ?? [];
  return { base, size: size === "" ? Number.NaN : Number(size) };
}

function toAddressPool(
  { base, size }: { base: string; size: number },
  context: z.RefinementCtx,
): AddressPool {
  try {
    const prefix = parsePrefix(base);
    // A subnet needs a network, a gateway, a container's and a broadcast address.
    const bitsMax = prefixFamily(prefix) === 4 ? 30 : 126;
    if (size >= prefixBits(prefix) && size <= bitsMax) return Object.freeze({ base: prefix, bits: size });
  } catch {
    // Said below, as for a size that does not fit.
  }
  context.addIssue({ code: "custom", message: "no address pool" });
  return z.NEVER;
}

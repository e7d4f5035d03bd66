import type { Scalar } from "./node.ts";

type Resolved = Pick<Scalar, "type" | "value" | "text">;

const WORDS: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, nothing()] as const),
  ...["true", "True", "TRUE"].map((word) => [word, bool(true)] as const),
  ...["false", "False", "FALSE"].map((word) => [word, bool(false)] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, float(Number.NaN)] as const),
  ...[".inf", ".Inf", ".INF"].flatMap((word) => [
    [word, float(Number.POSITIVE_INFINITY)] as const,
    [`+${word}`, float(Number.POSITIVE_INFINITY)] as const,
    [`-${word}`, float(Number.NEGATIVE_INFINITY)] as const,
  ]),
]);

const TIMESTAMP =
  /^\d{4}-(\d{1,2})-(\d{1,2})(?:(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))|(?: \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?))?$/;
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

const CORE_TAG = "tag:yaml.org,2002:";
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;

/**
 * What a scalar means to Docker, whose reader is go-yaml v3: YAML 1.2's words, so that `yes` is text,
 * but YAML 1.1's octal numbers, `_` within numbers, and dates.
 *
 * @param text without quotes and escapes.
 * @param isPlain false for quoted and block scalars, which are text.
 * @param tag as resolved, `tag:yaml.org,2002:int` or `!own`; undefined when there is none.
 * @returns the reason, when the tag does not fit the text.
 */
export function resolveScalar(text: string, isPlain: boolean, tag: string | undefined): Resolved | string {
  if (tag === undefined || tag === "!") return isPlain ? resolvePlain(text) : string(text);
  if (!tag.startsWith(CORE_TAG)) return string(text);
  const kind = tag.slice(CORE_TAG.length);
  const resolved = resolvePlain(text);
  const fails = `${JSON.stringify(text)} is no !!${kind}`;
  switch (kind) {
    case "int":
      return resolved.type === "integer" ? resolved : fails;
    case "float":
      return resolved.type === "integer" || resolved.type === "float"
        ? { ...resolved, type: "float" }
        : fails;
    case "bool":
      return resolved.type === "boolean" ? resolved : fails;
    case "null":
      return resolved.type === "null" ? resolved : fails;
    case "timestamp":
      return resolved.type === "timestamp" ? resolved : fails;
    case "binary":
      return `write the text instead of !!binary`;
    default:
      return string(text);
  }
}

function resolvePlain(text: string): Resolved {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return string(text);
  if (text.startsWith(".")) return FLOAT.test(text) ? finite(text, text) : string(text);
  const stamp = TIMESTAMP.exec(text);
  if (stamp !== null && isDay(Number(stamp[1]), Number(stamp[2]))) {
    return { type: "timestamp", value: text, text };
  }
  const digits = text.replaceAll("_", "");
  return integer(digits) ?? (FLOAT.test(digits) ? finite(digits, text) : string(text));
}

/** Years do not matter here: whoever writes 30 February means a date as well. */
function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function integer(digits: string): Resolved | undefined {
  const [, sign, body] = INTEGER.exec(digits) ?? [];
  if (body === undefined) return undefined;
  // As Go's base 0: a leading zero alone means octal.
  const number = BigInt(/^0[0-7]/.test(body) ? `0o${body.slice(1)}` : body);
  const value = sign === "-" ? -number : number;
  if (value < INTEGER_MIN || value > INTEGER_MAX) return undefined;
  return { type: "integer", value: Number(value), text: String(value) };
}

function finite(digits: string, text: string): Resolved {
  const value = Number(digits);
  return Number.isFinite(value) ? float(value) : string(text);
}

function float(value: number): Resolved {
  return { type: "float", value, text: printFloat(value) };
}

function bool(value: boolean): Resolved {
  return { type: "boolean", value, text: String(value) };
}

function string(text: string): Resolved {
  return { type: "string", value: text, text };
}

function nothing(): Resolved {
  return { type: "null", value: null, text: "" };
}

/** As Go's %v: the shortest digits, with an exponent of two digits below 1e-4 and from 1e6 on. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

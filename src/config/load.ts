import { readFileSync } from "node:fs";
import { nearest } from "../base/nearest.ts";
import { HyperionError, reasonOf } from "../model/errors.ts";
import {
  CONFIG_FILE,
  type Config,
  environmentOf,
  flagOf,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
} from "./options.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value as it was given, and where: `--vf-pool`, `HYPERION_VF_POOL`, `vfPool in /etc/hyperion.json`. */
interface Given {
  readonly source: string;
  readonly value: unknown;
}

type Layer = Partial<Record<OptionName, Given>>;

/** Longest value that a message repeats. */
const VALUE_LENGTH_MAX = 60;

/**
 * The settings of a daemon: defaults, then `DOCKER_HOST`, the configuration file, `HYPERION_*` and
 * the command line, the later ones first. An empty variable counts as one that is not set.
 *
 * Throws E701 for an option that does not exist, E702 for a value that does not fit, E703 for a file
 * that cannot be read. Whether there is such a data plane is the native library's to say (E502).
 *
 * @param argv what follows `hyperion serve`: `--option value` or `--option=value`.
 */
export function loadConfig(argv: readonly string[], environment: Environment): Config {
  const [flags, flaggedFile] = readArguments(argv);
  const variables = readEnvironment(environment);
  const file = flaggedFile ?? (environment[CONFIG_FILE.environment] || undefined);
  const given = {
    ...defaults(),
    ...dockerHostOf(environment),
    ...(file === undefined ? {} : readConfigFile(file)),
    ...variables,
    ...flags,
  };
  const config = Object.fromEntries(OPTION_NAMES.map((name) => [name, parseValue(name, given[name])]));
  return check(Object.freeze(config) as Config, given);
}

function readArguments(argv: readonly string[]): [Layer, string | undefined] {
  const byFlag = new Map(OPTION_NAMES.map((name) => [flagOf(name), name]));
  const layer: Layer = {};
  let file: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    const equals = argument.indexOf("=");
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = byFlag.get(flag);
    if (name === undefined && flag !== CONFIG_FILE.flag) {
      throw unknown(flag, [...byFlag.keys(), CONFIG_FILE.flag]);
    }
    const value = equals < 0 ? argv[++i] : argument.slice(equals + 1);
    // What looks like the next option is no value: `--underlay --vf-pool 3` lacks one.
    if (value === undefined || (equals < 0 && value.startsWith("--"))) {
      throw new HyperionError("E702", {
        option: flag,
        value: "nothing",
        expected: name === undefined ? "the name of a file" : OPTIONS[name].expected,
      });
    }
    if (name === undefined) file = value;
    else layer[name] = { source: flag, value };
  }
  return [layer, file];
}

function readEnvironment(environment: Environment): Layer {
  const byVariable = new Map(OPTION_NAMES.map((name) => [environmentOf(name), name]));
  const layer: Layer = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith("HYPERION_") || variable === CONFIG_FILE.environment) continue;
    const name = byVariable.get(variable);
    if (name === undefined) throw unknown(variable, [...byVariable.keys(), CONFIG_FILE.environment]);
    if (value !== undefined && value !== "") layer[name] = { source: variable, value };
  }
  return layer;
}

function readConfigFile(path: string): Layer {
  const fail = (reason: string, cause?: unknown) => new HyperionError("E703", { path, reason }, { cause });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw fail(reasonOf(error), error);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw fail('it does not hold a JSON object, like {"vfPool": 16}');
  }
  const layer: Layer = {};
  for (const [key, value] of Object.entries(content)) {
    const name = OPTION_NAMES.find((candidate) => candidate === key);
    if (name === undefined) throw fail(`unknown option ${show(key)}; ${hint(key, OPTION_NAMES)}`);
    layer[name] = { source: `${name} in ${path}`, value };
  }
  return layer;
}

function dockerHostOf({ DOCKER_HOST }: Environment): Layer {
  return DOCKER_HOST ? { dockerHost: { source: "DOCKER_HOST", value: DOCKER_HOST } } : {};
}

function defaults(): Record<OptionName, Given> {
  const rows = OPTION_NAMES.map((name) => [name, { source: flagOf(name), value: OPTIONS[name].default }]);
  return Object.fromEntries(rows) as Record<OptionName, Given>;
}

function parseValue(name: OptionName, { source, value }: Given): unknown {
  const result = OPTIONS[name].schema.safeParse(value);
  if (!result.success) throw wrong(source, value, OPTIONS[name].expected);
  return Object.freeze(result.data);
}

function check(config: Config, given: Record<OptionName, Given>): Config {
  if (config.vfPool > config.vfLimit) {
    throw wrong(
      given.vfPool.source,
      config.vfPool,
      `at most ${flagOf("vfLimit")}, which is ${config.vfLimit}`,
    );
  }
  return config;
}

function wrong(source: string, value: unknown, expected: string): HyperionError {
  return new HyperionError("E702", { option: source, value: show(value), expected });
}

function unknown(option: string, valid: readonly string[]): HyperionError {
  return new HyperionError("E701", { option: show(option), hint: hint(option, valid) });
}

/** The option that was probably meant; where none is like it, all that there are. */
function hint(word: string, valid: readonly string[]): string {
  const meant = nearest(word, valid);
  return meant === undefined ? `valid options are ${valid.join(", ")}` : `did you mean ${meant}?`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}

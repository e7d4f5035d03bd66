import { CONFIG_FILE, environmentOf, flagOf, OPTION_NAMES, OPTIONS } from "./options.ts";

/** An option as --help and the reference show it. */
export interface OptionDescription {
  readonly flag: string;
  readonly environment: string;
  /** Name in the configuration file; undefined for the file itself. */
  readonly key: string | undefined;
  readonly placeholder: string;
  /** Empty where there is none. */
  readonly default: string;
  readonly description: string;
}

export function describeOptions(): readonly OptionDescription[] {
  const options = OPTION_NAMES.map((name) => ({
    flag: flagOf(name),
    environment: environmentOf(name),
    key: name,
    placeholder: OPTIONS[name].placeholder,
    default: OPTIONS[name].default,
    description: OPTIONS[name].description,
  }));
  return [...options, { ...CONFIG_FILE, key: undefined, default: "" }];
}

/** The part of `hyperion serve --help` that lists the options: two lines each. */
export function optionsHelp(): string {
  return describeOptions()
    .map(({ flag, placeholder, environment, default: value, description }) => {
      const tail = value === "" ? "" : ` Default: ${value}`;
      return `  ${flag} ${placeholder}  (${environment})\n      ${description}${tail}\n`;
    })
    .join("");
}

import { printable } from "../../base/printable.ts";
import { loadProject } from "../../compose/index.ts";
import { type Formatted, formatRules, type Spelling } from "../../offline/index.ts";
import { formatProblem } from "../../policy/index.ts";
import { formatPlace } from "../../yaml/index.ts";
import { readOptions } from "../arguments.ts";
import { type Command, type Invocation, json } from "../commands.ts";
import { CommandFiles, STANDARD_INPUT, shownPath } from "./command-files.ts";
import { INPUT_OPTIONS, INPUT_OPTIONS_HELP, type InputValues, sourcesOf } from "./inputs.ts";

/** Rules in their canonical form. */
export const fmt: Command = {
  summary: "Write rules in their canonical form",
  help: `Show where rules of compose files and admin policies are not in their canonical form, or write them so.
Comments, quotes and layout stay as they are; a rule with variables in it is left alone.

Exit codes: 0 fine, 1 a rule cannot be read, or with --check: is not in its canonical form; 2 wrong usage.

Examples:
  hyperion policy fmt --check
  hyperion policy fmt -f compose.yaml --policy admin.yaml --write

Options:
  --write                   change the files; what came by standard input goes to standard output
  --check                   exit 1 when a file would change
  --json                    {"version":1,"rules":N,"changes":[…]}

${INPUT_OPTIONS_HELP}`,
  async run(invocation) {
    const options = readOptions(invocation.args, {
      ...INPUT_OPTIONS,
      write: { type: "boolean" },
      check: { type: "boolean" },
      json: { type: "boolean" },
    });
    const files = CommandFiles.ofProcess();
    const formatted: (Formatted & { readonly path: string })[] = [];
    for (const path of await pathsOf(options, invocation, files)) {
      formatted.push({ path, ...formatRules(await files.need(path), shownPath(path)) });
    }
    const spellings = formatted.flatMap((one) => one.spellings);
    const wrong = spellings.filter(({ canonical }) => canonical === undefined);
    for (const spelling of wrong) invocation.complain(`${problem(spelling)}\n`);
    const output = formatted.find(({ path }) => path === STANDARD_INPUT && options.write === true);
    const rules = formatted.reduce((sum, one) => sum + one.rules, 0);
    const changes = spellings.filter(({ canonical }) => canonical !== undefined);
    if (options.json === true)
      invocation.print(json({ version: 1, rules, changes: changes.map(toDocument) }));
    else if (output !== undefined) invocation.print(output.text);
    else
      invocation.print(changes.map(show).join("") + summary(rules, changes.length, options.write === true));
    for (const { path, text, spellings: ofFile } of formatted) {
      const changed = ofFile.some(({ canonical }) => canonical !== undefined);
      if (options.write === true && changed && path !== STANDARD_INPUT) await files.write(path, text);
    }
    return wrong.length > 0 || (options.check === true && changes.length > 0) ? 1 : 0;
  },
};

/** The files that are named, those that they take rules from, and the admin policies. */
async function pathsOf(
  values: InputValues,
  { environment }: Invocation,
  files: CommandFiles,
): Promise<readonly string[]> {
  const paths = new Set<string>(values.policy);
  const hasNoProject =
    values.policy !== undefined && values.file === undefined && values.project === undefined;
  for (const source of hasNoProject ? [] : await sourcesOf(values, environment, files)) {
    for (const path of source.files) paths.add(path);
    const { services } = await loadProject(source, files);
    for (const service of services) {
      const places = [
        ...Object.keys(service.labels).map((label) => service.where(label)),
        ...service.networks.flatMap((network) =>
          Object.keys(network.driverOpts).map((key) => network.where(key)),
        ),
      ];
      // Labels may also stand in label files, which are no YAML.
      for (const place of places)
        if (place !== undefined && /\.ya?ml$/.test(place.file)) paths.add(place.file);
    }
  }
  return [...paths];
}

function problem({ fault, label, value, place, within }: Spelling): string {
  if (fault === undefined) return "";
  const text = formatProblem({ ...fault, carrier: "label", label, value }, within);
  return text.replace(/^.*$/m, (first) => `${first} (${formatPlace(place)})`);
}

function show({ place, label, value, canonical }: Spelling): string {
  const lines = [`${formatPlace(place)} ${label}`, `- ${value}`, `+ ${canonical}`];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function summary(rules: number, changes: number, written: boolean): string {
  return `${changes} of ${rules} rules ${written ? "written anew" : "not in canonical form"}\n`;
}

function toDocument({ place, within, label, value, canonical }: Spelling) {
  return { place, within, label, value, canonical };
}

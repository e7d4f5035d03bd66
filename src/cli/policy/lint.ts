import { printableLines } from "../../base/printable.ts";
import { isHyperionError } from "../../model/errors.ts";
import { findAll, type PlacedFinding, policyErrors } from "../../offline/index.ts";
import { readOptions } from "../arguments.ts";
import { type Command, type Invocation, json } from "../commands.ts";
import { CommandFiles } from "./command-files.ts";
import { INPUT_OPTIONS, INPUT_OPTIONS_HELP, type InputValues, readInput, readPolicies } from "./inputs.ts";

/** Everything that is wrong, or may not be what its author means. */
export const lint: Command = {
  summary: "Find what is wrong in labels and admin policies, and what may not be meant",
  help: `Find what is wrong in the labels of compose files and in admin policies, and what may not be meant.

Exit codes: 0 no errors, 1 errors (with --strict: or warnings), 2 wrong usage.

Examples:
  hyperion policy lint
  hyperion policy lint -f compose.yaml -f compose.prod.yaml --policy admin.yaml --strict

Options:
  --strict                  warnings count as errors
  --json                    {"version":1,"findings":[…]}

${INPUT_OPTIONS_HELP}`,
  async run(invocation) {
    const rows = { ...INPUT_OPTIONS, strict: { type: "boolean" }, json: { type: "boolean" } } as const;
    const options = readOptions(invocation.args, rows);
    const findings = await find(options, invocation);
    invocation.print(
      options.json === true ? json({ version: 1, findings: findings.map(toDocument) }) : show(findings),
    );
    const counted = findings.filter(({ severity }) => options.strict === true || severity === "error");
    return counted.length > 0 ? 1 : 0;
  },
};

/**
 * What is no compose file is a finding like others, but the only one. Admin policies may also be looked at
 * where there is none, and then who they are about is not.
 */
async function find(values: InputValues, { environment }: Invocation): Promise<readonly PlacedFinding[]> {
  const files = CommandFiles.ofProcess();
  try {
    return findAll(await readInput(values, environment, files));
  } catch (error) {
    if (!isHyperionError(error)) throw error;
    if (error.code === "E165" && values.policy !== undefined)
      return policyErrors(await readPolicies(values, files));
    if (!/^E16[0-4]$/.test(error.code)) throw error;
    const { code, message: text } = error;
    const nowhere = { who: null, label: null, suggestion: null, place: null };
    return [{ code, severity: "error", text, ...nowhere, message: `${code} ${text}` }];
  }
}

function toDocument({ message: _, ...document }: PlacedFinding) {
  return document;
}

function show(findings: readonly PlacedFinding[]): string {
  const messages = findings.map(({ message }) => `${printableLines(message)}\n`);
  const count = (severity: PlacedFinding["severity"]) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return `${number} ${severity}${number === 1 ? "" : "s"}`;
  };
  return `${messages.join("")}${count("error")}, ${count("warning")}\n`;
}

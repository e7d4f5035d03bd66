import { printableLines } from "../../base/printable.ts";
import { checkAssertions, readAssertions } from "../../offline/index.ts";
import { type Assertion, type AssertionResult, formatExplanation, sideDocument } from "../../policy/index.ts";
import { formatPlace, type Place } from "../../yaml/index.ts";
import { readWords } from "../arguments.ts";
import { type Command, json } from "../commands.ts";
import { CommandFiles, shownPath } from "./command-files.ts";
import { INPUT_OPTIONS, INPUT_OPTIONS_HELP, readSoundInput } from "./inputs.ts";

/** Assertions about who may reach whom. */
export const test: Command = {
  summary: "Check assertions about who may reach whom: test ASSERTIONS.yaml",
  help: `Check assertions about who may reach whom: hyperion policy test ASSERTIONS.yaml

A list of "allow: FROM -> TO PROBE" and "deny: FROM -> TO PROBE", like
  - allow: web -> db tcp/5432
  - deny: world:203.0.113.7 -> shop/db tcp/5432
allow holds if the connection passes on any network that the two share, deny if it passes on none.
Exit codes: 0 all hold, 1 some do not (with the reasons) or labels are wrong, 2 wrong usage.

Example:
  hyperion policy test assertions.yaml -f compose.yaml --policy admin.yaml

Options:
  --json                    {"version":1,"assertions":[…]}

${INPUT_OPTIONS_HELP}`,
  async run(invocation) {
    const rows = { ...INPUT_OPTIONS, json: { type: "boolean" } } as const;
    const { options, words } = readWords(invocation.args, rows, ["ASSERTIONS.yaml"]);
    const [path = ""] = words;
    const files = CommandFiles.ofProcess();
    const assertions = readAssertions(await files.need(path), shownPath(path));
    const input = await readSoundInput(options, invocation, files);
    if (input === undefined) return 1;
    const results = checkAssertions(input.offline.population, assertions);
    const failed = results.filter(({ holds }) => !holds);
    if (options.json === true) {
      invocation.print(json({ version: 1, assertions: results.map(toDocument) }));
    } else {
      const count = `${results.length - failed.length} of ${results.length} assertions hold\n`;
      invocation.print(printableLines(failed.map(show).join("")) + count);
    }
    return failed.length > 0 ? 1 : 0;
  },
};

type Result = AssertionResult & { readonly place: Place };

function textOf({ verdict, from, to, probe }: Assertion): string {
  return `${verdict}: ${from} -> ${to} ${probe.text}`;
}

function show({ assertion, found, place }: Result): string {
  const heading = `${formatPlace(place)}: does not hold: ${textOf(assertion)}\n`;
  if (found.length === 0) return `${heading}  they share no network of Hyperion\n`;
  const reasons = found.map(({ network, from, to, explanation }) =>
    formatExplanation({ from, to, probe: assertion.probe.text, network }, explanation),
  );
  return heading + reasons.join("").replace(/^/gm, "  ").trimEnd().concat("\n");
}

function toDocument({ assertion, holds, found, place }: Result) {
  return {
    assertion: textOf(assertion),
    holds,
    place,
    found: found.map(({ network, from, to, explanation: { verdict, audit, egress, ingress } }) => ({
      network,
      from,
      to,
      verdict,
      ...(audit && { audit }),
      egress: sideDocument(egress),
      ingress: sideDocument(ingress),
    })),
  };
}

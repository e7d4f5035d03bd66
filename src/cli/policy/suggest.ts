import { printable } from "../../base/printable.ts";
import { readFlows } from "../../offline/index.ts";
import { type SeenFlow, type Suggestion, suggest as suggestFor } from "../../policy/index.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "../admin-client.ts";
import { readOptions } from "../arguments.ts";
import { type Command, type Invocation, json } from "../commands.ts";
import { CommandFiles, shownPath } from "./command-files.ts";

/** Labels that allow what containers in mode `learn` were seen to do. */
export const suggest: Command = {
  summary: "Suggest labels that allow what was seen of containers in mode learn",
  help: `Suggest labels that allow what was seen of containers with hyperion.mode: learn, and nothing else.
They are enforced once hyperion.mode: learn is taken away.

Examples:
  hyperion policy suggest --service shop/db
  hyperion flows --json > flows.json && hyperion policy suggest --flows flows.json

${DAEMON_OPTIONS_HELP}  --flows FILE           flows as hyperion flows --json prints them, "-" is standard input; default: the daemon's
  --service NAME         of this service alone: shop/db
`,
  async run({ args, environment, print }) {
    const options = readOptions(args, {
      ...DAEMON_OPTIONS,
      flows: { type: "string" },
      service: { type: "string" },
    });
    const all = suggestFor(await flowsOf(options.flows, options["admin-socket"], environment));
    const suggestions = all.filter(({ on }) => options.service === undefined || on === options.service);
    print(options.json === true ? json({ version: 1, suggestions }) : show(suggestions, all));
    return 0;
  },
};

async function flowsOf(
  path: string | undefined,
  socket: string | undefined,
  environment: Invocation["environment"],
): Promise<readonly SeenFlow[]> {
  if (path === undefined) return AdminClient.of(socket, environment).get<readonly SeenFlow[]>("/v1/flows");
  return readFlows(await CommandFiles.ofProcess().need(path), shownPath(path));
}

/** A text as the value of a key in YAML; an address may end with a colon. */
function yamlText(text: string): string {
  return /:(\s|$)/.test(text) ? JSON.stringify(text) : text;
}

/** As it stands in a compose file. */
function show(suggestions: readonly Suggestion[], all: readonly Suggestion[]): string {
  if (suggestions.length === 0) {
    const others = all.map(({ on }) => printable(on)).join(", ");
    return others === ""
      ? "no flows were seen; set hyperion.mode: learn on a container\n"
      : `no flows of that service were seen, but of ${others}\n`;
  }
  return suggestions
    .map(({ on, labels, notes }) =>
      [
        `# ${printable(on)}`,
        "labels:",
        ...Object.entries(labels).map(([label, value]) => `  ${label}: ${yamlText(value)}`),
        ...notes.map((note) => `# ${printable(note)}`),
        "",
      ].join("\n"),
    )
    .join("\n");
}

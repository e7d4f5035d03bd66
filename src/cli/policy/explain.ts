import { printableLines } from "../../base/printable.ts";
import {
  type Explanation,
  explain as explainPair,
  findEnd,
  formatExplanation,
  type Meeting,
  meetings,
  nameOf,
  parseProbe,
  printRule,
  probeBetween,
  type Side,
  sideDocument,
} from "../../policy/index.ts";
import { readWords } from "../arguments.ts";
import { type Command, json } from "../commands.ts";
import { CommandFiles } from "./command-files.ts";
import { INPUT_OPTIONS, INPUT_OPTIONS_HELP, readSoundInput } from "./inputs.ts";

/** One connection: the verdict, its reasons, and what would change it. */
export const explain: Command = {
  summary: "Say why a connection passes or not: explain FROM TO PROBE",
  help: `Say why a connection passes or not, and which label would change that: hyperion policy explain FROM TO PROBE

FROM and TO are services (web, shop/web), addresses outside (world:203.0.113.7) or "host", the machine. What goes
outside is decided on the first of a service's networks that has a way out.
Exit codes: 0 it is explained, whatever the verdict; 1 labels are wrong and there is none; 2 wrong usage.

Examples:
  hyperion policy explain web db tcp/5432
  hyperion policy explain world:203.0.113.7 shop/web tcp/443 -f compose.yaml --policy admin.yaml

Options:
  --json                    {"version":1,"explanations":[…]}, one for each network that the two share

${INPUT_OPTIONS_HELP}`,
  async run(invocation) {
    const rows = { ...INPUT_OPTIONS, json: { type: "boolean" } } as const;
    const { options, words } = readWords(invocation.args, rows, ["FROM", "TO", "PROBE"]);
    const [from = "", to = "", probeText = ""] = words;
    const probe = parseProbe(probeText);
    const input = await readSoundInput(options, invocation, CommandFiles.ofProcess());
    if (input === undefined) return 1;
    const { population } = input.offline;
    const found = meetings(population, findEnd(population, from), findEnd(population, to)).map((meeting) => {
      const asked = { from: nameOf(meeting.from), to: nameOf(meeting.to), probe: probe.text };
      return { asked: { ...asked, network: meeting.network }, explanation: explainMeeting(meeting) };
    });
    if (options.json === true) {
      const explanations = found.map(({ asked, explanation }) => ({ ...asked, ...toDocument(explanation) }));
      invocation.print(json({ version: 1, explanations }));
    } else if (found.length === 0) {
      invocation.print(`${from} -> ${to} ${probe.text}: deny\n  they share no network of Hyperion\n`);
    } else {
      const paragraphs = found.map(({ asked, explanation }) => formatExplanation(asked, explanation));
      invocation.print(printableLines(paragraphs.join("")));
    }
    return 0;

    function explainMeeting(meeting: Meeting): Explanation {
      return explainPair(meeting.from, meeting.to, probeBetween(probe, meeting.from, meeting.to));
    }
  },
};

function toDocument({ verdict, audit, egress, ingress }: Explanation) {
  return {
    verdict,
    ...(audit && { audit }),
    egress: documentOf(egress, "egress"),
    ingress: documentOf(ingress, "ingress"),
  };
}

function documentOf(side: Side, direction: "egress" | "ingress") {
  const { rule, posture, remedy } = side;
  return {
    ...sideDocument(side),
    rule: rule === undefined ? null : printRule(rule.rule, direction),
    posture: posture ?? null,
    remedy: remedy ?? null,
  };
}

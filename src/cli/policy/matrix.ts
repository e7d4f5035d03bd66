import { HyperionError } from "../../model/errors.ts";
import { parseIp } from "../../model/ip.ts";
import {
  type MatrixVerdict,
  matrix as matrixOf,
  type NamedProbe,
  type Outside,
  outsideAt,
  parseProbe,
  type SideDocument,
} from "../../policy/index.ts";
import { readOptions } from "../arguments.ts";
import { type Command, json } from "../commands.ts";
import { formatTable } from "../table.ts";
import { CommandFiles } from "./command-files.ts";
import { INPUT_OPTIONS, INPUT_OPTIONS_HELP, readSoundInput } from "./inputs.ts";

const FORMATS = ["table", "json"];
const NOBODY_MEETS = "nobody meets anybody on a network of Hyperion, so there are no verdicts";

/** Every verdict between services, and with addresses outside. */
export const matrix: Command = {
  summary: "Show who may open what to whom, for every pair of services",
  help: `Show who may open what to whom: per network, per ordered pair of services on it, per probe.

Exit codes: 0 fine, 1 labels are wrong and there are no verdicts, 2 wrong usage.

Examples:
  hyperion policy matrix --probe tcp/80 --probe udp/53 --external 203.0.113.7
  hyperion policy matrix --probe tcp/5432 --project shop/compose.yaml --project proxy/compose.yaml --format json

Options:
  --probe PROBE             tcp/80, udp/53, sctp/9, icmp/8, icmp6/128, or icmp for an echo request; once for each
  --external ADDRESS        an address outside, in both directions, on each network that has a way out
  --format table|json       default table; --json is short for --format json

${INPUT_OPTIONS_HELP}`,
  async run(invocation) {
    const options = readOptions(invocation.args, {
      ...INPUT_OPTIONS,
      probe: { type: "string", multiple: true },
      external: { type: "string", multiple: true },
      format: { type: "string" },
      json: { type: "boolean" },
    });
    const format = options.format ?? (options.json === true ? "json" : "table");
    if (!FORMATS.includes(format)) {
      const value = JSON.stringify(format);
      throw new HyperionError("E702", { option: "--format", value, expected: FORMATS.join(" or ") });
    }
    const probes = probesOf(options.probe ?? []);
    const outside = externalsOf(options.external ?? []);
    const input = await readSoundInput(options, invocation, CommandFiles.ofProcess());
    if (input === undefined) return 1;
    const document = matrixOf(input.offline.population, probes, outside);
    if (document.verdicts.length === 0) invocation.complain(`hyperion: ${NOBODY_MEETS}\n`);
    invocation.print(format === "json" ? json(document) : table(document.verdicts));
    return 0;
  },
};

/** Each once, in the order given. */
function probesOf(texts: readonly string[]): readonly NamedProbe[] {
  if (texts.length === 0) {
    throw new HyperionError("E712", { problem: "--probe is missing", usage: "--probe tcp/80 [--probe …]" });
  }
  const probes = texts.map(parseProbe);
  return [...new Map(probes.map((probe) => [probe.text, probe])).values()];
}

function externalsOf(texts: readonly string[]): readonly Outside[] {
  const addresses = new Set(texts.map((text) => parseIp(text.replace(/^world:/, ""))));
  return [...addresses].map((address) => outsideAt(address, new Set()));
}

function table(verdicts: readonly MatrixVerdict[]): string {
  return formatTable(
    ["NETWORK", "FROM", "TO", "PROBE", "VERDICT", "EGRESS", "INGRESS"],
    verdicts.map((one) => [
      one.network,
      one.from,
      one.to,
      one.probe,
      one.verdict + (one.audit === true ? " (audit)" : ""),
      side(one.egress),
      side(one.ingress),
    ]),
  );
}

function side({ verdict, by, audit }: SideDocument): string {
  return `${verdict} ${by}${audit === true ? " (audit)" : ""}`;
}

import { HyperionError } from "../model/errors.ts";
import type { WhyDocument } from "../observe/admin-view.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "./admin-client.ts";
import { readWords } from "./arguments.ts";
import { type Command, json } from "./commands.ts";
import { formatWhy } from "./show/why.ts";

/** The daemon reads every table of the data plane, and waits for a change that is under way. */
const ANSWER_TIMEOUT_MS = 60_000;
const EXPECTATIONS = ["allow", "deny"];

/** Whether one container reaches another, by what the data plane holds. */
export const why: Command = {
  summary: "Why a connection passes, or does not: why FROM TO PROBE",
  help: `Why a connection passes, or does not: hyperion why FROM TO PROBE [OPTIONS]

FROM and TO: a container by its name or the beginning of its ID, a service (web, shop/web) for all of its
containers, an address, "host" for this machine, "world:203.0.113.7" for an address outside.
PROBE: tcp/80, udp/53, sctp/9, icmp/8, icmp6/128, or icmp for an echo request.

The verdict is that of the data plane's tables, read back from it; the reasons are those of the policies.
Exit codes: 0 answered; 1 the tables are not what the policies say, or not what --expect says; 2 wrong usage
or no daemon.

${DAEMON_OPTIONS_HELP}  --network NAME         on this network alone, of several that both are on
  --expect VERDICT       allow: exit code 1 unless every pair may; deny: unless none may, or they meet nowhere
`,
  async run({ args, environment, print }) {
    const rows = { ...DAEMON_OPTIONS, network: { type: "string" }, expect: { type: "string" } } as const;
    const { options, words } = readWords(args, rows, ["FROM", "TO", "PROBE"]);
    const { expect } = options;
    if (expect !== undefined && !EXPECTATIONS.includes(expect)) {
      throw new HyperionError("E702", {
        option: "--expect",
        value: JSON.stringify(expect),
        expected: "allow or deny",
      });
    }
    const [from = "", to = "", probe = ""] = words;
    const query = new URLSearchParams({ from, to, probe });
    if (options.network !== undefined) query.set("network", options.network);
    const client = AdminClient.of(options["admin-socket"], environment);
    const document = await client.get<WhyDocument>(`/v1/why?${query}`, ANSWER_TIMEOUT_MS);
    print(options.json === true ? json(document) : formatWhy(document));
    return isAsExpected(document, expect) ? 0 : 1;
  },
};

function isAsExpected({ answers }: WhyDocument, expected: string | undefined): boolean {
  if (answers.some(({ mismatches }) => mismatches.length > 0)) return false;
  switch (expected) {
    case "allow":
      return answers.length > 0 && answers.every(({ verdict }) => verdict === "allow");
    case "deny":
      return answers.every(({ verdict }) => verdict === "deny");
    default:
      return true;
  }
}

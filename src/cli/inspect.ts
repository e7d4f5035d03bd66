import type {
  DropDocument,
  EndpointDocument,
  EventDocument,
  NetworkDocument,
  StatusDocument,
} from "../observe/admin-view.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "./admin-client.ts";
import { readOptions } from "./arguments.ts";
import { type Command, json } from "./commands.ts";
import { formatDrops } from "./show/drops.ts";
import { formatEndpoints } from "./show/endpoints.ts";
import { followEvents } from "./show/events.ts";
import { formatNetworks } from "./show/networks.ts";
import { formatStatus } from "./show/status.ts";

/** A command that fetches one document and shows it. */
function document<T>(path: string, summary: string, format: (value: T) => string): Command {
  return {
    summary,
    help: `${summary}\n\n${DAEMON_OPTIONS_HELP}`,
    async run({ args, environment, print }) {
      const options = readOptions(args, DAEMON_OPTIONS);
      const value = await AdminClient.of(options["admin-socket"], environment).get<T>(path);
      print(options.json === true ? json(value) : format(value));
      return 0;
    },
  };
}

export const status = document<StatusDocument>("/v1/status", "How the daemon is doing", (value) =>
  formatStatus(value, Date.now()),
);

export const networks = document<readonly NetworkDocument[]>(
  "/v1/networks",
  "The networks and their options",
  formatNetworks,
);

export const endpoints = document<readonly EndpointDocument[]>(
  "/v1/endpoints",
  "The endpoints: containers, addresses, VFs, and why one is quarantined",
  formatEndpoints,
);

/** What a rule with `log` decided is of type `log`, whether it passed or, with a reason, did not. */
const isDrop = ({ event, reason }: EventDocument) => event !== "log" || (reason ?? null) !== null;

/** Packets that went nowhere: the counters, or each as it happens. */
export const drops: Command = {
  summary: "Packets that were not delivered, and why",
  help: `Packets that were not delivered, and why: counters since the endpoint was made.

${DAEMON_OPTIONS_HELP}  --follow               each drop and audit as it happens, until Ctrl-C; with --json one object a line
`,
  async run(invocation) {
    const options = readOptions(invocation.args, { ...DAEMON_OPTIONS, follow: { type: "boolean" } });
    const client = AdminClient.of(options["admin-socket"], invocation.environment);
    if (options.follow === true) {
      return followEvents(client, "drop,audit,log,lost", isDrop, {
        ...invocation,
        asJson: options.json === true,
      });
    }
    const value = await client.get<readonly DropDocument[]>("/v1/drops");
    invocation.print(options.json === true ? json(value) : formatDrops(value));
    return 0;
  },
};

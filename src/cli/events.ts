import type { EventDocument } from "../observe/admin-view.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "./admin-client.ts";
import { readOptions } from "./arguments.ts";
import { type Command, json } from "./commands.ts";
import { followEvents, formatEvent } from "./show/events.ts";

/** What happened lately, or happens from now on. */
export const events: Command = {
  summary: "What happened lately, or each event as it happens",
  help: `What happened lately, oldest first: the last thousand events.

${DAEMON_OPTIONS_HELP}  --follow               each as it happens, until Ctrl-C; with --json one object a line
  --type TYPE,…          of these types alone: drop, audit, log, flow, lost, or the log's, like endpoint.attributed
`,
  async run({ args, environment, print, interrupted }) {
    const rows = { ...DAEMON_OPTIONS, follow: { type: "boolean" }, type: { type: "string" } } as const;
    const options = readOptions(args, rows);
    const client = AdminClient.of(options["admin-socket"], environment);
    const asJson = options.json === true;
    const { type = "" } = options;
    if (options.follow === true)
      return followEvents(client, type, () => true, { asJson, print, interrupted });
    const documents = await client.get<readonly EventDocument[]>(
      `/v1/events?${new URLSearchParams({ type })}`,
    );
    print(asJson ? json(documents) : documents.map((event) => `${formatEvent(event)}\n`).join(""));
    return 0;
  },
};

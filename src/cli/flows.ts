import type { FlowDocument } from "../observe/admin-view.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "./admin-client.ts";
import { readOptions } from "./arguments.ts";
import { type Command, json } from "./commands.ts";
import { formatFlows } from "./show/flows.ts";

/** What containers in mode learn were seen to do. */
export const flows: Command = {
  summary: "Connections seen of containers with hyperion.mode: learn",
  help: `Connections seen of containers with hyperion.mode: learn, the latest first. hyperion policy suggest makes labels of them.

${DAEMON_OPTIONS_HELP}  --clear                forget all of them
`,
  async run({ args, environment, print }) {
    const options = readOptions(args, { ...DAEMON_OPTIONS, clear: { type: "boolean" } });
    const client = AdminClient.of(options["admin-socket"], environment);
    if (options.clear === true) {
      await client.send("DELETE", "/v1/flows");
      print(options.json === true ? json([]) : "all flows are forgotten\n");
      return 0;
    }
    const documents = await client.get<readonly FlowDocument[]>("/v1/flows");
    print(options.json === true ? json(documents) : formatFlows(documents));
    return 0;
  },
};

import type { RuleDocument } from "../observe/admin-view.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "./admin-client.ts";
import { readWords } from "./arguments.ts";
import { type Command, json } from "./commands.ts";
import { formatRules } from "./show/rules.ts";

/** The rules that the data plane goes by, and what each has decided. */
export const rules: Command = {
  summary: "The rules in force by name, and how often each decided",
  help: `The rules in force by name, and how often each decided: hyperion rules [CONTAINER] [OPTIONS]

CONTAINER: a container by its name or the beginning of its ID, a service (web, shop/web), an address; without
one all of them. Containers with equal rules share them, and their counts. Each connection counts once for
each of its two sides.

${DAEMON_OPTIONS_HELP}`,
  async run({ args, environment, print }) {
    const { options, words } = readWords(args, DAEMON_OPTIONS, ["[CONTAINER]"]);
    const query = words[0] === undefined ? "" : `?${new URLSearchParams({ of: words[0] })}`;
    const client = AdminClient.of(options["admin-socket"], environment);
    const documents = await client.get<readonly RuleDocument[]>(`/v1/rules${query}`);
    print(options.json === true ? json(documents) : formatRules(documents));
    return 0;
  },
};

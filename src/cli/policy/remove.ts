import { DAEMON_OPTIONS_HELP } from "../admin-client.ts";
import { readWords } from "../arguments.ts";
import type { Command } from "../commands.ts";
import { CHANGE_OPTIONS, CHANGE_OPTIONS_HELP, makeChange, withFindings } from "./change.ts";

/** Takes an admin policy away, after showing what that changes. */
export const remove: Command = {
  summary: "Take an admin policy away: remove NAME",
  help: `Take an admin policy away: hyperion policy remove NAME [OPTIONS]

Shows who loses and who gains access among what runs now, and asks. A policy of the daemon's --policy-files comes
back at its next start. Exit codes as of hyperion policy apply.

${DAEMON_OPTIONS_HELP}${CHANGE_OPTIONS_HELP}`,
  run: (invocation) =>
    withFindings(invocation, async () => {
      const { options, words } = readWords(invocation.args, CHANGE_OPTIONS, ["NAME"]);
      return makeChange({ name: words[0] ?? "", document: undefined, options }, invocation);
    }),
};

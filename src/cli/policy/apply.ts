import { readPolicyFile, readPolicyText } from "../../admin/index.ts";
import { HyperionError, reasonOf } from "../../model/errors.ts";
import { DAEMON_OPTIONS_HELP } from "../admin-client.ts";
import { readWords } from "../arguments.ts";
import type { Command } from "../commands.ts";
import { CHANGE_OPTIONS, CHANGE_OPTIONS_HELP, makeChange, withFindings } from "./change.ts";

/** Puts an admin policy in force, after showing what it changes. */
export const apply: Command = {
  summary: "Put an admin policy in force: apply FILE",
  help: `Put an admin policy in force: hyperion policy apply FILE [OPTIONS]

Shows who loses and who gains access among what runs now, and asks. The policy goes by the name that the
file gives, else by the file's own without its extension; it takes the place of the one of that name.
Exit codes: 0 in force, 1 the policy is wrong or was changed meanwhile (E172), the data plane did not take
all of it, or the answer was no; 2 wrong usage or no daemon.

${DAEMON_OPTIONS_HELP}${CHANGE_OPTIONS_HELP}  --name NAME            the name that the policy goes by
`,
  run: (invocation) =>
    withFindings(invocation, async () => {
      const rows = { ...CHANGE_OPTIONS, name: { type: "string" } } as const;
      const { options, words } = readWords(invocation.args, rows, ["FILE"]);
      const [file = ""] = words;
      const { texts, document } = readPolicyFile(await readFileText(file), file, options.name);
      return makeChange({ name: texts.name, document, options }, invocation);
    }),
};

async function readFileText(path: string): Promise<string> {
  try {
    return await readPolicyText(path);
  } catch (error) {
    throw new HyperionError("E170", { path, reason: reasonOf(error) }, { cause: error });
  }
}

import { type PolicyDocument, type PolicyVersionsDocument, printPolicyFile } from "../../admin/index.ts";
import { HyperionError } from "../../model/errors.ts";
import { AdminClient, DAEMON_OPTIONS, DAEMON_OPTIONS_HELP } from "../admin-client.ts";
import { readWords } from "../arguments.ts";
import { type Command, json } from "../commands.ts";
import { formatPolicies } from "../show/policies.ts";

/** The admin policies in force, or one of them as it was or is. */
export const get: Command = {
  summary: "Show admin policies: get [NAME]",
  help: `Show admin policies: hyperion policy get [NAME] [OPTIONS]

Without a name the list of those in force; with one its text, as YAML that can be applied again.

${DAEMON_OPTIONS_HELP}  --version N            the text of that version, of the last twenty
`,
  async run({ args, environment, print }) {
    const rows = { ...DAEMON_OPTIONS, version: { type: "string" } } as const;
    const { options, words } = readWords(args, rows, ["[NAME]"]);
    const client = AdminClient.of(options["admin-socket"], environment);
    const [name] = words;
    if (name === undefined) {
      if (options.version !== undefined)
        throw new HyperionError("E712", { problem: "--version is of one policy", usage: "NAME" });
      const policies = await client.get<readonly PolicyDocument[]>("/v1/policies");
      print(options.json === true ? json(policies) : formatPolicies(policies));
      return 0;
    }
    const query = options.version === undefined ? "" : `?version=${encodeURIComponent(options.version)}`;
    const policy = await client.get<PolicyVersionsDocument>(
      `/v1/policies/${encodeURIComponent(name)}${query}`,
    );
    print(options.json === true ? json(policy) : printPolicyFile(policy));
    return 0;
  },
};

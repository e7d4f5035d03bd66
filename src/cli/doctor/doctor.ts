import { loadConfig } from "../../config/load.ts";
import { NativeDataplane } from "../../platform/dataplane/native/native-dataplane.ts";
import { removeDataplane } from "../../platform/dataplane/native/open.ts";
import { DockerodeDocker } from "../../platform/docker/dockerode/dockerode.ts";
import { NativeLibrary } from "../../platform/native/library.ts";
import { AdminClient } from "../admin-client.ts";
import type { Command } from "../commands.ts";
import { formatTable } from "../table.ts";
import { type Check, type CheckResult, runChecks } from "./check.ts";
import { checkDaemon, checkDataplane, checkDocker } from "./engine.ts";
import {
  checkBpfFilesystem,
  checkKernel,
  checkProgram,
  checkRoot,
  checkSriov,
  checkStateDirectory,
} from "./machine.ts";

/** What this machine has and lacks, each with its remedy. */
export const doctor: Command = {
  summary: "What this machine has and lacks for Hyperion, with remedies",
  help: `What this machine has and lacks for Hyperion, with remedies.
Loads the real eBPF programs into a place of their own and takes them out again.
Takes the options of \`hyperion serve\`, and --json. Exit code 1 when something needed is missing.
`,
  async run({ args, environment, print }) {
    const asJson = args.includes("--json");
    const config = loadConfig(
      args.filter((arg) => arg !== "--json"),
      environment,
    );
    const trialPath = `${config.bpfPath}-doctor`;
    const results = await runChecks({
      root: checkRoot,
      kernel: checkKernel,
      "BPF filesystem": () => checkBpfFilesystem(config.bpfPath),
      "data plane": () => checkTrial(trialPath),
      "state directory": () => checkStateDirectory(config.stateDir),
      iptables: () =>
        checkProgram("iptables", "install it: Docker's docker_gwbridge needs it for -p and the way out"),
      "SR-IOV": checkSriov,
      Docker: () =>
        checkDocker(config.dockerHost === undefined ? undefined : new DockerodeDocker(config.dockerHost)),
      daemon: () => checkDaemon(new AdminClient(config.adminSocket)),
    } satisfies Record<string, Check>);
    print(asJson ? `${JSON.stringify(results, null, 2)}\n` : formatResults(results));
    return results.some(({ state }) => state === "missing") ? 1 : 0;
  },
};

async function checkTrial(pinPath: string): Promise<CheckResult> {
  const library = NativeLibrary.load();
  const options = { url: "ebpf", pinPath, connectionsMax: 0 };
  const open = () => NativeDataplane.open(library, options);
  return checkDataplane(open, () => removeDataplane(library, options));
}

function formatResults(results: readonly CheckResult[]): string {
  const table = formatTable(
    ["CHECK", "STATE", "FOUND"],
    results.map(({ check, state, found }) => [check, state === "missing" ? "MISSING" : state, found]),
  );
  const remedies = results.filter(({ remedy }) => remedy !== undefined);
  const lines = remedies.map(({ check, remedy }) => `  ${check}: ${remedy}\n`);
  return lines.length === 0 ? table : `${table}\nWhat to do:\n${lines.join("")}`;
}

import { loadConfig } from "../../config/load.ts";
import { HyperionError } from "../../model/errors.ts";
import { NativeDataplane } from "../../platform/dataplane/native/native-dataplane.ts";
import { removeDataplane } from "../../platform/dataplane/native/open.ts";
import { NativeLibrary } from "../../platform/native/library.ts";
import { AdminClient } from "../admin-client.ts";
import type { Command } from "../commands.ts";
import { formatTable } from "../table.ts";
import { type Check, type CheckResult, runChecks } from "./check.ts";
import { checkDocaDevices, checkDocaOffer } from "./doca.ts";
import { checkDaemon, checkDataplane, checkDocker } from "./engine.ts";
import {
  checkBpfFilesystem,
  checkKernel,
  checkProgram,
  checkRoot,
  checkSriov,
  checkStateDirectory,
} from "./machine.ts";
import { isSoftnic, selftest } from "./selftest.ts";

/** What this machine has and lacks, each with its remedy. */
export const doctor: Command = {
  summary: "What this machine has and lacks for Hyperion, with remedies",
  help: `What this machine has and lacks for Hyperion, with remedies.
Loads the real eBPF programs into a place of their own and takes them out again; with --dataplane
doca:DEVICE, makes every pipe on the device and takes them off again, too.
Takes the options of \`hyperion serve\`, and:
  --json            as JSON
  --doca-selftest   try on the device what the DOCA data plane assumes of it. Takes the device for
                    itself: nothing else may use it meanwhile
  --vf NAME         twice: VFs of the device, for the selftest; softnic needs none
Exit code 1 when something needed is missing, or an assumption does not hold.
`,
  async run({ args, environment, print }) {
    const { own, rest } = ownOptions(args);
    const asJson = own.json;
    const config = loadConfig(rest, environment);
    if (own.selftest) return runSelftest(config.dataplane, own, print);
    const isDoca = config.dataplane.startsWith("doca:");
    const trialPath = `${config.bpfPath}-doctor`;
    const results = await runChecks({
      root: checkRoot,
      kernel: checkKernel,
      "BPF filesystem": () => checkBpfFilesystem(config.bpfPath),
      ...(isDoca
        ? {
            "DOCA devices": () => checkDocaDevices(config.dataplane),
            "data plane": () => checkDocaOffer(config.dataplane, config.stateDir),
            gateways: () => checkTrial("gateways", trialPath),
          }
        : { "data plane": () => checkTrial("data plane", trialPath) }),
      "state directory": () => checkStateDirectory(config.stateDir),
      iptables: () =>
        checkProgram("iptables", "install it: Docker's docker_gwbridge needs it for -p and the way out"),
      "SR-IOV": checkSriov,
      Docker: async () =>
        checkDocker(config.dockerHost === undefined ? undefined : await openDocker(config.dockerHost)),
      daemon: () => checkDaemon(new AdminClient(config.adminSocket)),
    } satisfies Record<string, Check>);
    print(asJson ? `${JSON.stringify(results, null, 2)}\n` : formatResults(results));
    return results.some(({ state }) => state === "missing") ? 1 : 0;
  },
};

interface OwnOptions {
  readonly json: boolean;
  readonly selftest: boolean;
  readonly vfs: readonly string[];
}

/** The options that `serve` does not have, and the rest. */
function ownOptions(args: readonly string[]): { own: OwnOptions; rest: readonly string[] } {
  const vfs: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--vf") vfs.push(args[++i] ?? "");
    else if (arg.startsWith("--vf=")) vfs.push(arg.slice("--vf=".length));
    else if (arg !== "--json" && arg !== "--doca-selftest") rest.push(arg);
  }
  const own = { json: args.includes("--json"), selftest: args.includes("--doca-selftest"), vfs };
  return { own, rest };
}

async function runSelftest(url: string, own: OwnOptions, print: (text: string) => void): Promise<number> {
  if (!url.startsWith("doca:")) {
    throw new HyperionError("E702", {
      option: "--dataplane",
      value: JSON.stringify(url),
      expected: "doca:DEVICE or doca:softnic for --doca-selftest",
    });
  }
  if (!isSoftnic(url) && own.vfs.length !== 2) {
    throw new HyperionError("E702", {
      option: "--vf",
      value: JSON.stringify(own.vfs.join(" ")),
      expected: "the names of two VFs of the device, each behind a --vf",
    });
  }
  const findings = await selftest(url, own.vfs, (finding) => {
    if (!own.json) print(`${finding.finding.padEnd(7)} ${finding.assumption}: ${finding.seen}\n`);
  });
  if (own.json) print(`${JSON.stringify(findings, null, 2)}\n`);
  return findings.some(({ finding }) => finding === "fails") ? 1 : 0;
}

async function openDocker(host: string) {
  const { DockerodeDocker } = await import("../../platform/docker/dockerode/dockerode.ts");
  return new DockerodeDocker(host);
}

async function checkTrial(check: string, pinPath: string): Promise<CheckResult> {
  const library = NativeLibrary.load();
  const options = { url: "ebpf", pinPath, connectionsMax: 0 };
  const open = () => NativeDataplane.open(library, options);
  return checkDataplane(check, open, () => removeDataplane(library, options));
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

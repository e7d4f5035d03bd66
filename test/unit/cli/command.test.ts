import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import type {
  AdminView,
  DropDocument,
  EventDocument,
  FlowDocument,
  WhyAnswer,
  WhyQuestion,
} from "../../../src/observe/admin-view.ts";
import { type CommandResult, localHost, run } from "../../../src/playground/command.ts";
import { createAdminApp } from "../../../src/server/admin-app.ts";
import { type Listener, listen } from "../../../src/server/listener.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { NO_POLICIES } from "../admin/administration.ts";
import { ANSWER, FLOW, RULE, STATUS } from "./documents.ts";

const CLI = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

let directory: string;
let socket: string;
/** The command's environment: nothing of whoever runs the tests. */
const clean = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith("HYPERION_") || name === "DOCKER_HOST")
    .map((name) => [name, undefined]),
);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-cli-"));
  socket = join(directory, "admin.sock");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function hyperion(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return run(localHost, process.execPath, [CLI, ...args], { env: { ...clean, ...env }, timeoutMs: 20_000 });
}

/** One sentence on standard error and nothing else. */
function expectRefusal(result: CommandResult, sentence: string | RegExp): void {
  expect(result.stderr).toMatch(/^hyperion: [^\n]+\n$/);
  if (typeof sentence === "string") expect(result.stderr).toBe(`hyperion: ${sentence}\n`);
  else expect(result.stderr).toMatch(sentence);
  expect(result).toMatchObject({ status: 2, stdout: "" });
}

const COMMANDS = [
  ...["serve", "status", "networks", "endpoints", "drops", "rules", "why", "flows", "events"],
  ...["policy", "doctor", "demo"],
];

describe("the command line", () => {
  it("shows the commands, as help or for want of one", async () => {
    const help = await hyperion(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const command of COMMANDS) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} +[A-Z]`, "m"));
    }
    expect(await hyperion([])).toEqual({ ...help, status: 2 });
    expect((await hyperion(["--version"])).stdout).toMatch(/^hyperion \d+\.\d+\.\d+\n$/);
  });

  it("explains each command", async () => {
    const { status, stdout } = await hyperion(["serve", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--plugin-socket PATH  (HYPERION_PLUGIN_SOCKET)");
    expect((await hyperion(["drops", "--help"])).stdout).toContain("--follow");
  });

  it.each([
    ["a command", ["stats"], 'unknown command "stats"; did you mean status?'],
    [
      "a command like none",
      ["xyzzy"],
      'unknown command "xyzzy"; commands are serve, status, networks, endpoints, drops, rules, why, flows, events, policy, doctor, demo',
    ],
    ["an option", ["status", "--jsn"], 'unknown option "--jsn"; did you mean --json? [E701]'],
    [
      "an option like none",
      ["networks", "--all"],
      'unknown option "--all"; valid options are --json, --admin-socket [E701]',
    ],
    [
      "an option of serve",
      ["serve", "--vf-pol", "3"],
      'unknown option "--vf-pol"; did you mean --vf-pool? [E701]',
    ],
    [
      "a value of serve",
      ["serve", "--vf-pool", "many"],
      '--vf-pool: "many" is not a whole number from 0 to 1024 [E702]',
    ],
    [
      "a missing value of serve",
      ["serve", "--state-dir"],
      "--state-dir: nothing is not an absolute path [E702]",
    ],
    [
      "a data plane that there is not",
      ["serve", "--dataplane", "dpdk"],
      '--dataplane: "dpdk" is not ebpf or doca:… [E702]',
    ],
  ])("names %s that is wrong, and the right one", async (_, args, sentence) => {
    expectRefusal(await hyperion(args), sentence);
  });

  it.each([
    [["status", "extra"], /"extra"/],
    [["status", "--json=yes"], /--json/],
    [["status", "--admin-socket"], /--admin-socket/],
    [["doctor", "--state-dir", "relative"], /--state-dir: "relative" is not an absolute path/],
  ])("refuses %j", async (args, sentence) => {
    expectRefusal(await hyperion(args), sentence);
  });

  it("names a wrong variable and a wrong value in one", async () => {
    expectRefusal(
      await hyperion(["serve"], { HYPERION_VFPOOL: "3" }),
      'unknown option "HYPERION_VFPOOL"; did you mean HYPERION_VF_POOL? [E701]',
    );
    expectRefusal(
      await hyperion(["serve"], { HYPERION_POSTURE: "deny" }),
      /^hyperion: HYPERION_POSTURE: "deny" is not one of default-deny, .* \[E702\]/,
    );
  });

  it.each([
    ["is not there", undefined, /no such file or directory/],
    ["is no JSON", "vfPool: 3", /JSON/],
    ["is no object", "[]", /does not hold a JSON object/],
    ["has a wrong option", '{"vfPol": 3}', /unknown option "vfPol"; did you mean vfPool\?/],
    ["has a wrong value", '{"vfPool": -1}', /vfPool in .*: -1 is not a whole number/],
  ])("says that the configuration file %s", async (_, content, sentence) => {
    const file = join(directory, "config.json");
    rmSync(file, { force: true });
    if (content !== undefined) writeFileSync(file, content);
    const result = await hyperion(["serve", "--config", file]);
    expectRefusal(result, sentence);
    expect(result.stderr).toContain(file);
  });
});

class FixedView implements AdminView {
  readonly listeners = new Set<(event: EventDocument) => void>();
  failure: Error | undefined;
  droppers: readonly DropDocument[] = [];

  async status() {
    if (this.failure !== undefined) throw this.failure;
    return STATUS;
  }
  async networks() {
    return [];
  }
  async endpoints() {
    return [];
  }
  async drops() {
    return this.droppers;
  }
  async rules() {
    return [RULE];
  }
  async why({ from, to, probe }: WhyQuestion) {
    if (this.failure !== undefined) throw this.failure;
    const answers = this.answers;
    return { from, to, probe, answers, more: 0, notes: [], settled: true };
  }
  answers: readonly WhyAnswer[] = [];
  seenFlows: readonly FlowDocument[] = [FLOW];
  flows() {
    return this.seenFlows;
  }
  async clearFlows() {
    this.seenFlows = [];
  }
  recentEvents(): readonly EventDocument[] {
    return [{ event: "audit", timeMs: 0, rule: "sql" }];
  }
  follow(listener: (event: EventDocument) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  emit(reason: string | null, event = "drop") {
    for (const listener of this.listeners) listener({ event, timeMs: 0, reason });
  }
}

describe("with a daemon", () => {
  let view: FixedView;
  let listener: Listener;
  let stopping: AbortController;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    view = new FixedView();
    stopping = new AbortController();
    const parts = { view, policies: NO_POLICIES, log: recordingLog(), stopping: stopping.signal };
    listener = await listen(createAdminApp(parts), { path: socket });
  });
  afterEach(async () => {
    view.failure = undefined;
    for (const child of children.splice(0)) child.kill("SIGKILL");
    while (view.listeners.size > 0) await sleep(10);
  });
  afterAll(() => listener.close());

  /** `hyperion drops --follow`, once the daemon has it as a follower. */
  async function follow(script: string): Promise<ChildProcess> {
    const child = spawn("bash", ["-c", script, process.execPath, CLI, socket], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...clean },
    });
    children.push(child);
    while (view.listeners.size === 0) await sleep(10);
    return child;
  }

  it("shows its documents as tables, and as JSON where asked", async () => {
    const status = await hyperion(["status", "--admin-socket", socket]);
    expect(status).toMatchObject({ status: 0, stderr: "" });
    expect(status.stdout).toContain("VFs:         2 used, 16 warm, limit 4096");
    const json = await hyperion(["status", "--json"], { HYPERION_ADMIN_SOCKET: socket });
    expect(JSON.parse(json.stdout)).toEqual(STATUS);
    expect((await hyperion(["networks", "--admin-socket", socket])).stdout).toMatch(/^NETWORK +ID /);
    expect((await hyperion(["endpoints", "--json", "--admin-socket", socket])).stdout).toBe("[]\n");
    expect((await hyperion(["drops", "--admin-socket", socket])).stdout).toMatch(/^CONTAINER +REASON /);
  });

  it("shows rules, flows and events, and forgets flows", async () => {
    const env = { HYPERION_ADMIN_SOCKET: socket };
    expect((await hyperion(["rules"], env)).stdout).toMatch(/^CONTAINER +NETWORK .*\nshop\/db /);
    expect(JSON.parse((await hyperion(["rules", "shop/db", "--json"], env)).stdout)).toEqual([RULE]);
    expect((await hyperion(["flows"], env)).stdout).toMatch(/^CONTAINER .*\nshop\/db +ingress +tool /);
    expect(JSON.parse((await hyperion(["flows", "--json"], env)).stdout)).toEqual([FLOW]);
    expect((await hyperion(["flows", "--clear"], env)).stdout).toBe("all flows are forgotten\n");
    expect((await hyperion(["flows", "--json"], env)).stdout).toBe("[]\n");
    expect((await hyperion(["events"], env)).stdout).toBe("1970-01-01T00:00:00.000Z audit rule=sql\n");
    expect((await hyperion(["events", "--type", "drop,log", "--json"], env)).stdout).toBe("[]\n");
  });

  it.each([
    [[], "allow", [], 0],
    [["--expect", "allow"], "allow", [], 0],
    [["--expect", "deny"], "allow", [], 1],
    [["--expect", "deny"], "deny", [], 0],
    [["--expect", "allow"], "deny", [], 1],
    [[], "deny", [], 0],
    [[], "allow", ["they differ"], 1],
    [["--expect", "allow"], "allow", ["they differ"], 1],
  ] as const)(
    "why with %j, %s and %j of mismatches ends with %j",
    async (options, verdict, mismatches, status) => {
      view.answers = [{ ...ANSWER, verdict, mismatches }];
      const words = ["why", "web", "db", "tcp/5432", "--network", "n", "--admin-socket", socket, ...options];
      const result = await hyperion(words);
      expect([result.status, result.stderr]).toEqual([status, ""]);
      expect(result.stdout).toContain(ANSWER.explanation);
    },
  );

  it("why of who meets nowhere is a denial", async () => {
    view.answers = [];
    const ask = (verdict: string) =>
      hyperion(["why", "web", "db", "tcp/5432", "--json", "--expect", verdict, "--admin-socket", socket]);
    expect([(await ask("allow")).status, (await ask("deny")).status]).toEqual([1, 0]);
    expectRefusal(await ask("maybe"), '--expect: "maybe" is not allow or deny [E702]');
  });

  it("passes on what is wrong with the question, under its own code", async () => {
    view.failure = new HyperionError("E190", { name: '"x"', hint: "see: hyperion endpoints" });
    expectRefusal(
      await hyperion(["why", "x", "db", "tcp/80", "--admin-socket", socket]),
      'nothing that Hyperion knows is called "x"; see: hyperion endpoints [E190]',
    );
  });

  it.each([
    [["why", "web"], "TO is missing; the words are: FROM TO PROBE [E712]"],
    [["why", "web", "db", "tcp/1", "x"], '"x" is one word too many; the words are: FROM TO PROBE [E712]'],
    [["rules", "a", "b"], '"b" is one word too many; the words are: [CONTAINER] [E712]'],
    [["flows", "--cler"], 'unknown option "--cler"; did you mean --clear? [E701]'],
  ])("says how %j is wrong", async (words, sentence) => {
    expectRefusal(await hyperion(words), sentence);
  });

  it("prints a large document to its last byte, also to a slow reader", async () => {
    view.droppers = Array.from({ length: 20_000 }, (_, n) => ({
      endpointId: null,
      containerName: `container-${n}`,
      reason: "NO_ENDPOINT" as const,
      packets: n,
      bytes: 0,
    }));
    const script = '"$0" "$1" drops --json --admin-socket "$2" | (sleep 1; cat)';
    const child = spawn("bash", ["-c", script, process.execPath, CLI, socket], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(child, "close");
    expect(JSON.parse(Buffer.concat(chunks).toString("utf8"))).toEqual(view.droppers);
    view.droppers = [];
  });

  it("passes on why the daemon cannot answer", async () => {
    view.failure = new Error("the data plane is closed");
    expectRefusal(
      await hyperion(["status", "--admin-socket", socket]),
      `the Hyperion daemon on ${socket} answered 500: the data plane is closed [E711]`,
    );
  });

  it("drops --follow ends with its reader", async () => {
    const child = await follow('set -o pipefail; "$0" "$1" drops --follow --admin-socket "$2" | head -1');
    const lines: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    const ended = once(child, "close");
    view.emit("SPOOF");
    // The broken pipe shows at the next line, as with any program.
    const emitting = setInterval(() => view.emit("LATER"), 20);
    const [status] = await ended;
    clearInterval(emitting);
    expect(Buffer.concat(lines).toString()).toBe("1970-01-01T00:00:00.000Z drop  reason=SPOOF\n");
    expect(status).toBe(0);
  });

  it("drops --follow shows those of rules with log, and nothing else of them", async () => {
    const child = await follow('exec "$0" "$1" drops --follow --admin-socket "$2"');
    const lines: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    view.emit(null, "log");
    view.emit("POLICY_INGRESS", "log");
    view.emit("SPOOF");
    while (!Buffer.concat(lines).includes("SPOOF")) await sleep(10);
    expect(Buffer.concat(lines).toString()).toBe(
      "1970-01-01T00:00:00.000Z log   reason=POLICY_INGRESS\n1970-01-01T00:00:00.000Z drop  reason=SPOOF\n",
    );
  });

  it("drops --follow ends on Ctrl-C, in order", async () => {
    const child = await follow('exec "$0" "$1" drops --follow --json --admin-socket "$2"');
    const lines: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk));
    view.emit("SPOOF");
    while (lines.length === 0) await sleep(10);
    const ended = once(child, "close");
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(JSON.parse(Buffer.concat(lines).toString())).toEqual({
      event: "drop",
      timeMs: 0,
      reason: "SPOOF",
    });
  });

  it("Ctrl-C ends what hangs", async () => {
    const path = join(directory, "silent.sock");
    const connected = Promise.withResolvers<void>();
    const silent = createServer(() => connected.resolve()).listen(path);
    const child = spawn(process.execPath, [CLI, "status", "--admin-socket", path], { stdio: "ignore" });
    children.push(child);
    await connected.promise;
    const ended = once(child, "close");
    child.kill("SIGINT");
    expect(await ended).toEqual([null, "SIGINT"]);
    silent.close();
  });
});

describe("without a daemon", () => {
  it("says how to start one", async () => {
    const path = join(directory, "nobody.sock");
    for (const command of ["status", "networks", "endpoints", "drops"]) {
      expectRefusal(
        await hyperion([command, "--admin-socket", path]),
        `no Hyperion daemon answers on ${path}; start it with: hyperion serve [E708]`,
      );
    }
    expectRefusal(await hyperion(["drops", "--follow", "--admin-socket", path]), /\[E708\]/);
  });

  it("says when it is root's to ask", async () => {
    const path = join(directory, "closed");
    const server = createServer().listen(path);
    await once(server, "listening");
    chmodSync(path, 0);
    const words = [CLI, "status", "--admin-socket", path];
    const isRoot = process.geteuid?.() === 0;
    // Without its capabilities root is asked for its permissions like anybody; and stays root, who alone
    // may be able to read a checkout.
    const drop = ["--bounding-set=-all", "--inh-caps=-all", "--"];
    chmodSync(directory, 0o755);
    const result = isRoot
      ? await run(localHost, "setpriv", [...drop, process.execPath, ...words], { env: clean })
      : await run(localHost, process.execPath, words, { env: clean });
    server.close();
    expectRefusal(result, /needs root .* \[E507\]/);
  });
});

describe("doctor", () => {
  it("names a remedy for everything that is missing, and changes nothing", async () => {
    const stateDir = join(directory, "doctor", "state");
    const words = [
      "--state-dir",
      stateDir,
      "--docker-host",
      "none",
      "--admin-socket",
      join(directory, "none.sock"),
    ];
    const result = await hyperion(["doctor", "--json", ...words]);
    const checks = JSON.parse(result.stdout) as {
      check: string;
      state: string;
      found: string;
      remedy?: string;
    }[];
    expect(checks.map(({ check }) => check)).toEqual([
      "root",
      "kernel",
      "BPF filesystem",
      "data plane",
      "state directory",
      "iptables",
      "SR-IOV",
      "Docker",
      "daemon",
    ]);
    expect(result.status).toBe(checks.some(({ state }) => state === "missing") ? 1 : 0);
    for (const { check, state, found, remedy } of checks) {
      expect(found).not.toBe("");
      // The data plane's own message says what to do.
      if (state !== "ok" && check !== "data plane") expect(remedy, check).toBeTruthy();
    }
    expect(checks.find(({ check }) => check === "state directory")?.found).toBe(`${stateDir} will be made`);
    expect((await hyperion(["doctor", ...words])).stdout).toMatch(/^CHECK +STATE +FOUND\n/);
  });
});

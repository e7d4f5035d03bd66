import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { RuleDocument, WhyDocument } from "../../src/observe/admin-view.ts";
import type { Prober } from "../../src/playground/prober.ts";
import { reached } from "../../src/playground/prober.ts";
import { labelWords, lacksEngine, type Subject, useBed } from "./bed.ts";

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  server: { "hyperion.ingress.web": "allow tcp/7000-7009,udp/7000 from containers" },
  client: { "hyperion.group": "clients" },
  neighbour: {},
  // Nothing of its own: what an admin policy denies one way must not go on the other way round.
  open: {},
  // Nobody else's streams are counted with what is counted here.
  counted: { "hyperion.ingress.web": "allow tcp/7000 from group:clients" },
};

describe.skipIf(lacksEngine())("policy that changes under what is established", () => {
  const bed = useBed();
  let all: Readonly<Record<string, Subject>>;
  const the = (name: string): Subject => {
    const subject = all[name];
    if (subject === undefined) throw new Error(`there is no container ${name}`);
    return subject;
  };
  const both = (name: string) => [the(name).ipv4, the(name).ipv6];

  beforeAll(async () => {
    await bed().network("live", 64, "-o", "hyperion.gateway=none");
    all = await bed().runAll(
      "live",
      Object.fromEntries(Object.entries(LABELS).map(([name, labels]) => [name, labelWords(labels)])),
    );
    await Promise.all(
      ["server", "open"].flatMap((name) => [
        the(name).prober.echo("tcp", 7000),
        the(name).prober.echo("tcp", 7001),
        the(name).prober.echo("udp", 7000),
      ]),
    );
  });

  const policy = (rule: Readonly<Record<string, string>>) => ({
    tier: "admin",
    rules: [{ name: "changing", ...rule }],
  });

  async function expectCut(
    streams: readonly Awaited<ReturnType<Prober["stream"]>>[],
    rule: Readonly<Record<string, string>>,
  ): Promise<void> {
    await sleep(300);
    const began = Date.now();
    await bed().applyPolicy("changing", policy(rule));
    await sleep(900);
    for (const report of await Promise.all(streams.map((stream) => stream()))) {
      expect(report.exchanges).toBeGreaterThan(20);
      // The last answer of those 900 ms came before the policy was in force, or just after.
      expect(report.answeredAtMs - began).toBeLessThan(200);
    }
    await bed().applyPolicy("changing", undefined);
  }

  it("stops a connection that becomes forbidden within 200 ms, whichever side forbids it", async () => {
    for (const [name, rule] of [
      ["server", { applies: "container:server", ingress: "deny any from group:clients" }],
      ["open", { applies: "container:open", ingress: "deny any from group:clients" }],
      ["open", { applies: "container:client", egress: "deny any to container:open" }],
    ] as const) {
      const { prober } = the("client");
      const streams = await Promise.all(
        both(name).flatMap((address) => [
          prober.stream(address, 7000, 5),
          prober.stream(address, 7001, 5),
          prober.udpStream(address, 7000, 5),
        ]),
      );
      const others = await Promise.all(
        both(name).map((address) => the("neighbour").prober.udpStream(address, 7000, 5)),
      );
      await expectCut(streams, rule);
      // Who is not meant loses nothing.
      for (const report of await Promise.all(others.map((stream) => stream()))) {
        expect(report.unanswered).toBe(0);
      }
    }
  });

  it("loses no packet of a connection that is allowed before and after, through thirty changes", async () => {
    const { prober } = the("neighbour");
    const streams = await Promise.all(
      ["server", "open"].flatMap((name) =>
        both(name).flatMap((address) => [
          prober.udpStream(address, 7000, 2),
          prober.stream(address, 7000, 5),
        ]),
      ),
    );
    for (let change = 0; change < 20; change++) {
      await bed().applyPolicy(
        "churn",
        // Each makes new tables for both servers: other rules, other ports, other identities.
        policy({
          applies: "container:server,container:open",
          ingress: `deny tcp/${8000 + change}-${8100 + 7 * change} from group:clients,container:c${change}`,
        }),
      );
      if (change % 2 === 1) await bed().applyPolicy("churn", undefined);
    }
    await sleep(600);
    const reports = await Promise.all(streams.map((stream) => stream()));
    for (const report of reports) {
      expect([report.unanswered, report.broken]).toEqual([0, null]);
      expect(report.exchanges).toBeGreaterThan(150);
      // TCP repeats what is lost after 200 ms at the earliest.
      expect(report.longestGapMs).toBeLessThan(200);
    }
  });

  it("why says what the tables hold, before and after, and agrees with packets", async () => {
    const ask = async (from: string, to: string, probe: string) => {
      const document = await bed().daemon.query<WhyDocument>("why", from, to, probe);
      expect(document.answers).toHaveLength(1);
      const [answer] = document.answers;
      expect(answer?.mismatches).toEqual([]);
      const outcome = await the(from).prober.probe(the(to).ipv4, probe);
      expect(reached(outcome), `${from} -> ${to} ${probe}`).toBe(answer?.verdict === "allow");
      return [answer?.verdict, answer?.egress.by, answer?.ingress.by];
    };
    expect(await ask("client", "server", "tcp/7000")).toEqual(["allow", "posture", "rule:web"]);
    expect(await ask("client", "server", "tcp/22")).toEqual(["deny", "posture", "posture"]);
    await bed().applyPolicy(
      "asked",
      policy({ applies: "container:server", ingress: "deny tcp/7000 from group:clients prio 5" }),
    );
    expect(await ask("client", "server", "tcp/7000")).toEqual(["deny", "posture", "admin:changing"]);
    expect(await ask("neighbour", "server", "tcp/7000")).toEqual(["allow", "posture", "rule:web"]);
    const failed = await bed().daemon.run("why", "client", "server", "tcp/7000", "--expect", "allow");
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain("changing");
    await bed().applyPolicy("asked", undefined);
    expect(await ask("client", "server", "tcp/7000")).toEqual(["allow", "posture", "rule:web"]);
  });

  it("counts what each rule decides, by its name", async () => {
    const count = async (rule: string | null) => {
      const documents = await bed().daemon.query<readonly RuleDocument[]>("rules", "counted");
      return documents
        .filter((one) => one.direction === "ingress" && one.rule === rule)
        .reduce((sum, { packets }) => sum + packets, 0);
    };
    const before = await Promise.all([count("web"), count(null)]);
    const { prober } = the("client");
    await Promise.all(Array.from({ length: 10 }, () => prober.tcp(the("counted").ipv4, 7000)));
    await Promise.all(Array.from({ length: 3 }, () => prober.tcp(the("counted").ipv4, 22, 300)));
    const after = await Promise.all([count("web"), count(null)]);
    expect((after[0] ?? 0) - (before[0] ?? 0)).toBe(10);
    expect((after[1] ?? 0) - (before[1] ?? 0)).toBeGreaterThanOrEqual(3);
  });

  it("learns what a container does, and suggests the labels that allow exactly that", async () => {
    const learner = await bed().runAll("live", {
      learner: labelWords({ "hyperion.mode": "learn", "hyperion.policy": "default-deny" }),
    });
    const subject = learner.learner;
    if (subject === undefined) throw new Error("no learner");
    await Promise.all([subject.prober.echo("tcp", 9000), subject.prober.echo("udp", 9000)]);
    // What it does, over both families: two who come in, one that it calls.
    const outcomes = await Promise.all([
      ...[subject.ipv4, subject.ipv6].flatMap((address) => [
        the("client").prober.tcp(address, 9000),
        the("neighbour").prober.udp(address, 9000),
      ]),
      ...both("server").map((address) => subject.prober.tcp(address, 7001)),
    ]);
    expect(outcomes).toEqual(Array(6).fill("open"));
    const flows = await bed().until("the flows", 5_000, async () => {
      const seen = await bed().daemon.query<readonly object[]>("flows");
      return seen.length >= 3 && seen;
    });
    const file = join(bed().engine.host.directory, "flows.json");
    writeFileSync(file, JSON.stringify(flows));
    const said = await bed().daemon.run("policy", "suggest", "--flows", file);
    expect(said.stderr).toBe("");
    expect(said.status).toBe(0);
    const labels = Object.fromEntries(
      [...said.stdout.matchAll(/^\s*(hyperion\.(?:ingress|egress)\.[a-z0-9-]+): ?(.+)$/gm)].map(
        ([, key = "", value = ""]) => [key, value.replace(/^(["'])(.*)\1$/, "$2")],
      ),
    );
    expect(Object.keys(labels).length).toBeGreaterThanOrEqual(3);

    await bed().docker("rm", "-f", "learner");
    const again = await bed().runAll("live", {
      learner: labelWords({ "hyperion.policy": "default-deny", ...labels }),
    });
    const strict = again.learner;
    if (strict === undefined) throw new Error("no learner");
    await Promise.all([
      ...[9000, 9001].map((port) => strict.prober.echo("tcp", port)),
      strict.prober.echo("udp", 9000),
    ]);
    const ask = async (from: string) =>
      Promise.all([
        the(from).prober.tcp(strict.ipv4, 9000),
        the(from).prober.udp(strict.ipv4, 9000),
        the(from).prober.tcp(strict.ipv4, 9001),
        the(from).prober.icmp(strict.ipv6),
      ]);
    const [yes, no] = ["open", "timeout"];
    expect(await Promise.all(["client", "neighbour", "open"].map(ask))).toEqual([
      [yes, no, no, no],
      [no, yes, no, no],
      [no, no, no, no],
    ]);
    expect(
      await Promise.all([
        strict.prober.tcp(the("server").ipv6, 7001),
        strict.prober.tcp(the("server").ipv6, 7000),
        strict.prober.tcp(the("open").ipv4, 7001),
      ]),
    ).toEqual([yes, no, no]);
  });
});

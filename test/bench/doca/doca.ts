import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "../bench.ts";
import type { BenchResult, Figure } from "../figures.ts";
import type { Round, RoundAnswer, RoundRequest } from "./round.ts";

const AGENT = fileURLToPath(new URL("./agent.ts", import.meta.url));

/** The measuring process, in namespaces of its own; the context ends it. */
async function openAgent(context: BenchContext): Promise<ChildProcess> {
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", AGENT];
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const agent = spawn("unshare", [...namespaces, ...node], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  const ended = once(agent, "exit");
  context.atEnd(async () => {
    if (agent.connected) agent.disconnect();
    await ended;
  });
  await answerOf(agent);
  return agent;
}

function answerOf(agent: ChildProcess): Promise<Round | undefined> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("the agent on softnic ended"));
    agent.once("exit", ended);
    agent.once("message", (message) => {
      agent.off("exit", ended);
      const { round, error } = message as RoundAnswer;
      if (error === undefined) resolve(round);
      else reject(new Error(error));
    });
  });
}

/** The data plane on DOCA Flow, on softnic: what a change costs, and what is lost by it. */
export async function measureDoca(context: BenchContext): Promise<BenchResult> {
  const { rounds, quick, seconds } = context.options;
  context.progress("starting a data plane on softnic");
  const agent = await openAgent(context);
  const seen: Round[] = [];
  for (let nth = 0; nth < rounds; nth++) {
    context.checkpoint();
    const answer = answerOf(agent);
    agent.send({ nth, quick, seconds } satisfies RoundRequest);
    const round = await answer;
    if (round === undefined) throw new Error("a round without an answer");
    seen.push(round);
    context.progress(
      `round ${nth + 1} of ${rounds}: ${round.rules.batchesPerSecond.toFixed(0)} rules/s, ${round.latencyUs.established.toFixed(0)} µs established, ${round.latencyUs.first.toFixed(0)} µs first, ${round.lost.switching} lost in ${round.switches} switches`,
    );
  }
  return { figures: figuresOf(seen), notes: notesOf(seen) };
}

function series(system: string, rounds: readonly Round[], value: (round: Round) => number) {
  return { system, samples: rounds.map(value) };
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const changes = (rounds[0]?.changes ?? []).filter(({ needed }) => needed > 0);
  return [
    {
      ...{ id: "nic-rules", title: "Rules written to the NIC", unit: "entries/s", better: "higher" },
      method: "rules of TCP, each an entry on softnic when the call returns",
      series: [
        series("1 000 a call", rounds, ({ rules }) => rules.batchesPerSecond),
        series("one a call", rounds, ({ rules }) => rules.singlePerSecond),
      ],
    },
    {
      ...{ id: "nic-touched", title: "Entries that a change touches ÷ needed", unit: "×", better: "lower" },
      method: "entries added, updated and removed, to as few as the change can be made with",
      series: [
        ...changes.map(({ change }) => series(change, rounds, (round) => Math.max(...ratios(round, change)))),
        series("worst of all", rounds, (round) => Math.max(...ratios(round))),
      ],
    },
    {
      ...{ id: "nic-latency", title: "A packet through softnic, median", unit: "µs", better: "lower" },
      method: "one packet at a time, device to device; the first of a connection is decided in software",
      series: [
        series("established", rounds, ({ latencyUs }) => latencyUs.established),
        series("first", rounds, ({ latencyUs }) => latencyUs.first),
      ],
    },
    {
      ...{ id: "nic-lost", title: "Packets lost of an established stream", unit: "packets", better: "lower" },
      method:
        "1 000 packets/s while nothing changes, and while the receiver's policy set changes every 150 ms",
      series: [
        series("steady", rounds, ({ lost }) => lost.steady),
        series("switching", rounds, ({ lost }) => lost.switching),
      ],
    },
    {
      ...{
        id: "nic-forwarding",
        title: "Packets that softnic forwards",
        unit: "packets/s",
        better: "higher",
      },
      method:
        "small packets of one established connection, more than it can take; of real hardware it says nothing",
      series: [series("established", rounds, ({ forwardedPerSecond }) => forwardedPerSecond)],
    },
  ];
}

/** Of one change, or of all. What needs nothing and touches nothing is as it should be. */
function ratios({ changes }: Round, change?: string): readonly number[] {
  return changes
    .filter((each) => change === undefined || each.change === change)
    .map(({ touched, needed }) => (touched === needed ? 1 : touched / needed));
}

function notesOf(rounds: readonly Round[]): readonly string[] {
  const sum = (value: (round: Round) => number) => rounds.reduce((total, round) => total + value(round), 0);
  const touched = (rounds[0]?.changes ?? []).map(
    ({ change, touched: entries, needed }) => `${change} ${entries} of ${needed}`,
  );
  return [
    `On softnic, entries touched of those needed: ${touched.join(", ")}.`,
    `On softnic, ${sum((round) => round.switches)} switches of policy under ${sum((round) => round.streamed)} packets lost ${sum((round) => round.lost.switching)}.`,
  ];
}

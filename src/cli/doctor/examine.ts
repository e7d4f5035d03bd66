import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { agentPath } from "../../platform/native/agent-path.ts";

/** What native/agent/examine.c prints, a line each. */
export type Examined =
  | {
      readonly kind: "device";
      readonly pci: string;
      readonly netdev: string;
      readonly rdma: string;
      readonly mac: string;
      readonly representors: number;
    }
  | {
      readonly kind: "offer";
      readonly connections: number;
      readonly counters: number;
      readonly meters: number;
      readonly sharedMeters: number;
    }
  | Finding;

/** What a device does where only a device can tell. */
export interface Finding {
  readonly kind: "finding";
  readonly assumption: string;
  readonly finding: "holds" | "fails" | "unseen";
  readonly seen: string;
}

type Line = Examined | { readonly kind: "error"; readonly message: string };

/** A device may take its time to start and to stop; no single step of a check takes longer. */
const EXAMINE_TIMEOUT_MS = 120_000;

/** Asks hyperion-agent about a device, line by line. Rejects with what it says when it cannot. */
export async function* examine(...words: readonly string[]): AsyncGenerator<Examined> {
  const agent = spawn(agentPath(), ["examine", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: EXAMINE_TIMEOUT_MS,
  });
  const ended = once(agent, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  // What it waits for comes after the lines; a rejection meanwhile is not unhandled.
  ended.catch(() => {});
  let said = "";
  agent.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000);
  });
  try {
    for await (const text of createInterface({ input: agent.stdout })) {
      const line = JSON.parse(text) as Line;
      if (line.kind === "error") throw new Error(line.message);
      yield line;
    }
    const [status, signal] = await ended;
    if (status !== 0)
      throw new Error(said.trim() || `hyperion-agent ended by ${signal ?? `status ${status}`}`);
  } finally {
    agent.kill();
  }
}

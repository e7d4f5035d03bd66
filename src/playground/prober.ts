import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Answer, Order, Outcome, StreamReport } from "./agent.ts";
import type { Engine } from "./engine.ts";

/** `tcp/80`, `udp/53` or `icmp`, as the policy labels write it. */
export type Probe = string;

/** Long enough for a SYN to be sent a second time. */
const PROBE_TIMEOUT_MS = 1_500;

/** True when packets passed in both directions, whether or not a server was there. */
export function reached(outcome: Outcome): boolean {
  return outcome === "open" || outcome === "refused";
}

/** Makes real connections from inside one container's network namespace. */
export class Prober {
  readonly container: string;
  readonly #agent: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #nextId = 1;
  #ended: string | undefined;

  private constructor(container: string, agent: ChildProcess) {
    this.container = container;
    this.#agent = agent;
    createInterface({ input: agent.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    agent.stdin?.on("error", () => {});
    const end = (why: string) => {
      this.#ended = why;
      for (const [id, settle] of this.#waiting) settle({ id, error: why });
      this.#waiting.clear();
    };
    agent.on("error", (error) => end(error.message));
    agent.on("exit", () => end(`the probe agent in ${container} ended`));
  }

  /** Enters the network of a running container of the engine. */
  static async open(engine: Engine, container: string): Promise<Prober> {
    const pid = await engine.docker("inspect", "--format", "{{.State.Pid}}", container);
    if (!/^[1-9]\d*$/.test(pid)) throw new Error(`container ${container} is not running`);
    return Prober.enter(engine, container, pid);
  }

  /** Enters the network namespace of process `pid`, as the engine's host numbers it. */
  static enter(engine: Engine, name: string, pid: string): Prober {
    // The agent is this very file's neighbour: .ts when run from source, .js when compiled.
    const agent = fileURLToPath(new URL(import.meta.url.replace(/prober(\.[jt]s)$/, "agent$1")));
    const child = engine.host.spawn("nsenter", ["-t", pid, "--net", "--", process.execPath, agent], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    return new Prober(name, child);
  }

  tcp(address: string, port: number, timeoutMs = PROBE_TIMEOUT_MS): Promise<Outcome> {
    return this.#probe({ op: "tcp", address, port, timeoutMs });
  }

  udp(address: string, port: number, timeoutMs = PROBE_TIMEOUT_MS): Promise<Outcome> {
    return this.#probe({ op: "udp", address, port, timeoutMs });
  }

  icmp(address: string, timeoutMs = PROBE_TIMEOUT_MS): Promise<Outcome> {
    return this.#probe({ op: "icmp", address, timeoutMs });
  }

  /** Any of the three, from its text. Throws on a text that is none of them. */
  probe(address: string, probe: Probe, timeoutMs = PROBE_TIMEOUT_MS): Promise<Outcome> {
    const [protocol, port] = probe.split("/");
    if (protocol === "icmp") return this.icmp(address, timeoutMs);
    if (protocol === "tcp") return this.tcp(address, Number(port), timeoutMs);
    if (protocol === "udp") return this.udp(address, Number(port), timeoutMs);
    throw new Error(`${probe} is not a probe; use tcp/PORT, udp/PORT or icmp`);
  }

  /** Serves echo in the container's network until the prober closes. */
  async echo(protocol: "tcp" | "udp", port: number): Promise<void> {
    await this.#order({ op: "echo", protocol, port });
  }

  /** Waits until something listens on the TCP port. */
  async untilListening(port: number, timeoutMs = 10_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.#order({ op: "listening", port })).text !== "yes") {
      if (Date.now() > deadline) throw new Error(`nothing listens on tcp/${port} in ${this.container}`);
      await sleep(50);
    }
  }

  /** Opens a long TCP connection to an echo server; the answer asks how it has fared so far. */
  async stream(address: string, port: number, everyMs = 10): Promise<() => Promise<StreamReport>> {
    const stream = Number((await this.#order({ op: "stream", address, port, everyMs })).text);
    return async () => JSON.parse((await this.#order({ op: "streamed", stream })).text ?? "") as StreamReport;
  }

  /** A file as it reads inside the network namespace: `/proc/self/net/snmp`, `/proc/self/net/dev`. */
  async read(path: string): Promise<string> {
    return (await this.#order({ op: "read", path })).text ?? "";
  }

  close(): void {
    this.#agent.stdin?.end();
  }

  async #probe(order: Order): Promise<Outcome> {
    const { outcome } = await this.#order(order);
    if (outcome === undefined) throw new Error("the probe agent answered without an outcome");
    return outcome;
  }

  #order(order: Order): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Error(this.#ended));
      const id = this.#nextId++;
      this.#waiting.set(id, (answer) => {
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(`${order.op} in ${this.container}: ${answer.error}`));
      });
      this.#agent.stdin?.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }
}

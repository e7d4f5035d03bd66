import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Answer, Order } from "./agent/agent.ts";
import type { Outcome } from "./agent/probe.ts";
import type { SinkReport } from "./agent/serve.ts";
import type { StreamReport } from "./agent/stream.ts";
import type { Host } from "./command.ts";
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
    return Prober.#start(engine.host, name, ["nsenter", "-t", pid, "--net", "--"]);
  }

  /** Enters a network namespace by its file; undefined: the host's own. */
  static enterNamespace(host: Host, name: string, file: string | undefined): Prober {
    return Prober.#start(host, name, file === undefined ? [] : ["nsenter", `--net=${file}`, "--"]);
  }

  static #start(host: Host, name: string, enter: readonly string[]): Prober {
    // The agent lies beside this very file: .ts when run from source, .js when compiled.
    const agent = fileURLToPath(new URL(import.meta.url.replace(/prober(\.[jt]s)$/, "agent/agent$1")));
    const [program = "", ...words] = [...enter, process.execPath, agent];
    return new Prober(name, host.spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] }));
  }

  /** `source`: the address to come from, where there are several; so for the other probes. */
  tcp(address: string, port: number, timeoutMs = PROBE_TIMEOUT_MS, source?: string): Promise<Outcome> {
    return this.#probe({ op: "tcp", address, port, timeoutMs, source });
  }

  udp(address: string, port: number, timeoutMs = PROBE_TIMEOUT_MS, source?: string): Promise<Outcome> {
    return this.#probe({ op: "udp", address, port, timeoutMs, source });
  }

  icmp(address: string, timeoutMs = PROBE_TIMEOUT_MS, source?: string): Promise<Outcome> {
    return this.#probe({ op: "icmp", address, timeoutMs, source });
  }

  /** Any of the three, from its text. Throws on a text that is none of them. */
  probe(address: string, probe: Probe, timeoutMs = PROBE_TIMEOUT_MS, source?: string): Promise<Outcome> {
    const [protocol, port] = probe.split("/");
    if (protocol === "icmp") return this.icmp(address, timeoutMs, source);
    if (protocol === "tcp") return this.tcp(address, Number(port), timeoutMs, source);
    if (protocol === "udp") return this.udp(address, Number(port), timeoutMs, source);
    throw new Error(`${probe} is not a probe; use tcp/PORT, udp/PORT or icmp`);
  }

  /** Serves echo until the prober closes: on all addresses, or where several lead here, on the one to answer from. */
  async echo(protocol: "tcp" | "udp", port: number, address?: string): Promise<void> {
    await this.#order({ op: "echo", protocol, port, address });
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
  stream(address: string, port: number, everyMs = 10, source?: string): Promise<() => Promise<StreamReport>> {
    return this.#stream({ op: "stream", protocol: "tcp", address, port, everyMs, source });
  }

  /** Datagrams to an echo server, each sent once; the answer asks how many came back so far. */
  udpStream(
    address: string,
    port: number,
    everyMs = 5,
    source?: string,
  ): Promise<() => Promise<StreamReport>> {
    return this.#stream({ op: "stream", protocol: "udp", address, port, everyMs, source });
  }

  /** Takes in all that comes to the port; the answer asks how much that was so far. */
  async sink(protocol: "tcp" | "udp", port: number): Promise<() => Promise<SinkReport>> {
    await this.#order({ op: "sink", protocol, port });
    return async () =>
      JSON.parse((await this.#order({ op: "sunk", protocol, port })).text ?? "") as SinkReport;
  }

  /** Sends to a sink for so long: UDP at the given pace, TCP as fast as it goes. */
  async pump(
    protocol: "tcp" | "udp",
    address: string,
    port: number,
    forMs: number,
    bytesPerSecond: number,
  ): Promise<void> {
    await this.#order({ op: "pump", protocol, address, port, forMs, bytesPerSecond });
  }

  /** A file as it reads inside the network namespace: `/proc/self/net/snmp`, `/proc/self/net/dev`. */
  async read(path: string): Promise<string> {
    return (await this.#order({ op: "read", path })).text ?? "";
  }

  close(): void {
    this.#agent.stdin?.end();
  }

  async #stream(order: Order & { op: "stream" }): Promise<() => Promise<StreamReport>> {
    const stream = Number((await this.#order(order)).text);
    return async () => JSON.parse((await this.#order({ op: "streamed", stream })).text ?? "") as StreamReport;
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

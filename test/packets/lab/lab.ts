import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PacketCase } from "../cases/case.ts";
import type { Flow, FlowOutcome } from "./flow.ts";
import type { Answer, Backend, Outcome } from "./protocol.ts";

const AGENT = fileURLToPath(new URL("./agent.ts", import.meta.url));

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A data plane with ports, in namespaces of its own. Needs root. */
export class Lab {
  readonly #agent: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(backend: Backend) {
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", AGENT, backend];
    // The process namespace takes along whatever a data plane has started.
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    this.#agent = spawn("unshare", [...namespaces, ...node], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#agent.on("message", (message) => this.#answered(message as Answer));
    this.#agent.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the lab's agent ended"));
    });
  }

  static async open(backend: Backend): Promise<Lab> {
    const lab = new Lab(backend);
    await new Promise<Answer>((resolve, reject) => lab.#waiting.set(0, { resolve, reject }));
    return lab;
  }

  /** Runs a case; an outcome for each packet that it sends. */
  async run(packetCase: PacketCase): Promise<readonly Outcome[]> {
    return (await this.#ask({ packetCase })).outcomes ?? [];
  }

  /** Lets traffic flow; an outcome for each step that sends. */
  async flow(flow: Flow): Promise<readonly FlowOutcome[]> {
    return (await this.#ask({ flow })).flowed ?? [];
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#agent.once("exit", resolve));
    this.#agent.disconnect();
    await ended;
  }

  #ask(what: { readonly packetCase: PacketCase } | { readonly flow: Flow }): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#agent.send({ id, ...what });
    });
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error !== undefined) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer);
  }
}

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Call, Methods, Return } from "./serve.ts";

const SERVE = fileURLToPath(new URL("./serve.ts", import.meta.url));

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Runs ip(8) commands in the network namespace of a process. */
export function ip(pid: number, commands: readonly string[]): void {
  execFileSync("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "-batch", "-"], {
    input: `${commands.join("\n")}\n`,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** Somebody with a network stack: a process in namespaces of its own. Needs root. */
export class Station {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(name: string) {
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", SERVE];
    // The process namespace takes along whatever a data plane has started.
    const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    this.#process = spawn("unshare", [...namespaces, ...node], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#process.on("message", (message) => this.#returned(message as Return));
    this.#process.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended`));
    });
  }

  static async open(name: string): Promise<Station> {
    const station = new Station(name);
    await new Promise((resolve, reject) => station.#waiting.set(0, { resolve, reject }));
    ip(station.pid, ["link set lo up"]);
    return station;
  }

  /** Of a process in its network namespace, though not in its process namespace. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  call<M extends keyof Methods>(
    method: M,
    ...args: Parameters<Methods[M]>
  ): Promise<Awaited<ReturnType<Methods[M]>>> {
    this.#lastId += 1;
    const call: Call = { id: this.#lastId, method, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, {
        resolve: (result) => resolve(result as Awaited<ReturnType<Methods[M]>>),
        reject,
      });
      this.#process.send(call);
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.disconnect();
    await ended;
  }

  #returned({ id, result, error }: Return): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error !== undefined) waiting?.reject(new Error(error));
    else waiting?.resolve(result);
  }
}

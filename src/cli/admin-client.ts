import { request } from "node:http";
import { createInterface } from "node:readline";
import { HyperionError, reasonOf } from "../model/errors.ts";

/** The daemon answers from memory and its tables; longer than this it is not well. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Speaks to the running daemon over its admin socket. */
export class AdminClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Fetches one document. Throws E708 when no daemon answers. */
  async get<T>(path: string): Promise<T> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#open(path, ANSWER_TIMEOUT_MS)) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
  }

  /** Follows a stream of JSON lines until it ends or `signal` aborts. */
  async *follow<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.#open(path, 0, signal);
    const lines = createInterface({ input: response });
    try {
      for await (const line of lines) if (line !== "") yield JSON.parse(line) as T;
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error);
    }
  }

  #open(path: string, timeoutMs: number, signal?: AbortSignal): Promise<NodeJS.ReadableStream> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#socketPath, path, ...(signal && { signal }) }, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        reject(this.#unreachable(new Error(`it answered ${response.statusCode}`)));
      });
      if (timeoutMs > 0)
        call.setTimeout(timeoutMs, () => call.destroy(new Error("it did not answer in time")));
      call.on("error", (error) => reject(this.#unreachable(error)));
      call.end();
    });
  }

  #unreachable(error: unknown): HyperionError {
    return new HyperionError("E708", { path: this.#socketPath, reason: reasonOf(error) }, { cause: error });
  }
}

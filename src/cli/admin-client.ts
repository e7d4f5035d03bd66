import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { HyperionError, reasonOf } from "../model/errors.ts";

/** The daemon answers from memory and its tables; longer than this it is not well. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Speaks to the running daemon over its admin socket. */
export class AdminClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Fetches one document. Throws E507, E708 when no daemon answers, E711 when it cannot. */
  async get<T>(path: string): Promise<T> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#open(path, ANSWER_TIMEOUT_MS)) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
  }

  /** Follows a stream of JSON lines until it ends or `signal` aborts. Throws as {@link get}. */
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
        if (response.statusCode === 200) resolve(response);
        else this.#refusal(response).then(reject, (error: unknown) => reject(this.#unreachable(error)));
      });
      if (timeoutMs > 0)
        call.setTimeout(timeoutMs, () => call.destroy(new Error("it did not answer in time")));
      call.on("error", (error) => reject(this.#unreachable(error)));
      call.end();
    });
  }

  /** What the daemon says of an answer that it could not give. */
  async #refusal(response: IncomingMessage): Promise<HyperionError> {
    const reason = messageOf(await text(response));
    return new HyperionError("E711", { path: this.#socketPath, status: response.statusCode ?? 0, reason });
  }

  #unreachable(error: unknown): HyperionError {
    // The socket is root's: that a daemon is there and that it may be asked are two things.
    if ((error as NodeJS.ErrnoException).code === "EACCES")
      return new HyperionError("E507", {}, { cause: error });
    return new HyperionError("E708", { path: this.#socketPath, reason: reasonOf(error) }, { cause: error });
  }
}

/** The message of an error document; another program's answer says nothing that could be trusted. */
function messageOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // No JSON: not our daemon's.
  }
  return "no reason given";
}

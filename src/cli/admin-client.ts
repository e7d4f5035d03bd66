import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { DEFAULT_ADMIN_SOCKET } from "../config/defaults.ts";
import { ERRORS, type ErrorCode, type ErrorDetails, HyperionError, reasonOf } from "../model/errors.ts";
import type { Invocation } from "./commands.ts";

/** The daemon answers from memory and its tables; longer than this it is not well. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A change waits for the store and for every row of the data plane. */
const CHANGE_TIMEOUT_MS = 60_000;

/** The options of commands that speak to the daemon. */
export const DAEMON_OPTIONS = { json: { type: "boolean" }, "admin-socket": { type: "string" } } as const;

export const DAEMON_OPTIONS_HELP = `Options:
  --json                 the document as JSON
  --admin-socket PATH    of the daemon (HYPERION_ADMIN_SOCKET); default ${DEFAULT_ADMIN_SOCKET}
`;

type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Call {
  readonly method: Method;
  readonly path: string;
  readonly timeoutMs: number;
  /** JSON text. */
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Speaks to the running daemon over its admin socket. */
export class AdminClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The daemon that the options of a command mean. As for the daemon, an empty variable counts as one that is not set. */
  static of(socket: string | undefined, environment: Invocation["environment"]): AdminClient {
    return new AdminClient(socket ?? (environment.HYPERION_ADMIN_SOCKET || DEFAULT_ADMIN_SOCKET));
  }

  /**
   * Fetches one document. Throws E507, E708 when no daemon answers, the daemon's own error when it says
   * that the question is wrong, E711 when it cannot answer.
   */
  get<T>(path: string, timeoutMs = ANSWER_TIMEOUT_MS): Promise<T> {
    return this.#fetch({ method: "GET", path, timeoutMs });
  }

  /** Asks or changes something; `document`, where there is one, goes as JSON. Throws as {@link get}. */
  send<T>(method: Exclude<Method, "GET">, path: string, document?: unknown): Promise<T> {
    const body = document === undefined ? {} : { body: JSON.stringify(document) };
    return this.#fetch({ method, path, timeoutMs: CHANGE_TIMEOUT_MS, ...body });
  }

  /** Follows a stream of JSON lines until it ends or `signal` aborts. Throws as {@link get}. */
  async *follow<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.#open({ method: "GET", path, timeoutMs: 0, signal });
    const lines = createInterface({ input: response });
    try {
      for await (const line of lines) if (line !== "") yield JSON.parse(line) as T;
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error);
    }
  }

  async #fetch<T>(call: Call): Promise<T> {
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#open(call)) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
  }

  #open({ method, path, timeoutMs, body, signal }: Call): Promise<NodeJS.ReadableStream> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#socketPath, method, path, ...(signal && { signal }) };
      const call = request(options, (response) => {
        if (response.statusCode === 200) resolve(response);
        else this.#refusal(response).then(reject, (error: unknown) => reject(this.#unreachable(error)));
      });
      if (timeoutMs > 0)
        call.setTimeout(timeoutMs, () => call.destroy(new Error("it did not answer in time")));
      call.on("error", (error) => reject(this.#unreachable(error)));
      call.end(body);
    });
  }

  /** What the daemon says of an answer that it could not give, or of a question that was wrong. */
  async #refusal(response: IncomingMessage): Promise<HyperionError> {
    const status = response.statusCode ?? 0;
    const { code, message, details } = errorOf(await text(response));
    if (status < 500 && code !== undefined) return new HyperionError(code, details);
    return new HyperionError("E711", { path: this.#socketPath, status, reason: message });
  }

  #unreachable(error: unknown): HyperionError {
    // The socket is root's: that a daemon is there and that it may be asked are two things.
    if ((error as NodeJS.ErrnoException).code === "EACCES")
      return new HyperionError("E507", {}, { cause: error });
    return new HyperionError("E708", { path: this.#socketPath, reason: reasonOf(error) }, { cause: error });
  }
}

interface DaemonError {
  /** Undefined where it is none of ours. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** What an error document says; another program's answer says nothing that could be trusted. */
function errorOf(body: string): DaemonError {
  try {
    const { error } = JSON.parse(body) as { error?: Readonly<Record<string, unknown>> };
    const { code, message, details } = error ?? {};
    if (typeof message === "string") {
      const known = typeof code === "string" && code in ERRORS ? (code as ErrorCode) : undefined;
      return { code: known, message, details: (details ?? {}) as ErrorDetails };
    }
  } catch {
    // No JSON: not our daemon's.
  }
  return { code: undefined, message: "no reason given", details: {} };
}

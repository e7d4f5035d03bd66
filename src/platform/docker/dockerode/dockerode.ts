import type { IncomingMessage } from "node:http";
import { text as readText } from "node:stream/consumers";
import Dockerode from "dockerode";
import { DeadlineError, within } from "../../../base/deadline.ts";
import { HyperionError, isHyperionError, reasonOf } from "../../../model/errors.ts";
import type { ContainerId, NetworkId } from "../../../model/ids.ts";
import type {
  Docker,
  DockerContainer,
  DockerEvent,
  DockerImage,
  DockerNetwork,
  EventStream,
} from "../docker.ts";
import { parseDockerHost } from "./address.ts";
import { decodeContainer, decodeEvent, decodeImageLabels, decodeNetwork } from "./decode.ts";
import { LineSplitter } from "./lines.ts";

/** Time one call may take, in milliseconds. */
const TIMEOUT_MS = 3000;
/** Longest event, in characters: a container's labels, all of them, are in its `create`. */
const EVENT_LENGTH_MAX = 4 << 20;

const EVENT_FILTERS = {
  type: ["container", "network"],
  event: ["connect", "disconnect", "create", "rename", "destroy"],
};

type Query = Readonly<Record<string, unknown>>;

/**
 * The Docker Engine API through dockerode.
 *
 * Requests go through its `modem`: of the calls that are made here, `network.inspect` cannot be aborted, and
 * a body that breaks off settles none of them.
 */
export class DockerodeDocker implements Docker {
  readonly host: string;
  readonly #timeoutMs: number;
  readonly #docker: Dockerode;

  /** @param host as in DOCKER_HOST: `unix:///path`, `tcp://host:port`. Throws E702. */
  constructor(host: string, timeoutMs = TIMEOUT_MS) {
    this.host = host;
    this.#timeoutMs = timeoutMs;
    this.#docker = new Dockerode(parseDockerHost(host));
  }

  async containers(ids?: readonly ContainerId[]): Promise<readonly DockerContainer[]> {
    if (ids?.length === 0) return [];
    const query = ids === undefined ? { all: true } : { all: true, filters: { id: ids } };
    return this.#list(await this.#get("/containers/json", query), decodeContainer);
  }

  async network(id: NetworkId): Promise<DockerNetwork | undefined> {
    return this.#one(`/networks/${encodeURIComponent(id)}`, undefined, decodeNetwork);
  }

  async imageLabels({ id, platform }: DockerImage): Promise<Readonly<Record<string, string>> | undefined> {
    const query = platform === undefined ? undefined : { platform };
    return this.#one(`/images/${encodeURIComponent(id)}/json`, query, decodeImageLabels);
  }

  async networks(): Promise<readonly DockerNetwork[]> {
    return this.#list(await this.#get("/networks"), decodeNetwork);
  }

  async version(): Promise<string> {
    const answer = await this.#get("/version");
    const version: unknown = (answer as { Version?: unknown } | null)?.Version;
    if (typeof version !== "string") throw this.#notUnderstood("a version");
    return version;
  }

  async events(listener: (event: DockerEvent) => void): Promise<EventStream> {
    const abort = new AbortController();
    const body = await this.#inTime(this.#open("/events", { filters: EVENT_FILTERS }, abort.signal), () =>
      abort.abort(),
    );
    body.setEncoding("utf8");
    const lines = new LineSplitter(EVENT_LENGTH_MAX);
    const push = (chunk: string): string[] => {
      try {
        return lines.push(chunk);
      } catch {
        // A line without end: a new stream, and the look around that follows it, is the way on.
        body.destroy();
        return [];
      }
    };
    body.on("data", (chunk: string) => {
      for (const line of push(chunk)) deliver(line, listener);
    });
    const closed = new Promise<void>((resolve) => body.once("close", resolve));
    body.on("error", () => {}); // "close" follows
    return { closed, close: () => void body.destroy() };
  }

  /** What a path names, or undefined where the engine says that there is no such thing. */
  async #one<T>(
    path: string,
    query: Query | undefined,
    decode: (value: unknown) => T | undefined,
  ): Promise<T | undefined> {
    try {
      return decode(await this.#get(path, query));
    } catch (error) {
      if (isHyperionError(error, "E604") && error.details.status === 404) return undefined;
      throw error;
    }
  }

  /** The JSON of one answer, whole within the deadline. */
  async #get(path: string, query?: Query): Promise<unknown> {
    const abort = new AbortController();
    let body: IncomingMessage | undefined;
    const read = async (): Promise<unknown> => {
      body = await this.#open(path, query, abort.signal);
      return JSON.parse(await readText(body));
    };
    return await this.#inTime(read(), () => {
      abort.abort();
      body?.destroy();
    });
  }

  #open(path: string, query: Query | undefined, abortSignal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = {
        method: "GET",
        // docker-modem appends the query to a "?", and cuts one off that nothing follows.
        path: query === undefined ? path : `${path}?`,
        options: query,
        abortSignal,
        isStream: true,
        statusCodes: { 200: true },
      };
      this.#docker.modem.dial(request, (error: unknown, body: unknown) =>
        error === null ? resolve(body as IncomingMessage) : reject(error),
      );
    });
  }

  async #inTime<T>(work: Promise<T>, abort: () => void): Promise<T> {
    try {
      return await within(this.#timeoutMs, "Docker", work, abort);
    } catch (error) {
      throw this.#wrap(error);
    }
  }

  #wrap(error: unknown): HyperionError {
    const cause = { cause: error };
    if (error instanceof DeadlineError) {
      return new HyperionError("E603", { host: this.host, timeoutMs: this.#timeoutMs }, cause);
    }
    const status: unknown = (error as { statusCode?: unknown } | null)?.statusCode;
    if (typeof status === "number") {
      return new HyperionError("E604", { host: this.host, status, reason: answerOf(error) }, cause);
    }
    return new HyperionError("E605", { host: this.host, reason: reasonOf(error) }, cause);
  }

  #list<T>(answer: unknown, decode: (value: unknown) => T | undefined): readonly T[] {
    if (!Array.isArray(answer)) throw this.#notUnderstood("a list");
    return answer.map(decode).filter((each) => each !== undefined);
  }

  #notUnderstood(expected: string): HyperionError {
    return new HyperionError("E604", { host: this.host, status: 200, reason: `not ${expected}` });
  }
}

/** The engine's own words out of docker-modem's "(HTTP code 500) unexpected - words ". */
function answerOf(error: unknown): string {
  return reasonOf(error)
    .replace(/^\(HTTP code \d+\) unexpected - /, "")
    .trim();
}

function deliver(line: string, listener: (event: DockerEvent) => void): void {
  const event = decodeEvent(parseJson(line));
  if (event !== undefined) listener(event);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

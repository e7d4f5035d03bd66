import { Agent, request } from "node:http";

/** Calls a driver's plugin socket as Docker does. */
export class PluginClient {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Resolves with the reply; rejects when the driver refuses, or nobody listens. */
  call(method: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = {
        socketPath: this.#socketPath,
        path: `/${method}`,
        method: "POST",
        agent: this.#agent,
      };
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${method}: ${text.trim()}`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

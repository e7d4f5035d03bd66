import { createServer, type RequestListener, type Server } from "node:http";
import { HyperionError, reasonOf } from "../model/errors.ts";
import { clearTheWay } from "./socket-file.ts";

/**
 * Longest time that a connection may take to send a request's headers. The engine sends them at
 * once; idle connections between two requests are not meant.
 */
const HEADERS_TIMEOUT_MS = 60_000;

/** Longest wait for calls under way when the daemon stops: systemd and Docker kill after ten seconds. */
export const STOP_TIMEOUT_MS = 8_000;

/** How often a stopping listener looks for connections that have become idle. */
const IDLE_CHECK_MS = 25;

/** Only root talks to these sockets: whoever does controls the network. */
const SOCKET_UMASK = 0o177;

/** Where to listen: a socket file of our own, or a socket that systemd made and passed on. */
export type ListenTarget = { readonly path: string } | { readonly fd: number };

export interface Listener {
  /** What the target is called in messages. */
  readonly name: string;
  /**
   * Takes no more connections, lets calls under way finish for at most {@link STOP_TIMEOUT_MS}, then
   * cuts what is left. The socket file is gone as soon as this begins.
   */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly stopTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
}

/**
 * Serves an app on a unix socket of mode 0600. Makes the directory, and removes a socket file that
 * nobody answers on. Throws E706 when somebody does, E707 for any other reason not to listen.
 */
export async function listen(
  app: RequestListener,
  target: ListenTarget,
  options: ListenOptions = {},
): Promise<Listener> {
  const name = "path" in target ? target.path : `file descriptor ${target.fd}`;
  if ("path" in target) await clearTheWay(target.path);
  const server = createServer(
    {
      // The engine keeps connections and reuses them whenever it likes. Closing one under it makes it
      // repeat the call, and what it repeats has an empty body.
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS, 30_000),
    },
    app,
  );
  await bind(server, target, name);
  return { name, close: () => stop(server, options.stopTimeoutMs ?? STOP_TIMEOUT_MS) };
}

function bind(server: Server, target: ListenTarget, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // For good: a connection that cannot be accepted later on is its caller's loss, and no end of the daemon.
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new HyperionError("E706", { path: name }, { cause: error })
          : new HyperionError("E707", { path: name, reason: reasonOf(error) }, { cause: error }),
      );
    });
    // Node binds within the call, so that the mask covers this socket and nothing else of this thread.
    const before = process.umask(SOCKET_UMASK);
    try {
      server.listen(target, resolve);
    } finally {
      process.umask(before);
    }
  });
}

function stop(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A connection whose call just finished stays open for the next one: it has to be looked for.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const end = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(end);
      resolve();
    });
  });
}

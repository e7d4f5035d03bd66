import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express";
import { within } from "../base/deadline.ts";
import type { Log, LogFields } from "../base/log.ts";
import { HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import { parseBody, REQUEST_BYTES_MAX } from "../protocol/decode.ts";
import { encodeError } from "../protocol/error-reply.ts";
import { type Drivers, methodNamed } from "../protocol/methods.ts";
import { idsOf } from "./request-ids.ts";

/**
 * Longest time that the engine waits for an answer. Its own limit is 30 s for a managed plugin and
 * none for a plugin socket, where a call that hangs would hang `docker run` forever.
 */
export const CALL_TIMEOUT_MS = 20_000;

/** The type that Docker's own plugin library replies with; engines do not look at it. */
const REPLY_TYPE = "application/vnd.docker.plugins.v1.2+json";

export interface PluginAppParts {
  readonly drivers: Drivers;
  readonly log: Log;
  readonly callTimeoutMs?: number;
}

/** The plugin protocol over HTTP: `POST /NetworkDriver.Join` with JSON, JSON back. Not yet listening. */
export function createPluginApp({ drivers, log, callTimeoutMs = CALL_TIMEOUT_MS }: PluginAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  // The engine sends no Content-Type, so that every body is taken as it comes.
  app.use(express.raw({ type: () => true, limit: REQUEST_BYTES_MAX }));

  app.use(async (request, response) => {
    const startedAt = performance.now();
    const name = methodName(request);
    let fields: LogFields = { method: name };
    try {
      const method = methodNamed(name);
      const body = parseBody(name, bytesOf(request));
      fields = { ...fields, ...idsOf(body) };
      const work = method(drivers, body);
      const reply = await within(callTimeoutMs, name, work, () => logLateEnd(log, work, fields));
      send(response, 200, reply);
      const durationMs = millisecondsSince(startedAt);
      log.info("protocol.call", `${name} answered in ${durationMs} ms`, { ...fields, durationMs });
    } catch (error) {
      refuse(response, error, log, { ...fields, durationMs: millisecondsSince(startedAt) });
    }
  });

  // What express.raw refuses. Express tells an error handler from others by its four parameters.
  const onBodyError: ErrorRequestHandler = (error, request, response, _next) => {
    const method = methodName(request);
    refuse(response, bodyError(error, method), log, { method });
  };
  app.use(onBodyError);
  return app;
}

/** `NetworkDriver.Join`; with the verb before it where that is not POST, for no such method exists. */
function methodName(request: Request): string {
  if (request.method !== "POST") return `${request.method} ${request.path}`;
  return request.path.slice(1) || "/";
}

function bytesOf(request: Request): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
}

function bodyError(error: unknown, method: string): HyperionError {
  const tooLarge = (error as { type?: unknown }).type === "entity.too.large";
  return tooLarge
    ? new HyperionError("E203", { method, limit: REQUEST_BYTES_MAX }, { cause: error })
    : new HyperionError("E200", { method, reason: reasonOf(error) }, { cause: error });
}

function refuse(response: Response, error: unknown, log: Log, fields: LogFields): void {
  const { status, body } = encodeError(error);
  send(response, status, body);
  const message = body.Err.startsWith(`${fields.method}`) ? body.Err : `${fields.method}: ${body.Err}`;
  if (isHyperionError(error)) {
    log.warn("protocol.refused", message, { ...fields, code: error.code });
  } else {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error("protocol.failed", message, { ...fields, stack });
  }
}

/** A call that the engine was told has failed may still do its work: the next sweep clears up after it. */
function logLateEnd(log: Log, work: Promise<unknown>, fields: LogFields): void {
  const warn = (how: string) =>
    log.warn("protocol.late", `${fields.method} ${how} after the engine was told that it failed`, fields);
  work.then(
    () => warn("succeeded"),
    (error: unknown) => warn(`failed (${reasonOf(error)})`),
  );
}

function send(response: Response, status: number, reply: unknown): void {
  const body = Buffer.from(`${JSON.stringify(reply)}\n`);
  response.writeHead(status, { "Content-Type": REPLY_TYPE, "Content-Length": body.length }).end(body);
}

/** To the microsecond: most calls take less than a millisecond. */
function millisecondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 1_000) / 1_000;
}

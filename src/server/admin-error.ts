import type { ErrorRequestHandler, Response } from "express";
import type { Log } from "../base/log.ts";
import { type ErrorKind, HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";

/** What a client gets in place of a document. `code` is null where the error is none of ours. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string | null;
    readonly message: string;
    /** What the message was made of; null where the error is none of ours. */
    readonly details: HyperionError["details"] | null;
  };
}

/** Of what the client can do something about; the rest is 500. */
const STATUS: Readonly<Partial<Record<ErrorKind, number>>> = {
  invalid: 400,
  "not-found": 404,
  conflict: 409,
  exhausted: 409,
};

/** Answers for handlers that threw; what is not the client's doing goes to the log. */
export function answerErrors(log: Log): ErrorRequestHandler {
  // Express tells an error handler from others by its four parameters.
  return (thrown, request, response, next) => {
    const error = bodyError(thrown, `${request.method} ${request.path}`);
    const status = (isHyperionError(error) && STATUS[error.kind]) || 500;
    if (status === 500) log.warn("admin.failed", `${request.path}: ${reasonOf(error)}`);
    if (response.headersSent) return next(error);
    refuse(response, status, error);
  };
}

export function refuse(response: Response, status: number, error: unknown): void {
  const known = isHyperionError(error);
  const document: ErrorDocument = {
    error: {
      code: known ? error.code : null,
      message: reasonOf(error),
      details: known ? error.details : null,
    },
  };
  response.status(status).json(document);
}

/** What express says of a body that it did not take. */
function bodyError(error: unknown, method: string): unknown {
  const { type, limit } = error as { type?: unknown; limit?: unknown };
  if (type === "entity.too.large")
    return new HyperionError("E203", { method, limit: Number(limit) }, { cause: error });
  return error;
}

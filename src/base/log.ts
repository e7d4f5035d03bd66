/** Fields of a log entry: what a person would filter by. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The operational log: what an operator must know, in sentences, with a stable event name such as
 * `endpoint.attributed`. Development tracing goes through `debug` instead.
 */
export interface Log {
  info(event: string, message: string, fields?: LogFields): void;
  warn(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
}

import debug from "debug";
import { reasonOf } from "../model/errors.ts";

/** Writes a line for developers where `DEBUG=hyperion:<room>` (or `hyperion:*`) asks for it. */
export interface Trace {
  readonly enabled: boolean;
  /** `format` as for util.format: `%s`, `%d`, `%o`. */
  (format: string, ...values: readonly unknown[]): void;
}

/** The trace of a room: `trace("driver")` is switched on by `DEBUG=hyperion:driver`. */
export function trace(room: string): Trace {
  return debug(`hyperion:${room}`);
}

/**
 * The same object with every call of a method traced: name, outcome and milliseconds. Arguments
 * are left out, as they hold labels. What is not being traced is returned as it is, at no cost.
 */
export function traceCalls<T extends object>(room: string, target: T, line: Trace = trace(room)): T {
  if (!line.enabled) return target;
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => timed(line, String(property), () => value.apply(target, args));
    },
  });
}

function timed(line: Trace, method: string, call: () => unknown): unknown {
  const startMs = performance.now();
  const report = (outcome: string) =>
    line("%s %s in %d ms", method, outcome, round(performance.now() - startMs));
  const fail = (error: unknown) => {
    report(`failed (${reasonOf(error)})`);
    throw error;
  };
  const succeed = (value: unknown) => {
    report("done");
    return value;
  };
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? result.then(succeed, fail) : succeed(result);
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

import debug from "debug";
import { describe, expect, test } from "vitest";
import { trace, traceCalls } from "../../../src/observe/trace.ts";

class Counter {
  #count = 0;
  readonly name = "counter";
  get count(): number {
    return this.#count;
  }
  add(n: number): number {
    this.#count += n;
    return this.#count;
  }
  async addLater(n: number): Promise<number> {
    return this.add(n);
  }
  async refuse(): Promise<never> {
    throw new Error("no");
  }
  throwUp(): never {
    throw new Error("at once");
  }
}

function recorder(enabled: boolean) {
  const lines: string[] = [];
  const line = Object.assign(
    (format: string, ...values: readonly unknown[]) => {
      let i = 0;
      lines.push(format.replace(/%[sd]/g, () => String(values[i++])).replace(/[\d.]+ ms/, "? ms"));
    },
    { enabled },
  );
  return { lines, line };
}

describe("traceCalls", () => {
  test("leaves results, errors, fields and private state as they are, and says what happened", async () => {
    const { lines, line } = recorder(true);
    const counter = traceCalls("store", new Counter(), line);
    expect(counter.add(2)).toBe(2);
    expect(await counter.addLater(3)).toBe(5);
    await expect(counter.refuse()).rejects.toThrow("no");
    expect(() => counter.throwUp()).toThrow("at once");
    expect([counter.count, counter.name]).toEqual([5, "counter"]);
    expect(lines).toEqual([
      "add done in ? ms",
      "addLater done in ? ms",
      "refuse failed (no) in ? ms",
      "throwUp failed (at once) in ? ms",
    ]);
  });

  test("is the object itself when nobody asked for the trace", () => {
    const counter = new Counter();
    expect(traceCalls("store", counter, recorder(false).line)).toBe(counter);
  });
});

test("a trace is switched on by the name of its room", () => {
  const driver = trace("driver");
  expect(driver.enabled).toBeFalsy();
  debug.enable("hyperion:driver");
  expect([driver.enabled, trace("store").enabled]).toEqual([true, false]);
  debug.disable();
});

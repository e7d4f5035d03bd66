import { describe, expect, it } from "vitest";
import { Semaphore } from "../../../src/base/semaphore.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("Semaphore", () => {
  it("never runs more than its places, and runs all, in order, failures included", async () => {
    const semaphore = new Semaphore(3);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        semaphore.run(async () => {
          begun.push(i);
          running += 1;
          most = Math.max(most, running);
          await tick();
          running -= 1;
          if (i % 4 === 0) throw new Error(`task ${i}`);
          return i;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(outcomes.map(({ status }) => status === "rejected")).toEqual(
      Array.from({ length: 20 }, (_, i) => i % 4 === 0),
    );
  });

  it("has its places back afterwards", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.run(async () => {});
    let ran = false;
    const done = semaphore.run(async () => {
      ran = true;
    });
    expect(ran).toBe(true); // at once, nobody being before it
    await done;
  });
});

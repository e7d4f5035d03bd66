import { describe, expect, it } from "vitest";
import { CallQueue } from "../../../../src/platform/dataplane/native/call-queue.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("CallQueue", () => {
  it("runs one task at a time, in order, whether they fail or not", async () => {
    const queue = new CallQueue(() => new Error("closed"));
    const seen: string[] = [];
    const task = (name: string, fails: boolean) => async () => {
      seen.push(`${name} begins`);
      await tick();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const outcomes = await Promise.allSettled([
      queue.run(task("a", true)),
      queue.run(task("b", false)),
      queue.run(task("c", false)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("closes after what it accepted, once, and refuses the rest", async () => {
    const queue = new CallQueue(() => new Error("closed"));
    const seen: string[] = [];
    const accepted = queue.run(async () => {
      await tick();
      seen.push("task");
    });
    const closing = queue.close(() => seen.push("close"));
    const again = queue.close(() => seen.push("again"));
    await expect(queue.run(async () => seen.push("late"))).rejects.toThrow("closed");
    await Promise.all([accepted, closing, again]);
    expect(seen).toEqual(["task", "close"]);
  });
});

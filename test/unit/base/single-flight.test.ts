import { describe, expect, test } from "vitest";
import { SingleFlight } from "../../../src/base/single-flight.ts";

/** A task whose runs end by hand. */
function manual() {
  const runs: { key: string; end: (value: string) => void; fail: (error: Error) => void }[] = [];
  const flights = new SingleFlight((key: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    runs.push({ key, end: resolve, fail: reject });
    return promise;
  });
  return { runs, flights };
}

describe("SingleFlight", () => {
  test("who asks during a run gets the next one, together with all others who do", async () => {
    const { runs, flights } = manual();
    const first = flights.request("a");
    const second = flights.request("a");
    const third = flights.request("a");
    expect(runs.length).toBe(1);
    runs[0]?.end("old");
    expect(await first).toBe("old");
    expect(runs.length).toBe(2);
    runs[1]?.end("new");
    expect(await Promise.all([second, third])).toEqual(["new", "new"]);
    expect(flights.size).toBe(0);
  });

  test("a failed run fails its own askers only", async () => {
    const { runs, flights } = manual();
    const first = flights.request("a");
    const second = flights.request("a");
    runs[0]?.fail(new Error("down"));
    await expect(first).rejects.toThrow("down");
    runs[1]?.end("up");
    expect(await second).toBe("up");
    expect(flights.size).toBe(0);
  });

  test("a run that waits for nobody leaves the key free for later", async () => {
    const { runs, flights } = manual();
    for (const round of [0, 1, 2]) {
      const asked = flights.request("a");
      const shared = flights.request("a");
      runs[2 * round]?.end("x");
      await asked;
      runs[2 * round + 1]?.end("y");
      await shared;
    }
    expect(runs.length).toBe(6);
    expect(flights.size).toBe(0);
  });

  test("keys run side by side", () => {
    const { runs, flights } = manual();
    void flights.request("a");
    void flights.request("b");
    expect(runs.map(({ key }) => key)).toEqual(["a", "b"]);
  });
});

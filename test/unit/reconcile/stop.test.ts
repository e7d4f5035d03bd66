import { describe, expect, it } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import type { Row } from "../../../src/model/rows.ts";
import { Compiler } from "../../../src/pipeline/index.ts";
import type { Failure, Operation } from "../../../src/platform/dataplane/dataplane.ts";
import { MemoryDataplane } from "../../../src/platform/dataplane/memory/memory-dataplane.ts";
import { Reconciler } from "../../../src/reconcile/reconciler.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { facts, network, SETTINGS } from "../pipeline/facts.ts";

/** Calls of a data plane take until the test lets them end. */
class SlowDataplane extends MemoryDataplane {
  /** Of every call so far. */
  calls = 0;
  lost = false;
  slow = false;
  #waiting: (() => void)[] = [];

  override async apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    await this.#turn();
    return super.apply(operations);
  }

  override async dump(): Promise<readonly Row[]> {
    await this.#turn();
    return super.dump();
  }

  /** Lets the calls that wait end. */
  answer(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async #turn(): Promise<void> {
    this.calls += 1;
    await new Promise<void>((resolve) => (this.slow ? this.#waiting.push(resolve) : setImmediate(resolve)));
    if (this.lost) throw new HyperionError("E511", { reason: "gone" });
  }
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

async function open() {
  const dataplane = new SlowDataplane();
  let current = facts([], []);
  const reconciler = await Reconciler.open({
    dataplane,
    newCompile: () => {
      const compiler = new Compiler(SETTINGS);
      return (given, numbering) => compiler.compile(given, numbering);
    },
    facts: () => current,
    reattach: async () => {},
    log: recordingLog(),
  });
  const change = (names: readonly string[]) => {
    current = facts(
      names.map((name, i) => network(name, {}, i + 1)),
      [],
    );
    return reconciler.settle();
  };
  return { dataplane, reconciler, change };
}

describe("a reconciler that is stopped", () => {
  it("ends with the pass that waits behind the one under way, and no call comes after", async () => {
    const { dataplane, reconciler, change } = await open();
    dataplane.slow = true;
    const first = change(["one"]);
    await turns();
    const second = change(["one", "two"]);
    let ended = false;
    const stopped = reconciler.stop().then(() => {
      ended = true;
    });
    dataplane.answer();
    await first;
    await turns();
    expect(ended).toBe(false);
    dataplane.answer();
    await Promise.all([second, stopped]);
    const { calls } = dataplane;
    await turns();
    expect(dataplane.calls).toBe(calls);
  });

  it("does not go on trying to reach a data plane that is lost", async () => {
    const { dataplane, reconciler } = await open();
    dataplane.slow = true;
    dataplane.lost = true;
    reconciler.lost(new HyperionError("E511", { reason: "gone" }));
    await turns();
    const stopped = reconciler.stop();
    dataplane.slow = false;
    dataplane.answer();
    await stopped;
    const { calls } = dataplane;
    await turns();
    expect(dataplane.calls).toBe(calls);
  });
});

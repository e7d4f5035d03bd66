import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Vf, VfPool, type VfPoolOptions } from "../../../src/driver/vf-pool.ts";
import type { PortKind } from "../../../src/model/rows.ts";
import { MemoryDataplane, MemoryTables } from "../../../src/platform/dataplane/memory/memory-dataplane.ts";
import { MemoryHost } from "../../../src/platform/host/memory/memory-host.ts";
import { FaultyDataplane } from "../../faults/faulty-dataplane.ts";
import { FaultyHost } from "../../faults/faulty-host.ts";
import { RecordingLog } from "../../faults/recording-log.ts";

let memoryHost: MemoryHost;
let host: FaultyHost;
let memoryDataplane: MemoryDataplane;
let dataplane: FaultyDataplane;
let log: RecordingLog;
let pools: VfPool[];

beforeEach(() => {
  memoryHost = new MemoryHost();
  host = new FaultyHost(memoryHost);
  memoryDataplane = new MemoryDataplane();
  dataplane = new FaultyDataplane(memoryDataplane);
  log = new RecordingLog();
  pools = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const pool of pools) await pool.close();
});

function newPool(options: Partial<VfPoolOptions> = {}): VfPool {
  const pool = new VfPool({ host, dataplane, warm: 2, limit: 8, mtuBytes: 1500, log, ...options });
  pools.push(pool);
  return pool;
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function names(): Promise<string[]> {
  return (await memoryHost.links("hy")).map(({ name }) => name).toSorted();
}

/** Attaches nowhere until it is told to go on. */
class SlowDataplane extends MemoryDataplane {
  readonly #gate = Promise.withResolvers<void>();

  goOn(): void {
    this.#gate.resolve();
  }

  override async attach(port: number, kind: PortKind): Promise<void> {
    await this.#gate.promise;
    return super.attach(port, kind);
  }
}

describe("take", () => {
  it("hands out a pair with programs attached, its representor up", async () => {
    const pool = newPool();
    await pool.adopt([]);
    const vf = await pool.take(1500);
    expect(vf).toEqual({ vf: "hyv1", representor: "hyr1", port: expect.any(Number) });
    expect(await memoryHost.link("hyr1")).toMatchObject({ up: true, index: vf.port, mtuBytes: 1500 });
    expect(memoryDataplane.attached.has(vf.port)).toBe(true);
  });

  it("keeps VFs ready, and makes another for each one taken", async () => {
    const pool = newPool();
    await pool.adopt([]);
    await settled();
    expect(pool.counts).toEqual({ inUse: 0, warm: 2, limit: 8 });
    host.fail("createVf", 1); // a ready one needs no kernel
    await pool.take(1500);
    expect(pool.counts.inUse).toBe(1);
  });

  it("changes the MTU of both ends of a ready one", async () => {
    const pool = newPool();
    await pool.adopt([]);
    await settled();
    const { vf, representor } = await pool.take(9000);
    expect((await memoryHost.link(vf))?.mtuBytes).toBe(9000);
    expect((await memoryHost.link(representor))?.mtuBytes).toBe(9000);
  });

  it("destroys one whose MTU cannot be changed", async () => {
    const pool = newPool({ warm: 1 });
    await pool.adopt([]);
    await settled();
    host.fail("setMtu");
    await expect(pool.take(9000)).rejects.toMatchObject({ code: "E601" });
    await settled();
    expect(pool.counts.inUse).toBe(0);
    expect(await names()).not.toContain("hyr1");
  });

  it("makes VFs on demand when none is ready, many at once", async () => {
    const pool = newPool({ warm: 0 });
    await pool.adopt([]);
    const taken = await Promise.all(Array.from({ length: 8 }, () => pool.take(1500)));
    expect(new Set(taken.map(({ representor }) => representor)).size).toBe(8);
    expect(new Set(taken.map(({ port }) => port)).size).toBe(8);
  });

  it("says how many are in use at the limit, and serves again after one came back", async () => {
    const pool = newPool({ limit: 2 });
    await pool.adopt([]);
    const first = await pool.take(1500);
    await pool.take(1500);
    await expect(pool.take(1500)).rejects.toMatchObject({
      code: "E320",
      details: { used: 2, limit: 2 },
    });
    const back = pool.giveBack(first);
    // Not refused though the names are still taken: one is on its way out.
    const next = await pool.take(1500);
    await back;
    expect(next.port).not.toBe(first.port);
  });

  it("rejects what the kernel refuses, leaving nothing behind", async () => {
    const pool = newPool({ warm: 0, limit: 1 });
    await pool.adopt([]);
    host.fail("createVf");
    await expect(pool.take(1500)).rejects.toMatchObject({ code: "E601" });
    dataplane.failCall("attach");
    await expect(pool.take(1500)).rejects.toMatchObject({ code: "E501" });
    expect(await names()).toEqual([]);
    await expect(pool.take(1500)).resolves.toBeDefined(); // the one name is free again
  });
});

describe("giveBack", () => {
  it("destroys the pair and never hands it out again", async () => {
    const pool = newPool();
    await pool.adopt([]);
    const first = await pool.take(1500);
    memoryHost.moveAway(first.vf);
    await pool.giveBack(first);
    expect(await memoryHost.link(first.representor)).toBeUndefined();
    expect((await pool.take(1500)).port).not.toBe(first.port);
  });

  it("does not mind a VF that went with its container", async () => {
    const pool = newPool();
    await pool.adopt([]);
    const vf = await pool.take(1500);
    memoryHost.vanish(vf.vf);
    await pool.giveBack(vf);
    expect(pool.counts.inUse).toBe(0);
    expect(log.events).toEqual([]);
  });

  it("has the data plane let go of the port, once the device is gone", async () => {
    const pool = newPool({ warm: 0 });
    await pool.adopt([]);
    const vf = await pool.take(1500);
    host.fail("deleteLinks", 2); // without its programs, what is still there would lead past them
    await pool.giveBack(vf);
    await settled();
    expect([...memoryDataplane.attached.keys()]).toEqual([vf.port]);
    await vi.waitFor(() => expect(memoryDataplane.attached.size).toBe(0));
    expect(await names()).toEqual([]);
  });

  it("tries again later where the data plane does not let go", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const pool = newPool({ warm: 0 });
    await pool.adopt([]);
    const vf = await pool.take(1500);
    dataplane.failCall("detach", 2);
    await pool.giveBack(vf);
    await settled();
    expect(log.events).toEqual(["vf.detach-failed"]);
    await expect(pool.take(1500)).resolves.toBeDefined(); // which holds up nobody
    await vi.advanceTimersByTimeAsync(400);
    await settled();
    expect(memoryDataplane.attached.has(vf.port)).toBe(false);
    expect(log.events).toEqual(["vf.detach-failed", "vf.detach-failed"]);
  });

  it("leaves alone what is not in use, so that twice is once", async () => {
    const pool = newPool({ warm: 0, limit: 1 });
    await pool.adopt([]);
    const first = await pool.take(1500);
    await pool.giveBack(first);
    const second = await pool.take(1500);
    expect(second.representor).toBe(first.representor);
    await pool.giveBack({ vf: "hyv7", representor: "hyr7", port: 7 });
    expect(await memoryHost.link(second.representor)).toBeDefined();
  });

  it("tries again later what cannot be destroyed, without holding up the others", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const pool = newPool({ warm: 0 });
    await pool.adopt([]);
    const [a, b] = [await pool.take(1500), await pool.take(1500)];
    host.fail("deleteLinks", 2); // both together, then the first alone
    await Promise.all([pool.giveBack(a), pool.giveBack(b)]);
    expect(log.events).toEqual(["vf.destroy-failed"]);
    expect(await names()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    await settled();
    expect(await names()).toEqual([]);
  });
});

describe("warming", () => {
  it("tries again after a failure, and serves takers meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const pool = newPool();
    host.fail("createVf");
    await pool.adopt([]);
    await settled();
    expect(pool.counts.warm).toBe(0);
    expect(log.events).toEqual(["vf.warm-failed"]);
    await expect(pool.take(1500)).resolves.toBeDefined();
    await vi.advanceTimersByTimeAsync(200);
    await settled();
    expect(pool.counts.warm).toBe(2);
  });

  it("keeps within the limit", async () => {
    const pool = newPool({ warm: 5, limit: 3 });
    await pool.adopt([]);
    await settled();
    expect(pool.counts.warm).toBe(3);
    expect(await names()).toHaveLength(6);
  });
});

describe("adopt", () => {
  const vfOf = async (n: number): Promise<Vf> => {
    const port = await memoryHost.createVf(`hyv${n}`, `hyr${n}`, 1500);
    return { vf: `hyv${n}`, representor: `hyr${n}`, port };
  };

  it("keeps what is in use, destroys the rest, and reports what is gone", async () => {
    const inUse = await vfOf(1);
    memoryHost.moveAway(inUse.vf);
    await vfOf(2); // an orphan, perhaps a ready one of an earlier daemon
    const renewed = { ...(await vfOf(3)), port: 9999 }; // the name is there, the device is another
    const gone = { vf: "hyv4", representor: "hyr4", port: 77 };
    memoryHost.addHardware("hyr5", 1500); // no veth: not ours, whatever its name
    const pool = newPool({ warm: 0 });
    expect(await pool.adopt([inUse, renewed, gone])).toEqual([renewed, gone]);
    await settled();
    expect(await names()).toEqual(["hyr1", "hyr5"]);
    expect(memoryDataplane.attached.has(inUse.port)).toBe(true);
    expect(pool.counts.inUse).toBe(1);
  });

  it("has the data plane let go of what it destroys, and of what is gone", async () => {
    const [inUse, orphan] = [await vfOf(1), await vfOf(2)];
    const gone = { vf: "hyv4", representor: "hyr4", port: 77 };
    const reused = { vf: "hyv5", representor: "hyr5", port: inUse.port };
    for (const { port } of [inUse, orphan, gone]) await memoryDataplane.attach(port, "vf");
    await newPool({ warm: 0 }).adopt([inUse, gone, reused]);
    await settled();
    expect([...memoryDataplane.attached.keys()]).toEqual([inUse.port]);
  });

  it("gives no adopted name to another", async () => {
    const inUse = [await vfOf(1), await vfOf(2)];
    const pool = newPool({ warm: 0, limit: 3 });
    await pool.adopt(inUse);
    expect((await pool.take(1500)).representor).toBe("hyr3");
    await expect(pool.take(1500)).rejects.toMatchObject({ code: "E320", details: { used: 3 } });
    await pool.giveBack(inUse[1] as Vf);
    expect((await pool.take(1500)).representor).toBe("hyr2");
  });

  it("keeps VFs above a limit that was lowered", async () => {
    const inUse = await vfOf(9);
    const pool = newPool({ warm: 0, limit: 3 });
    expect(await pool.adopt([inUse])).toEqual([]);
    expect(pool.counts.inUse).toBe(1);
    await pool.giveBack(inUse);
    expect(await names()).toEqual([]);
  });

  it("with new tables, attaches to what it keeps before it returns", async () => {
    const inUse = [await vfOf(1), await vfOf(2)];
    await newPool({ warm: 0 }).adopt(inUse);
    expect([...memoryDataplane.attached.keys()]).toEqual(inUse.map(({ port }) => port));
  });

  it("with adopted tables, attaches in the background, but for what is given back meanwhile", async () => {
    const inUse = [await vfOf(1), await vfOf(2), await vfOf(3)];
    const tables = new MemoryTables();
    await new MemoryDataplane(tables).close();
    const slow = new SlowDataplane(tables, { portExists: (port) => port === inUse[2]?.port });
    const pool = newPool({ warm: 0, dataplane: slow });
    await pool.adopt(inUse);
    expect([...slow.attached]).toEqual([]);
    await pool.giveBack(inUse[0] as Vf); // while it is being attached to
    await pool.giveBack(inUse[1] as Vf); // before its turn
    slow.goOn();
    await settled();
    expect([...slow.attached.keys()]).toEqual([inUse[2]?.port]);
    expect(log.events).toEqual([]);
  });

  it("goes on with the old programs where new ones cannot be attached", async () => {
    const inUse = await vfOf(1);
    const pool = newPool({ warm: 0 });
    dataplane.failCall("attach");
    expect(await pool.adopt([inUse])).toEqual([]);
    expect(log.events).toEqual(["vf.attach-failed"]);
    expect(await memoryHost.link("hyr1")).toBeDefined();
  });
});

describe("close", () => {
  it("destroys what nobody uses, leaves what is in use, and refuses takers", async () => {
    const pool = newPool();
    await pool.adopt([]);
    const vf = await pool.take(1500);
    await settled();
    expect(pool.counts.warm).toBe(2);
    dataplane.failCall("detach"); // not tried again: there is nobody to do it
    await pool.close();
    expect(await names()).toEqual(["hyr1", "hyv1"]);
    expect([...memoryDataplane.attached.keys()]).toEqual([vf.port, expect.any(Number)]);
    await expect(pool.take(1500)).rejects.toMatchObject({ code: "E601" });
    await pool.giveBack(vf);
    expect(await names()).toEqual([]);
  });

  it("in the middle of warming leaves nothing", async () => {
    const pool = newPool({ warm: 8 });
    await pool.adopt([]);
    const taking = pool.take(1500);
    await pool.close();
    const outcome = await taking.catch((error: { code: string }) => error.code);
    if (typeof outcome !== "string") await pool.giveBack(outcome);
    expect(await names()).toEqual([]);
  });
});

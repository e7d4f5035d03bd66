import { execFileSync } from "node:child_process";
import { afterAll, describe, expect, it, vi } from "vitest";
import { VfPool } from "../../src/driver/vf-pool.ts";
import { NativeDataplane } from "../../src/platform/dataplane/native/native-dataplane.ts";
import { removePins } from "../../src/platform/dataplane/native/open.ts";
import { NativeHost } from "../../src/platform/host/native/native-host.ts";
import { describeDataplane } from "../conformance/dataplane.ts";
import { describeHost } from "../conformance/host.ts";
import { RecordingLog } from "../faults/recording-log.ts";
import { lacksNativeLibrary, lacksRoot } from "../skip.ts";
import { BPF_FILESYSTEM, enterOwnNamespaces } from "./own-namespaces.ts";

const skipped = lacksRoot() || lacksNativeLibrary();

describe.skipIf(skipped)("on this kernel", () => {
  if (skipped) return;
  const library = enterOwnNamespaces();
  const host = new NativeHost(library);

  describeHost("NativeHost", () => ({ host, hardware: "lo" }));

  it("says what the kernel says", async () => {
    await host.createVf("hyv1", "hyr1", 1500);
    await expect(host.setMtu("hyv1", 10)).rejects.toMatchObject({
      code: "E601",
      message: "netlink refused MTU 10 on hyv1: mtu less than device minimum",
    });
    await host.deleteLinks(["hyr1"]);
  });

  it("takes a thousand calls at once, their memory left alone by garbage collection", async () => {
    const rubbish = setInterval(() => new Array(100_000).fill({}).map(() => ({})), 0);
    const links = await Promise.all(Array.from({ length: 1000 }, () => host.link("lo")));
    clearInterval(rubbish);
    expect(new Set(links.map((link) => JSON.stringify(link))).size).toBe(1);
    expect(links[0]).toMatchObject({ name: "lo", index: 1 });
  });

  it("refuses names that the kernel would take for something else", async () => {
    for (const name of ["", "sixteen-letters!", "a/b", "hyv%d", "a b"]) {
      await expect(host.createVf(name, "hyr1", 1500)).rejects.toMatchObject({ code: "E601" });
    }
    expect(await host.links("hy")).toEqual([]);
  });

  it("says where a lock cannot be made", async () => {
    await expect(host.lock("/nonexistent/lock")).rejects.toMatchObject({
      code: "E705",
      details: { path: "/nonexistent", reason: "No such file or directory" },
    });
  });

  it("says what is missing for a data plane", async () => {
    const open = (url: string, pinPath: string) =>
      NativeDataplane.open(library, { url, pinPath, connectionsMax: 0 });
    await expect(open("ebpf", "/tmp/hyperion-no-bpf")).rejects.toMatchObject({ code: "E506" });
    await expect(open("nothing", `${BPF_FILESYSTEM}/x`)).rejects.toMatchObject({ code: "E502" });
  });

  describeDataplane("NativeDataplane", async () => {
    const pinPath = `${BPF_FILESYSTEM}/conformance`;
    const ports = [
      await host.createVf("hyv1", "hyr1", 1500),
      await host.createVf("hyv2", "hyr2", 1500),
    ] as const;
    return {
      open: () => NativeDataplane.open(library, { url: "ebpf", pinPath, connectionsMax: 0 }),
      ports,
      noPort: 9999,
      discard: async () => {
        await removePins(library, pinPath);
        await host.deleteLinks(["hyr1", "hyr2"]);
      },
    };
  });

  describe("a device whose hook another program holds", () => {
    it("is left alone, and named", async () => {
      const pinPath = `${BPF_FILESYSTEM}/busy`;
      const dataplane = await NativeDataplane.open(library, { url: "ebpf", pinPath, connectionsMax: 0 });
      const port = await host.createVf("hyv1", "hyr1", 1500);
      execFileSync("tc", ["qdisc", "add", "dev", "hyr1", "clsact"]);
      execFileSync("tc", "filter add dev hyr1 ingress protocol all pref 1 u32 match u32 0 0".split(" "));
      await expect(dataplane.attach(port)).rejects.toMatchObject({
        code: "E509",
        message: expect.stringContaining("tc qdisc del dev hyr1 parent ffff:fff1"),
      });
      await dataplane.close();
      await removePins(library, pinPath);
      await host.deleteLinks(["hyr1"]);
    });
  });

  describe("the VF pool", async () => {
    const pinPath = `${BPF_FILESYSTEM}/pool`;
    const dataplane = await NativeDataplane.open(library, { url: "ebpf", pinPath, connectionsMax: 0 });
    const log = new RecordingLog();
    const newPool = (warm: number) => new VfPool({ host, dataplane, warm, limit: 100, mtuBytes: 1500, log });
    afterAll(async () => {
      await dataplane.close();
      await removePins(library, pinPath);
    });

    it("makes, hands over, adopts and destroys real devices", async () => {
      const first = newPool(4);
      await first.adopt([]);
      const taken = await Promise.all(Array.from({ length: 32 }, () => first.take(1450)));
      expect((await host.link(taken[31]?.vf ?? ""))?.mtuBytes).toBe(1450);

      await vi.waitFor(() => expect(first.counts.warm).toBe(4));

      // The next daemon after a crash: ready VFs of the first are nobody's.
      const [kept, ...lost] = taken;
      if (kept === undefined) throw new Error("no VF");
      const second = newPool(0);
      expect(await second.adopt([kept])).toEqual([]);
      await second.close();
      expect((await host.links("hy")).map(({ name }) => name).toSorted()).toEqual([
        kept.representor,
        kept.vf,
      ]);
      expect(lost).toHaveLength(31);

      await second.giveBack(kept);
      await first.close();
      expect(await host.links("hy")).toEqual([]);
      expect(log.events).toEqual([]);
    });
  });
});

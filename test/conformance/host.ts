import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Host } from "../../src/platform/host/host.ts";

/** What every host must do. `hardware` is the name of a device that was there before. */
export function describeHost(
  name: string,
  open: () => { readonly host: Host; readonly hardware: string },
): void {
  describe(name, () => {
    const { host, hardware } = open();
    const directory = mkdtempSync(join(tmpdir(), "hyperion-host-"));

    afterEach(async () => {
      await host.deleteLinks((await host.links("hyr")).map((link) => link.name));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it("makes a pair: the representor up, the VF down, both with the MTU", async () => {
      const port = await host.createVf("hyv1", "hyr1", 1400);
      const representor = await host.link("hyr1");
      const vf = await host.link("hyv1");
      expect(representor).toEqual({
        name: "hyr1",
        index: port,
        mtuBytes: 1400,
        mac: expect.stringMatching(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
        up: true,
        carrier: false,
        kind: "veth",
      });
      expect(vf).toMatchObject({ name: "hyv1", up: false, mtuBytes: 1400, kind: "veth" });
      expect(vf?.mac).not.toBe(representor?.mac);
    });

    it("refuses names that are taken, making neither end", async () => {
      await host.createVf("hyv1", "hyr1", 1500);
      for (const [vf, representor] of [
        ["hyv1", "hyr2"],
        ["hyv2", "hyr1"],
      ] as const) {
        await expect(host.createVf(vf, representor, 1500)).rejects.toMatchObject({
          code: "E601",
          message: expect.stringContaining("File exists"),
        });
      }
      expect((await host.links("hy")).map((link) => link.name).toSorted()).toEqual(["hyr1", "hyv1"]);
    });

    it("deletes both ends, many at once, and minds none that is not there", async () => {
      await host.createVf("hyv1", "hyr1", 1500);
      await host.createVf("hyv2", "hyr2", 1500);
      await host.createVf("hyv3", "hyr3", 1500);
      await host.deleteLinks(["hyr1", "hyv2", "hyr9"]);
      expect((await host.links("hy")).map((link) => link.name).toSorted()).toEqual(["hyr3", "hyv3"]);
      await host.deleteLinks([]);
      await host.deleteLinks(["hyr9"]);
    });

    it("deletes nothing when one of them cannot be deleted", async () => {
      await host.createVf("hyv1", "hyr1", 1500);
      await expect(host.deleteLinks(["hyr1", hardware])).rejects.toMatchObject({ code: "E601" });
      expect(await host.link("hyr1")).toBeDefined();
      expect(await host.link(hardware)).toBeDefined();
      await host.deleteLinks(["hyr1"]); // not spoilt by the failure before
      expect(await host.link("hyr1")).toBeUndefined();
    });

    it("changes an MTU, of a device that is there", async () => {
      await host.createVf("hyv1", "hyr1", 1500);
      await host.setMtu("hyv1", 9000);
      expect((await host.link("hyv1"))?.mtuBytes).toBe(9000);
      await expect(host.setMtu("hyv9", 1500)).rejects.toMatchObject({ code: "E602" });
    });

    it("lists by prefix", async () => {
      for (let n = 1; n <= 70; n++) await host.createVf(`hyv${n}`, `hyr${n}`, 1500);
      expect(await host.links("hyr")).toHaveLength(70);
      expect(await host.links("hyr7")).toHaveLength(2);
      expect(await host.links("nobody")).toEqual([]);
      expect((await host.links("")).some((link) => link.name === hardware && link.kind === "")).toBe(true);
    });

    it("knows no device that is not there", async () => {
      expect(await host.link("hyr1")).toBeUndefined();
    });

    it("locks a file for one at a time", async () => {
      const path = join(directory, "lock");
      const release = await host.lock(path);
      await expect(host.lock(path)).rejects.toMatchObject({
        code: "E704",
        details: { pid: process.pid, path: directory },
      });
      release();
      const again = await host.lock(path);
      release(); // a second release of the first is not one of the second
      await expect(host.lock(path)).rejects.toMatchObject({ code: "E704" });
      again();
    });

    it("tells boots apart by an id", async () => {
      expect(await host.bootId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(await host.bootId()).toBe(await host.bootId());
    });
  });
}

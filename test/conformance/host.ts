import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type Ip, parseIp } from "../../src/model/ip.ts";
import type { Host } from "../../src/platform/host/host.ts";

export interface HostFixture {
  readonly host: Host;
  /** Name of a device that was there before. */
  readonly hardware: string;
  /** Makes a bridge that is gone when the process is; returns its index. */
  addBridge(name: string): Promise<number>;
  /** Makes a device a port of a bridge. */
  enslave(name: string, bridge: string): Promise<void>;
  /** Moves devices into a network namespace of their own, all into one. */
  moveAway(names: readonly string[]): Promise<void>;
  /** Gives {@link hardware} an address. */
  addAddress(ip: Ip): Promise<void>;
}

/** What every host must do. */
export function describeHost(name: string, open: () => HostFixture): void {
  describe(name, () => {
    const fixture = open();
    const { host, hardware } = fixture;
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
        master: undefined,
        peerNamespace: undefined,
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

    it("sets a device down and up, one that is there", async () => {
      await host.createVf("hyv1", "hyr1", 1500);
      await host.setUp("hyr1", false);
      expect((await host.link("hyr1"))?.up).toBe(false);
      await host.setUp("hyr1", true);
      expect((await host.link("hyr1"))?.up).toBe(true);
      await expect(host.setUp("hyv9", false)).rejects.toMatchObject({ code: "E602" });
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

    it("says whose bridge's port a device is, and whose other ends are together", async () => {
      for (const n of [1, 2, 3]) await host.createVf(`hyv${n}`, `hyr${n}`, 1500);
      const bridge = await fixture.addBridge("br7");
      await fixture.enslave("hyr2", "br7");
      await fixture.moveAway(["hyv1", "hyv2"]);
      await fixture.moveAway(["hyv3"]);
      const links = await host.links("hyr");
      expect(links.map(({ master }) => master)).toEqual([undefined, bridge, undefined]);
      const [first, second, third] = links.map(({ peerNamespace }) => peerNamespace);
      expect(first).toEqual(expect.any(Number));
      expect(second).toBe(first);
      expect(third).toEqual(expect.any(Number));
      expect(third).not.toBe(first);
      expect(await host.link("hyv1")).toBeUndefined();
    });

    it("lists its addresses", async () => {
      const before = await host.addresses();
      await fixture.addAddress(parseIp("198.51.100.7"));
      await fixture.addAddress(parseIp("fd00::7"));
      expect((await host.addresses()).toSorted()).toEqual([...before, "198.51.100.7", "fd00::7"].toSorted());
    });

    it("tells of changes until it is told to stop", async () => {
      let told = 0;
      const change = vi.fn(() => {
        told = performance.now();
      });
      const stop = await host.watch(change);
      const quiet = async () => {
        do change.mockClear();
        while (await sleep(50, true).then(() => change.mock.calls.length > 0));
      };
      await quiet();
      const begin = performance.now();
      await host.createVf("hyv1", "hyr1", 1500);
      await vi.waitFor(() => expect(change).toHaveBeenCalled(), { interval: 1 });
      expect(told - begin).toBeLessThan(200);
      await quiet();
      await fixture.addAddress(parseIp("198.51.100.8"));
      await vi.waitFor(() => expect(change).toHaveBeenCalled());
      await quiet();
      await host.deleteLinks(["hyr1"]);
      await vi.waitFor(() => expect(change).toHaveBeenCalled());
      await quiet();
      stop();
      stop();
      await host.createVf("hyv1", "hyr1", 1500);
      await sleep(50);
      expect(change).not.toHaveBeenCalled();
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

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { VfPool } from "../../src/driver/vf-pool.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import { NativeDataplane } from "../../src/platform/dataplane/native/native-dataplane.ts";
import { removeDataplane } from "../../src/platform/dataplane/native/open.ts";
import { gatewayOptions, openDataplane } from "../../src/platform/dataplane/split/open.ts";
import { NativeHost } from "../../src/platform/host/native/native-host.ts";
import { describeDataplane } from "../conformance/dataplane.ts";
import { describeHost } from "../conformance/host.ts";
import { RecordingLog } from "../faults/recording-log.ts";
import { lacksNativeLibrary, lacksRoot } from "../skip.ts";
import { BPF_FILESYSTEM, enterOwnNamespaces } from "./own-namespaces.ts";

const SOFTNIC = "doca:softnic?uplink=wire0&representors=hyr*";

const skipped = lacksRoot() || lacksNativeLibrary();

describe.skipIf(skipped)("on this kernel", () => {
  if (skipped) return;
  const library = enterOwnNamespaces();
  const host = new NativeHost(library);

  const elsewhere: ChildProcess[] = [];
  afterAll(() => {
    for (const process of elsewhere) process.kill("SIGKILL");
  });

  describeHost("NativeHost", () => {
    const ip = (...words: readonly string[]) => execFileSync("ip", words);
    return {
      host,
      hardware: "lo",
      addBridge: async (name) => {
        ip("link", "add", name, "type", "bridge");
        return (await host.link(name))?.index ?? 0;
      },
      enslave: async (name, bridge) => {
        ip("link", "set", name, "master", bridge);
      },
      moveAway: async (names) => {
        const process = spawn("unshare", ["--net", "sh", "-c", "echo; exec sleep 1000"], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        elsewhere.push(process);
        await once(process.stdout, "data");
        for (const name of names) ip("link", "set", name, "netns", String(process.pid));
      },
      addAddress: async (address) => {
        ip("address", "add", address, "dev", "lo");
      },
    };
  });

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

  describe.each([
    { where: "in the kernel", url: "ebpf", open: NativeDataplane.open, nic: false, gateways: true },
    { where: "in an agent", url: "agent:ebpf", open: NativeDataplane.open, nic: false, gateways: true },
    { where: "on softnic", url: SOFTNIC, open: NativeDataplane.open, nic: true, gateways: false },
    { where: "on softnic and beside it", url: SOFTNIC, open: openDataplane, nic: true, gateways: true },
  ])("$where", ({ where, url, open, nic, gateways }) => {
    describeDataplane(open === openDataplane ? "SplitDataplane" : "NativeDataplane", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const pinPath = `${BPF_FILESYSTEM}/conformance-${where.replaceAll(" ", "-")}`;
      const options = { url, pinPath, runPath: join(directory, "run"), connectionsMax: 0 };
      await host.createVf("wire1", "wire0", 1500);
      const ports = [
        await host.createVf("hyv1", "hyr1", 1500),
        await host.createVf("hyv2", "hyr2", 1500),
      ] as const;
      return {
        open: () => open(library, options),
        ports,
        noPort: 9999,
        nic,
        gateways,
        discard: async () => {
          await removeDataplane(library, options);
          await removeDataplane(library, gatewayOptions(options));
          await host.deleteLinks(["hyr1", "hyr2", "wire0"]);
          await rm(directory, { recursive: true });
        },
      };
    });
  });

  describe("gateways beside a NIC", () => {
    it("begin anew with it, and not without it", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const pinPath = `${BPF_FILESYSTEM}/beside`;
      const options = { url: SOFTNIC, pinPath, runPath: join(directory, "run"), connectionsMax: 0 };
      await host.createVf("wire1", "wire0", 1500);
      const prefix = { table: "prefix", prefix: parsePrefix("10.0.0.0/8"), identity: 3 } as const;
      const first = await openDataplane(library, options);
      await first.apply([{ verb: "upsert", row: prefix }]);
      await first.close();
      const second = await openDataplane(library, options);
      expect(await second.dump()).toEqual([prefix]);
      await second.close();
      await removeDataplane(library, options); // the agent
      const third = await openDataplane(library, options);
      expect(third.capabilities.adopted).toBe(false);
      expect(await third.dump()).toEqual([]);
      await third.close();
      await removeDataplane(library, options);
      await removeDataplane(library, gatewayOptions(options));
      await host.deleteLinks(["wire0"]);
      await rm(directory, { recursive: true });
    });
  });

  it("nothing of the gateways beside a NIC is left pinned by a data plane without one", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
    const pinPath = `${BPF_FILESYSTEM}/no-longer-beside`;
    const options = { url: SOFTNIC, pinPath, runPath: join(directory, "run"), connectionsMax: 0 };
    await host.createVf("wire1", "wire0", 1500);
    const port = await host.createVf("hyv1", "hyr1", 1500);
    const beside = await openDataplane(library, options);
    await beside.attach(port, "gateway");
    await beside.close();
    await removeDataplane(library, options); // the agent
    expect(await readdir(pinPath)).toEqual(["gateway"]);
    const alone = await openDataplane(library, { ...options, url: "ebpf" });
    expect(await readdir(pinPath)).not.toContain("gateway");
    const programs = () => execFileSync("tc", ["filter", "show", "dev", "hyr1", "ingress"]).toString();
    const before = programs();
    expect(before).toContain("hyp_gateway_out");
    await alone.attach(port, "gateway");
    expect(programs()).toContain("hyp_gateway_out");
    expect(programs()).not.toBe(before);
    await alone.close();
    await removeDataplane(library, { ...options, url: "ebpf" });
    await host.deleteLinks(["wire0", "hyr1"]);
    await rm(directory, { recursive: true });
  });

  describe("gateways that cannot be", () => {
    it("say why, before an agent is started, and leave nothing where the NIC cannot be", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const options = { url: SOFTNIC, runPath: join(directory, "run"), connectionsMax: 0 };
      const nowhere = openDataplane(library, { ...options, pinPath: "/tmp/hyperion-no-bpf" });
      await expect(nowhere).rejects.toMatchObject({ code: "E506", details: { path: "/tmp" } });
      expect(await readdir(directory)).toEqual([]);
      const pinPath = `${BPF_FILESYSTEM}/alone`;
      const noNic = openDataplane(library, { ...options, pinPath, url: "doca:nothing" });
      await expect(noNic).rejects.toMatchObject({ code: "E502" });
      expect(await readdir(pinPath)).toEqual([]);
      await rm(directory, { recursive: true });
    });
  });

  describe("an agent that dies", () => {
    it("is noticed, and another takes its place when the rows are asked for", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const runPath = join(directory, "run");
      const options = { url: "agent:ebpf", pinPath: `${BPF_FILESYSTEM}/dies`, runPath, connectionsMax: 0 };
      const dataplane = await NativeDataplane.open(library, options);
      const agent = Number(await readFile(join(runPath, "agent.lock"), "utf8"));
      process.kill(agent, "SIGKILL");
      await expect(dataplane.connections()).rejects.toMatchObject({ code: "E511" });
      await expect(dataplane.events(1)).rejects.toMatchObject({ code: "E511" });
      expect(await dataplane.dump()).toEqual([]);
      expect(await dataplane.events(1)).toEqual({ events: [], lost: 0 });
      expect(Number(await readFile(join(runPath, "agent.lock"), "utf8"))).not.toBe(agent);
      await dataplane.close();
      await removeDataplane(library, options);
      await rm(directory, { recursive: true });
    });

    it("serves no other data plane than its own, and one daemon at a time", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const runPath = join(directory, "run");
      const options = { url: "agent:ebpf", pinPath: `${BPF_FILESYSTEM}/one`, runPath, connectionsMax: 0 };
      const dataplane = await NativeDataplane.open(library, options);
      const second = NativeDataplane.open(library, options);
      await expect(second).rejects.toMatchObject({
        code: "E502",
        message: expect.stringContaining(`serves process ${process.pid}`),
      });
      await dataplane.close();
      await expect(NativeDataplane.open(library, { ...options, url: "doca:x" })).rejects.toMatchObject({
        code: "E502",
        message: expect.stringMatching(/serves "agent:ebpf".* kill \d+$/),
      });
      await removeDataplane(library, options);
      await rm(directory, { recursive: true });
    });
  });

  describe("an agent whose VFs come and go", () => {
    it("has nothing open for those that went", async () => {
      const directory = await mkdtemp(join(tmpdir(), "hyperion-agent-"));
      const runPath = join(directory, "run");
      const options = { url: SOFTNIC, pinPath: "", runPath, connectionsMax: 0 };
      await host.createVf("wire1", "wire0", 1500);
      const dataplane = await NativeDataplane.open(library, options);
      const agent = Number(await readFile(join(runPath, "agent.lock"), "utf8"));
      const openFiles = async () => (await readdir(`/proc/${agent}/fd`)).length;
      const before = await openFiles();
      const log = new RecordingLog();
      const pool = new VfPool({ host, dataplane, warm: 0, limit: 4, mtuBytes: 1500, log });
      await pool.adopt([]);
      for (let i = 0; i < 10; i++) await pool.giveBack(await pool.take(1500));
      await pool.close();
      expect(await openFiles()).toBe(before);
      expect(log.events).toEqual([]);
      await dataplane.close();
      await removeDataplane(library, options);
      await host.deleteLinks(["wire0"]);
      await rm(directory, { recursive: true });
    });
  });

  describe("a device whose hook another program holds", () => {
    it("is left alone, and named", async () => {
      const options = { url: "ebpf", pinPath: `${BPF_FILESYSTEM}/busy`, connectionsMax: 0 };
      const dataplane = await NativeDataplane.open(library, options);
      const port = await host.createVf("hyv1", "hyr1", 1500);
      execFileSync("tc", ["qdisc", "add", "dev", "hyr1", "clsact"]);
      execFileSync("tc", "filter add dev hyr1 ingress protocol all pref 1 u32 match u32 0 0".split(" "));
      await expect(dataplane.attach(port, "vf")).rejects.toMatchObject({
        code: "E509",
        message: expect.stringContaining("tc qdisc del dev hyr1 parent ffff:fff1"),
      });
      await dataplane.close();
      await removeDataplane(library, options);
      await host.deleteLinks(["hyr1"]);
    });
  });

  describe("the VF pool", async () => {
    const options = { url: "ebpf", pinPath: `${BPF_FILESYSTEM}/pool`, connectionsMax: 0 };
    const dataplane = await NativeDataplane.open(library, options);
    const log = new RecordingLog();
    const newPool = (warm: number) => new VfPool({ host, dataplane, warm, limit: 100, mtuBytes: 1500, log });
    afterAll(async () => {
      await dataplane.close();
      await removeDataplane(library, options);
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

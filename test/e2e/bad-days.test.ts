import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { CommandResult } from "../../src/playground/command.ts";
import { HAS_AGENT } from "./dataplane.ts";
import { callPlugin, mustCall } from "./plugin-client.ts";
import { lacksYard, useYard } from "./yard.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const NETWORK = networkId(1);
const ENDPOINT = "e1".padEnd(64, "0");

function networkId(n: number): string {
  return `a${n}x`.padEnd(64, "0");
}

const createNetwork = (n = 1) => ({
  NetworkID: networkId(n),
  Options: {},
  IPv4Data: [{ AddressSpace: "", Pool: `10.${n}.0.0/24` }],
});
const createEndpoint = { NetworkID: NETWORK, EndpointID: ENDPOINT, Interface: { Address: "10.1.0.2/24" } };
const ref = { NetworkID: NETWORK, EndpointID: ENDPOINT };

const FULL_DISK = /^the state store failed to write: no space left on device$/;

describe.skipIf(lacksYard())("a daemon that cannot start", () => {
  const yard = useYard("--vf-pool", "2");

  /** One sentence on standard error, with the code; exit code 2. */
  function expectRefusal({ status, stdout, stderr }: CommandResult, code: string, sentence: RegExp): void {
    expect(stderr).toMatch(new RegExp(`^hyperion: [^\\n]+ \\[${code}\\]\\n$`));
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/[{}]/);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  }

  it("for want of root says so", async () => {
    const before = await yard().traces();
    // Somewhere that anybody may read: a clone in root's home is not.
    await yard().sh(`mkdir -p /run/repo && mount --bind ${ROOT} /run/repo`);
    const inside = (path: string) =>
      path.startsWith(`${ROOT}/`) ? join("/run/repo", relative(ROOT, path)) : path;
    const words = yard().serveWords({ "state-dir": "/run/state" }).map(inside);
    const nobody = [
      "setpriv",
      "--reuid",
      "65534",
      "--regid",
      "65534",
      "--clear-groups",
      "--inh-caps=-all",
      "--",
    ];
    expectRefusal(await yard().run(...nobody, ...words), "E507", /needs root .*sudo/);
    await yard().sh("umount /run/repo && rmdir /run/repo && test ! -e /run/state");
    expect(await yard().traces()).toBe(before);
  });

  it.each(["-bpf,-sys_admin", "-net_admin", "-perfmon,-sys_admin"])(
    "as root without the capabilities (%s) says so",
    async (dropped) => {
      const before = await yard().traces();
      const result = await yard().run("setpriv", `--bounding-set=${dropped}`, "--", ...yard().serveWords());
      expectRefusal(result, "E507", /CAP_NET_ADMIN, CAP_BPF/);
      expect(existsSync(yard().daemon.stateDir)).toBe(false);
      expect(await yard().traces()).toBe(before);
    },
  );

  it("without a BPF filesystem says how to mount one, and starts once it is there", async () => {
    const before = await yard().traces();
    const script = 'umount /sys/fs/bpf; exec "$@"';
    const result = await yard().run(
      "unshare",
      "--mount",
      "bash",
      "-c",
      script,
      "bash",
      ...yard().serveWords(),
    );
    expectRefusal(result, "E506", /mount -t bpf bpf \/sys\/fs\/bpf/);
    expect(await yard().traces()).toBe(before);
    await yard().daemon.start();
  });

  it.each([
    ["itself", ""],
    ["above it", "/deeper/state"],
  ])("with a state directory that is read-only %s says so", async (_, below) => {
    const before = await yard().traces();
    const directory = join(yard().host.directory, "read-only");
    await yard().sh(`mkdir -p ${directory} && mount -t tmpfs -o ro tmpfs ${directory}`);
    const result = await yard().run(...yard().serveWords({ "state-dir": `${directory}${below}` }));
    expectRefusal(result, "E705", /cannot be written: read-only file system/i);
    await yard().sh(`umount ${directory}`);
    expect(await yard().traces()).toBe(before);
  });

  it("with a state directory that is a file says so", async () => {
    const file = join(yard().host.directory, "file");
    await yard().sh(`echo >${file}`);
    expectRefusal(
      await yard().run(...yard().serveWords({ "state-dir": file })),
      "E705",
      /file already exists/i,
    );
    const below = await yard().run(...yard().serveWords({ "state-dir": `${file}/state` }));
    expectRefusal(below, "E705", /not a directory/i);
  });

  it("with a state directory that is full says so", async () => {
    const before = await yard().traces();
    const directory = join(yard().host.directory, "full");
    await yard().sh(
      `mkdir -p ${directory} && mount -t tmpfs -o size=64k tmpfs ${directory} && head -c 64k /dev/zero >${directory}/x`,
    );
    const result = await yard().run(...yard().serveWords({ "state-dir": directory }));
    expectRefusal(result, "E705", /no space left on device/i);
    expect(await yard().traces()).toBe(before);
    await yard().sh(`umount ${directory}`);
  });

  it("with an underlay that is not there says so", async () => {
    const before = await yard().traces();
    const result = await yard().run(...yard().serveWords({ underlay: "eth77" }));
    expectRefusal(result, "E602", /no network device eth77/);
    expect(await yard().traces()).toBe(before);
  });

  it("with a wrong option says which is right, before anything else", async () => {
    const before = await yard().traces();
    const result = await yard().run(...yard().serveWords(), "--vf-pol", "3");
    expectRefusal(result, "E701", /"--vf-pol"; did you mean --vf-pool\?/);
    expect(await yard().traces()).toBe(before);
  });

  describe("because of another daemon", () => {
    const first = async () => {
      await yard().daemon.start();
      await mustCall(yard().pluginSocket, "NetworkDriver.CreateNetwork", createNetwork());
      await mustCall(yard().pluginSocket, "NetworkDriver.CreateEndpoint", createEndpoint);
      await sleep(200); // the pool fills up again
      return yard().traces();
    };
    const expectUnharmed = async (before: string) => {
      expect(await yard().traces()).toBe(before);
      expect(await yard().daemon.query("status")).toMatchObject({
        networks: 1,
        endpoints: 1,
        reconciled: true,
      });
      await mustCall(yard().pluginSocket, "NetworkDriver.EndpointOperInfo", ref);
    };

    it("on the same state directory names its process", async () => {
      const before = await first();
      const other = { "plugin-socket": "/run/other.sock", "admin-socket": "/run/other-admin.sock" };
      expectRefusal(
        await yard().run(...yard().serveWords(other)),
        "E704",
        /daemon \(pid \d+\) uses state directory/,
      );
      await expectUnharmed(before);
    });

    it("on the same host, with everything else its own, says so", async () => {
      const before = await first();
      const other = {
        "plugin-socket": "/run/other.sock",
        "admin-socket": "/run/other-admin.sock",
        "state-dir": join(yard().host.directory, "other"),
        "bpf-path": "/sys/fs/bpf/other",
      };
      expectRefusal(await yard().run(...yard().serveWords(other)), "E710", /in this network namespace/);
      await expectUnharmed(before);
    });
  });

  describe("because of what is in the way of its socket", () => {
    const servers: Server[] = [];
    afterEach(() => {
      for (const server of servers.splice(0)) server.close();
    });

    it.each(["plugin-socket", "admin-socket"])(
      "a program that listens on the %s is left alone",
      async (option) => {
        const path = join(yard().host.directory, "run/taken.sock");
        const server = createServer().listen(path);
        servers.push(server);
        const before = await yard().traces();
        const result = await yard().run(...yard().serveWords({ [option]: "/run/taken.sock" }));
        expectRefusal(result, "E706", /another process listens on \/run\/taken\.sock/);
        expect(await yard().traces()).toBe(before);
      },
    );

    it("something that is no socket is left alone", async () => {
      await yard().sh("echo precious >/run/file.sock");
      const result = await yard().run(...yard().serveWords({ "plugin-socket": "/run/file.sock" }));
      expectRefusal(result, "E707", /not a socket/);
      expect(await yard().sh("cat /run/file.sock; rm /run/file.sock")).toBe("precious");
    });

    it("a socket file that a killed daemon left is no obstacle", async () => {
      await yard().daemon.start();
      await yard().daemon.kill("SIGKILL");
      expect(existsSync(yard().pluginSocket)).toBe(true);
      expect(existsSync(yard().daemon.adminSocket)).toBe(true);
      await yard().daemon.start();
      await mustCall(yard().pluginSocket, "Plugin.Activate", {});
    });
  });
});

describe.skipIf(lacksYard())("a running daemon", () => {
  const yard = useYard("--vf-pool", "2");
  const call = (method: string, body: object) => mustCall(yard().pluginSocket, method, body);

  it("refuses what the full disk has no room for, keeps the rest, and goes on when there is room", async () => {
    const daemon = yard().daemonIn("small");
    const disk = daemon.stateDir;
    await yard().sh(`mkdir -p ${disk} && mount -t tmpfs -o size=1m tmpfs ${disk}`);
    try {
      await daemon.start();
      await call("NetworkDriver.CreateNetwork", createNetwork());
      await call("NetworkDriver.CreateEndpoint", createEndpoint);
      await yard().sh(`cat /dev/zero >${disk}/fill 2>/dev/null || true`);
      let made = 1;
      for (let n = 2; n < 40; n++) {
        const outcome = await callPlugin(
          yard().pluginSocket,
          "NetworkDriver.CreateNetwork",
          createNetwork(n),
        );
        if (outcome.kind === "answered") made++;
        else expect(outcome).toMatchObject({ error: expect.stringMatching(FULL_DISK) });
      }
      expect(made).toBeLessThan(39);
      expect(await daemon.query("networks")).toHaveLength(made);
      await call("NetworkDriver.EndpointOperInfo", ref);
      await yard().sh(`rm ${disk}/fill`);
      await call("NetworkDriver.CreateNetwork", createNetwork(50));
      await daemon.kill("SIGKILL");
      await daemon.start();
      expect(await daemon.query("status")).toMatchObject({ networks: made + 1, endpoints: 1 });
      await call("NetworkDriver.DeleteEndpoint", ref);
      for (const { id } of await daemon.query<{ id: string }[]>("networks")) {
        await call("NetworkDriver.DeleteNetwork", { NetworkID: id });
      }
    } finally {
      await daemon.kill("SIGKILL");
      // An agent goes on, with its log there.
      await yard().sh(`umount --lazy ${disk}`);
    }
  });

  it.each(["accepts and never answers", "is not there"])(
    "serves the engine though its API %s, and lets nobody through unattributed",
    async (how) => {
      const socket = join(yard().host.directory, "run/docker.sock");
      const silent = how === "is not there" ? undefined : createServer(() => {}).listen(socket);
      const daemon = yard().daemonIn("hyperion", "unix:///run/docker.sock");
      try {
        await daemon.start();
        const startedAt = performance.now();
        await call("NetworkDriver.CreateNetwork", createNetwork());
        await call("NetworkDriver.CreateEndpoint", createEndpoint);
        await call("NetworkDriver.Join", { ...ref, SandboxKey: "", Options: {} });
        // Below the time limit of any call to Docker: nothing waited for one.
        expect(performance.now() - startedAt).toBeLessThan(2_500);
        expect(await daemon.query("endpoints")).toMatchObject([{ mode: "quarantine" }]);
        const { stdout } = await daemon.run("status");
        expect(stdout).toMatch(
          /unix:\/\/\/run\/docker\.sock, NOT CONNECTED: new containers stay quarantined/,
        );
        await call("NetworkDriver.Leave", ref);
        await call("NetworkDriver.DeleteEndpoint", ref);
        await call("NetworkDriver.DeleteNetwork", { NetworkID: NETWORK });
        const stoppingAt = performance.now();
        await daemon.stop();
        expect(performance.now() - stoppingAt).toBeLessThan(2_000);
      } finally {
        await daemon.kill("SIGKILL");
        silent?.close();
      }
    },
  );

  // An agent keeps the ports it has; what a hook is to eBPF is not there for it to lose.
  it.skipIf(HAS_AGENT)(
    "leaves another program's filters alone, says who holds the device, and serves everybody else",
    async () => {
      await yard().daemon.start();
      await call("NetworkDriver.CreateNetwork", createNetwork());
      await call("NetworkDriver.CreateEndpoint", createEndpoint);
      const { representor = "" } = (await yard().daemon.endpoints())[0] ?? {};
      await yard().daemon.stop();
      await yard().sh(`tc qdisc del dev ${representor} clsact; tc qdisc add dev ${representor} ingress`);
      await yard().daemon.start();
      expect(yard().daemon.lastWords()).toMatch(
        new RegExp(
          `vf\\.attach-failed: ${representor} .*another program holds .* on ${representor}; remove it`,
        ),
      );
      expect(await yard().sh(`tc qdisc show dev ${representor}`)).toMatch(/qdisc ingress/);
      const other = {
        ...createEndpoint,
        EndpointID: "e2".padEnd(64, "0"),
        Interface: { Address: "10.1.0.3/24" },
      };
      await call("NetworkDriver.CreateEndpoint", other);
      await yard().daemon.stop();
      // The remedy that it names works.
      await yard().sh(`tc qdisc del dev ${representor} parent ffff:fff1`);
      await yard().daemon.start();
      expect(await yard().sh(`tc filter show dev ${representor} ingress`)).toMatch(/bpf/);
      await call("NetworkDriver.DeleteNetwork", { NetworkID: NETWORK });
    },
  );

  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends at once on %s and takes its sockets and ready VFs along",
    async (signal) => {
      await yard().daemon.start();
      await call("NetworkDriver.CreateNetwork", createNetwork());
      await call("NetworkDriver.CreateEndpoint", createEndpoint);
      // Somebody who follows events must not hold it up.
      const follower = yard().daemon.run("drops", "--follow", "--json");
      await sleep(2_000); // a busy machine takes its time to start it
      const startedAt = performance.now();
      await yard().daemon.kill(signal);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(yard().daemon.lastWords()).toMatch(/containers keep their networks/);
      expect(existsSync(yard().pluginSocket)).toBe(false);
      expect(existsSync(yard().daemon.adminSocket)).toBe(false);
      expect(await yard().representors()).toHaveLength(1);
      expect((await follower).status).toBe(0);
      await yard().daemon.start();
      await call("NetworkDriver.DeleteNetwork", { NetworkID: NETWORK });
    },
  );
});

import { describe, expect, it } from "vitest";
import { IMAGE, lacksEngine, useBed } from "./bed.ts";

/** Ends at once when told to: the engine waits 10 s for a container that does not. */
const QUICK = ["--stop-signal", "SIGKILL"];

describe.skipIf(lacksEngine())("a container's life", () => {
  const bed = useBed();

  it("may begin before its network: docker network connect to a running container", async () => {
    await bed().network("late", 46);
    const server = await bed().run(
      "late",
      "late-server",
      "--label",
      "hyperion.ingress.x=allow icmp from group:in",
    );
    await bed().docker(
      "run",
      "-d",
      "--init",
      "--name",
      "late-comer",
      "--label",
      "hyperion.group=in",
      IMAGE,
      "sleep",
      "100000",
    );
    await bed().docker("network", "connect", "late", "late-comer");
    const comer = await bed().subject("late", "late-comer");
    expect(await comer.prober.icmp(server.ipv4)).toBe("open");
    await bed().docker("network", "disconnect", "late", "late-comer");
    await bed().until("its endpoint is gone", 5_000, async () =>
      (await bed().daemon.endpoints()).every(({ container }) => container?.name !== "late-comer"),
    );
    await bed().docker("network", "connect", "--ip", "10.46.0.77", "late", "late-comer");
    const again = await bed().untilEndpoint("late", "late-comer", ({ mode }) => mode === "enforce");
    expect(again.ipv4).toBe("10.46.0.77");
  });

  it("goes on under another name, and rules that name it follow", async () => {
    await bed().network("names", 47);
    const rule = "hyperion.ingress.x=allow icmp from container:friend";
    const server = await bed().run("names", "names-server", "--label", rule);
    const client = await bed().run("names", "acquaintance");
    expect(await client.prober.icmp(server.ipv4)).toBe("timeout");
    await bed().docker("rename", "acquaintance", "friend");
    await bed().untilEndpoint("names", "friend", () => true);
    await bed().until(
      "the friend is let in",
      5_000,
      async () => (await client.prober.icmp(server.ipv4)) === "open",
    );
    await bed().docker("rename", "friend", "stranger");
    await bed().until(
      "the stranger is not",
      5_000,
      async () => (await client.prober.icmp(server.ipv4)) === "timeout",
    );
  });

  it("has another beginning: docker restart, and restart policies", async () => {
    await bed().network("again", 48);
    const labels = ["--label", "hyperion.ingress.x=allow icmp from group:in"];
    const peer = await bed().run("again", "again-peer", "--label", "hyperion.group=in");
    const other = await bed().run("again", "again-other");
    await bed().run("again", "restarted", ...labels, ...QUICK, "--restart", "always");
    const check = async () => {
      const { ipv4, ipv6 } = await bed().subject("again", "restarted");
      expect(await peer.prober.icmp(ipv4)).toBe("open");
      expect(await peer.prober.icmp(ipv6)).toBe("open");
      expect(await other.prober.icmp(ipv4)).toBe("timeout");
    };
    await check();
    await bed().docker("restart", "restarted");
    await check();
    // Its main process dies: Docker's restart policy brings it back, with a new endpoint.
    const before = await bed().untilEndpoint("again", "restarted", () => true);
    const pid = await bed().docker("inspect", "--format", "{{.State.Pid}}", "restarted");
    await bed().sh(`kill -9 ${pid}`);
    await bed().untilEndpoint("again", "restarted", ({ id, mode }) => id !== before.id && mode === "enforce");
    await check();
  });

  it("outlives its engine's death and comes back by its restart policy", async () => {
    await bed().network("engine", 49);
    await bed().run(
      "engine",
      "comes-back",
      ...QUICK,
      "--restart",
      "always",
      "--label",
      "hyperion.ingress.x=deny any",
    );
    await bed().run("engine", "stays-away", ...QUICK);
    const before = await bed().untilEndpoint("engine", "comes-back", () => true);
    bed().closeProbers();
    await bed().engine.kill("SIGKILL");
    await bed().engine.start();
    await bed().untilEndpoint("engine", "comes-back", ({ id }) => id !== before.id, 30_000);
    await bed().until(
      "it runs again",
      10_000,
      async () => (await bed().docker("inspect", "--format", "{{.State.Running}}", "comes-back")) === "true",
    );
    const back = await bed().subject("engine", "comes-back");
    // Docker says nothing of it: the next look at all it lists tells, a minute later at the most.
    await bed().until("what did not come back is given back", 100_000, async () => {
      const on = (await bed().daemon.endpoints()).filter(({ networkName }) => networkName === "engine");
      return on.length === 1 && on[0]?.container?.name === "comes-back";
    });
    const fresh = await bed().run("engine", "fresh");
    expect(await fresh.prober.icmp(back.ipv4)).toBe("timeout");
    expect(await back.prober.icmp(fresh.ipv4)).toBe("open");
  });
});

describe.skipIf(lacksEngine())("an engine with --live-restore", () => {
  const bed = useBed({ daemonArgs: ["--live-restore"] });

  it("dies and is back while its containers talk on", async () => {
    await bed().network("live", 50, "-o", "hyperion.gateway=none");
    const server = await bed().run(
      "live",
      "live-server",
      "--label",
      "hyperion.ingress.x=allow tcp/7000 from any",
    );
    const client = await bed().run("live", "live-client");
    await server.prober.echo("tcp", 7000);
    const report = await client.prober.stream(server.ipv4, 7000);
    await bed().engine.kill("SIGKILL");
    expect(await client.prober.tcp(server.ipv6, 7000)).toBe("open");
    await bed().engine.start();
    const { broken, longestGapMs } = await report();
    expect(broken).toBeNull();
    expect(longestGapMs).toBeLessThan(1_000);
    expect(await client.prober.tcp(server.ipv4, 7000)).toBe("open");
    expect(await client.prober.tcp(server.ipv4, 7001)).toBe("timeout");
    const late = await bed().run("live", "live-late");
    expect(await late.prober.tcp(server.ipv4, 7000)).toBe("open");
    await bed().docker("rm", "-f", "live-server");
    await bed().until("the server's endpoint is gone", 10_000, async () =>
      (await bed().daemon.endpoints()).every(({ container }) => container?.name !== "live-server"),
    );
  });
});

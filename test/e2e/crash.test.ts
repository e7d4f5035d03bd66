import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { lacksEngine, useBed } from "./bed.ts";

describe.skipIf(lacksEngine())("a daemon that is killed", () => {
  const bed = useBed();

  it("loses no established connection, lets no denied one in, and is back with everything", async () => {
    const { daemon } = bed();
    await bed().network("crash", 41, "-o", "hyperion.gateway=none");
    const server = await bed().run(
      "crash",
      "server",
      "--label",
      "hyperion.ingress.x=allow tcp/7000 from any",
    );
    const client = await bed().run("crash", "client");
    await server.prober.echo("tcp", 7000);
    const streams = await Promise.all(
      [server.ipv4, server.ipv6].flatMap((address) =>
        Array.from({ length: 8 }, () => client.prober.stream(address, 7000)),
      ),
    );

    await daemon.kill("SIGKILL");
    const atKill = await Promise.all(streams.map((report) => report()));
    await sleep(1_000);
    // Nobody is there to decide, and what was decided still stands.
    expect(await client.prober.tcp(server.ipv4, 7000)).toBe("open");
    expect(await client.prober.tcp(server.ipv6, 7000)).toBe("open");
    expect(await client.prober.tcp(server.ipv4, 7001)).toBe("timeout");
    expect(await client.prober.icmp(server.ipv6)).toBe("timeout");

    await daemon.start();
    await sleep(1_000);
    const atEnd = await Promise.all(streams.map((report) => report()));
    for (const [index, { exchanges, longestGapMs, broken }] of atEnd.entries()) {
      expect(broken).toBeNull();
      expect(exchanges).toBeGreaterThan((atKill[index]?.exchanges ?? 0) + 20);
      // The first retransmission comes after 200 ms: below that, no packet was lost.
      expect(longestGapMs).toBeLessThan(1_000);
    }
    const names = (await daemon.endpoints()).map(({ container, mode }) => `${container?.name} ${mode}`);
    expect(names.sort()).toEqual(["client enforce", "server enforce"]);
    expect(await client.prober.tcp(server.ipv4, 7001)).toBe("timeout");
    const late = await bed().run("crash", "late");
    expect(await late.prober.tcp(server.ipv4, 7000)).toBe("open");
  });

  it("takes up containers that came and went while it was away", async () => {
    const { daemon } = bed();
    await bed().network("away", 42);
    const peer = await bed().run("away", "peer");
    await bed().run("away", "leaver");
    await daemon.kill("SIGKILL");
    // Docker cannot reach its driver and drops the container all the same.
    await bed().engine.tryDocker(["rm", "-f", "leaver"]);
    await daemon.start();
    await bed().until("the leaver's endpoint is given back", 100_000, async () =>
      (await daemon.endpoints()).every(({ container }) => container?.name !== "leaver"),
    );
    const next = await bed().run("away", "next");
    expect(await next.prober.icmp(peer.ipv4)).toBe("open");
  });
});

import { describe, expect, it } from "vitest";
import { IMAGE, lacksEngine, useBed } from "./bed.ts";

describe.skipIf(lacksEngine())("--ipam-driver hyperion", () => {
  const bed = useBed({ serveArgs: ["--address-reuse-delay-ms", "60000"] });

  const create = (name: string, ...options: readonly string[]) =>
    bed().docker("network", "create", "-d", "hyperion", "--ipam-driver", "hyperion", ...options, name);

  it("gives out subnets that nobody asked for, different ones", async () => {
    await create("any-1");
    await create("any-2", "--ipv6");
    const first = await bed().run("any-1", "any-a");
    const second = await bed().run("any-2", "any-b");
    const third = await bed().run("any-2", "any-c");
    expect(first.ipv4).not.toBe("");
    expect(first.ipv4.split(".").slice(0, 3)).not.toEqual(second.ipv4.split(".").slice(0, 3));
    expect(await second.prober.icmp(third.ipv4)).toBe("open");
    expect(await second.prober.icmp(third.ipv6)).toBe("open");
  });

  it("honours --ip, --ip6, --ip-range, --gateway and --aux-address", async () => {
    await create(
      "exact",
      ...["--subnet", "10.51.0.0/24", "--ip-range", "10.51.0.128/29", "--gateway", "10.51.0.129"],
      ...["--aux-address", "router=10.51.0.130", "--ipv6", "--subnet", "fd51::/64"],
    );
    const first = await bed().run("exact", "exact-1");
    const second = await bed().run("exact", "exact-2");
    for (const { ipv4 } of [first, second]) {
      const last = Number(ipv4.split(".")[3]);
      expect(last).toBeGreaterThanOrEqual(128);
      expect(last).toBeLessThanOrEqual(135);
      expect([129, 130]).not.toContain(last);
    }
    const fixed = await bed().run("exact", "exact-3", "--ip", "10.51.0.9", "--ip6", "fd51::9");
    expect([fixed.ipv4, fixed.ipv6]).toEqual(["10.51.0.9", "fd51::9"]);
    expect(await first.prober.icmp("10.51.0.9")).toBe("open");
    expect(await second.prober.icmp("fd51::9")).toBe("open");
    // Taken, reserved, or outside: each is refused with its reason.
    for (const [address, reason] of [
      ["10.51.0.9", /in use/],
      ["10.51.0.130", /10\.51\.0\.130/],
      ["10.52.0.1", /does not belong to any/],
    ] as const) {
      const refused = await bed().engine.tryDocker([
        "run",
        "--rm",
        "--network",
        "exact",
        "--ip",
        address,
        IMAGE,
        "true",
      ]);
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toMatch(reason);
    }
  });

  it("says so when a range is used up, and a released address rests before it is used again", async () => {
    // Four addresses: the network's, the gateway's and the broadcast one are not for containers.
    await create("small", "--subnet", "10.53.0.0/29", "--ip-range", "10.53.0.4/31", "--gateway", "10.53.0.1");
    const first = await bed().run("small", "small-1");
    await bed().run("small", "small-2");
    const full = await bed().engine.tryDocker(["run", "--rm", "--network", "small", IMAGE, "true"]);
    expect(full.status).not.toBe(0);
    expect(full.stderr).toMatch(/no address is free/);
    await bed().docker("rm", "-f", "small-1");
    // When every other is taken, the one that rests is better than none; asked for by name it is given.
    const again = await bed().run("small", "small-3", "--ip", first.ipv4);
    expect(again.ipv4).toBe(first.ipv4);
  });

  it("leaves nothing taken when its networks are removed", async () => {
    await create("once", "--subnet", "10.54.0.0/24");
    const overlap = await bed().engine.tryDocker([
      "network",
      "create",
      "-d",
      "hyperion",
      "--ipam-driver",
      "hyperion",
      "--subnet",
      "10.54.0.0/25",
      "twice",
    ]);
    expect(overlap.status).not.toBe(0);
    expect(overlap.stderr).toMatch(/overlap/i);
    await bed().docker("network", "rm", "once");
    await create("once", "--subnet", "10.54.0.0/24");
    await bed().docker("network", "rm", "once");
  });
});

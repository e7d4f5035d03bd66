import { describe, expect, it } from "vitest";
import { IMAGE, lacksEngine, useBed } from "./bed.ts";

describe.skipIf(lacksEngine())("what Hyperion refuses", () => {
  const bed = useBed();

  const fails = async (...args: readonly string[]): Promise<string> => {
    const { status, stderr } = await bed().engine.tryDocker(args);
    expect(status, `docker ${args.join(" ")} went through`).not.toBe(0);
    return stderr;
  };

  it("an option that does not exist, listing those that do", async () => {
    const said = await fails(
      "network",
      "create",
      "-d",
      "hyperion",
      "--subnet",
      "10.55.0.0/24",
      "-o",
      "hyperion.mut=9000",
      "x",
    );
    expect(said).toContain("hyperion.mut");
    expect(said).toContain("hyperion.mtu");
    expect(await bed().docker("network", "ls", "--filter", "driver=hyperion", "-q")).toBe("");
    expect(await bed().daemon.query("networks")).toEqual([]);
  });

  it("an option's value that is none", async () => {
    for (const [option, word] of [
      ["hyperion.mtu=12", "hyperion.mtu"],
      ["hyperion.gateway=maybe", "docker"],
      ["hyperion.policy=closed", "default-deny"],
      ["hyperion.multicast=7", "hyperion.multicast"],
    ] as const) {
      const said = await fails(
        "network",
        "create",
        "-d",
        "hyperion",
        "--subnet",
        "10.55.0.0/24",
        "-o",
        option,
        "x",
      );
      expect(said).toContain(word);
    }
    expect(await bed().daemon.query("networks")).toEqual([]);
  });

  it("a subnet that overlaps another network's", async () => {
    await bed().network("first", 56);
    const said = await fails("network", "create", "-d", "hyperion", "--subnet", "10.56.0.0/25", "second");
    expect(said).toMatch(/overlap/i);
    await bed().docker("network", "rm", "first");
  });

  it("a container whose labels are wrong: it starts, passes nothing, and says why", async () => {
    await bed().network("labels", 57, "-o", "hyperion.gateway=none");
    const peer = await bed().run("labels", "peer");
    const label = "hyperion.ingress.sql=allow tcp/5432 form group:api";
    await bed().docker(
      ...[
        "run",
        "-d",
        "--init",
        "--name",
        "wrong",
        "--network",
        "labels",
        "--label",
        label,
        IMAGE,
        "sleep",
        "100000",
      ],
    );
    const endpoint = await bed().untilEndpoint("labels", "wrong", ({ problems }) => problems.length > 0);
    expect(endpoint.mode).toBe("quarantine");
    expect(endpoint.problems.join("\n")).toMatch(/E102.*hyperion\.ingress\.sql|hyperion\.ingress\.sql.*/s);
    expect(await peer.prober.icmp(endpoint.ipv4 ?? "")).toBe("timeout");
    expect(await peer.prober.icmp(endpoint.ipv6 ?? "")).toBe("timeout");
    expect(await bed().dropped("QUARANTINED")).toBeGreaterThan(0);
    await bed().docker("rm", "-f", "wrong", "peer");
    await bed().docker("network", "rm", "labels");
  });

  it("an address that another container has", async () => {
    await bed().network("taken", 58);
    await bed().run("taken", "owner", "--ip", "10.58.0.9");
    const said = await fails("run", "--rm", "--network", "taken", "--ip", "10.58.0.9", IMAGE, "true");
    expect(said).toMatch(/in use/i);
  });
});

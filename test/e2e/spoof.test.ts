import { beforeAll, describe, expect, it } from "vitest";
import { lacksEngine, type Subject, useBed } from "./bed.ts";

/** Every packet here is made by the spoofer's own kernel, told to use what is not its own. */
describe.skipIf(lacksEngine())("a container that pretends", () => {
  const bed = useBed();
  let spoofer: Subject;
  let victim: Subject;
  let peer: Subject;
  let enter: string;

  beforeAll(async () => {
    await bed().network("spoof", 44, "-o", "hyperion.gateway=none");
    victim = await bed().run("spoof", "victim");
    peer = await bed().run("spoof", "peer");
    spoofer = await bed().run("spoof", "spoofer");
    await peer.prober.echo("udp", 7000);
    const pid = await bed().docker("inspect", "--format", "{{.State.Pid}}", "spoofer");
    enter = `nsenter -t ${pid} --net --`;
    expect(await spoofer.prober.icmp(peer.ipv4)).toBe("open");
    expect(await spoofer.prober.icmp(peer.ipv6)).toBe("open");
  });

  /** Runs a script in the spoofer's network and answers how many packets were dropped for the reason. */
  async function dropsOf(reason: string, script: string): Promise<number> {
    const before = await bed().dropped(reason, "spoofer");
    const toPeer = await frames(peer);
    await bed().sh(script.replaceAll("@", `${enter} `));
    expect(await frames(peer)).toBe(toPeer);
    return (await bed().dropped(reason, "spoofer")) - before;
  }

  /** Frames that the peer's interface has received, whatever they carry. */
  async function frames({ prober }: Subject): Promise<number> {
    const line = (await prober.read("/proc/self/net/dev")).split("\n").find((text) => /^\s*eth0:/.test(text));
    return Number(line?.split(":")[1]?.trim().split(/\s+/)[1]);
  }

  it("as another MAC sends nothing", async () => {
    const { mac } = await bed().untilEndpoint("spoof", "spoofer", () => true);
    const drops = await dropsOf(
      "SPOOFED_MAC",
      `@ip link set eth0 address 02:00:00:00:be:ef
       @busybox ping -c 3 -i 0.1 -W 1 ${peer.ipv4} || true
       @busybox ping -c 3 -i 0.1 -W 1 ${peer.ipv6} || true
       @ip link set eth0 address ${mac}`,
    );
    expect(drops).toBeGreaterThanOrEqual(2);
    expect(await spoofer.prober.icmp(peer.ipv4)).toBe("open");
  });

  it("as another IPv4 address sends nothing, its neighbour's or nobody's", async () => {
    for (const address of [victim.ipv4, "10.44.0.200", "192.0.2.1"]) {
      const drops = await dropsOf(
        "SPOOFED_IPV4",
        `@ip addr add ${address}/32 dev eth0
         @busybox ping -c 3 -i 0.1 -W 1 -I ${address} ${peer.ipv4} || true
         @ip addr del ${address}/32 dev eth0`,
      );
      expect(drops).toBe(3);
    }
  });

  it("as another IPv6 address sends nothing, its neighbour's or nobody's", async () => {
    const { mac } = await bed().untilEndpoint("spoof", "peer", () => true);
    for (const address of [victim.ipv6, "fd44::200", "2001:db8::1"]) {
      const drops = await dropsOf(
        "SPOOFED_IPV6",
        `@ip -6 addr add ${address}/128 dev eth0 nodad
         @ip neigh replace ${peer.ipv6} lladdr ${mac} dev eth0 nud permanent
         @busybox ping -6 -c 3 -i 0.1 -W 1 -I ${address} ${peer.ipv6} || true
         @ip neigh del ${peer.ipv6} dev eth0
         @ip -6 addr del ${address}/128 dev eth0`,
      );
      expect(drops).toBe(3);
    }
  });

  it("announces its neighbour's address by ARP to nobody", async () => {
    const drops = await dropsOf(
      "SPOOFED_NEIGHBOUR",
      `@ip addr add ${victim.ipv4}/32 dev eth0
       @busybox arping -U -c 2 -w 2 -I eth0 ${victim.ipv4} || true
       @busybox arping -A -c 2 -w 2 -I eth0 ${victim.ipv4} || true
       @ip addr del ${victim.ipv4}/32 dev eth0`,
    );
    expect(drops).toBeGreaterThanOrEqual(4);
    expect(await peer.prober.icmp(victim.ipv4)).toBe("open");
  });

  it("announces its neighbour's address by ND to nobody", async () => {
    // With ndisc_notify the kernel advertises its addresses, unasked, when its link address changes.
    const { mac } = await bed().untilEndpoint("spoof", "spoofer", () => true);
    const drops = await dropsOf(
      "SPOOFED_NEIGHBOUR",
      `@sysctl -qw net.ipv6.conf.eth0.ndisc_notify=1
       @ip -6 addr add ${victim.ipv6}/128 dev eth0 nodad
       @ip link set eth0 address 02:00:00:00:be:ef
       @ip link set eth0 address ${mac}
       sleep 0.2
       @ip -6 addr del ${victim.ipv6}/128 dev eth0`,
    );
    expect(drops).toBeGreaterThanOrEqual(1);
    expect(await peer.prober.icmp(victim.ipv6)).toBe("open");
  });

  it("asks for neighbours in nobody else's name", async () => {
    const before = await frames(victim);
    const drops = await dropsOf(
      "SPOOFED_NEIGHBOUR",
      `@ip -6 addr add ${victim.ipv6}/128 dev eth0 nodad
       @ip neigh flush dev eth0
       @busybox ping -6 -c 1 -W 1 -I ${victim.ipv6} ${peer.ipv6} || true
       @ip -6 addr del ${victim.ipv6}/128 dev eth0`,
    );
    expect(drops).toBeGreaterThanOrEqual(1);
    expect(await frames(victim)).toBe(before);
  });
});

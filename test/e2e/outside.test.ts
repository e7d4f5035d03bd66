import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { WhyDocument } from "../../src/observe/admin-view.ts";
import type { Outcome } from "../../src/playground/agent/probe.ts";
import { HOST_IPV4, HOST_IPV6, OUTSIDE } from "../../src/playground/outside.ts";
import type { Prober } from "../../src/playground/prober.ts";
import { inParallel } from "../../src/playground/truth-table.ts";
import { IMAGE, labelWords, lacksEngine, type Subject, useBed } from "./bed.ts";

const { partner, stranger } = OUTSIDE;
const PARTNERS = "203.0.113.0/24,2001:db8:113::/48";

/** Published port to the port inside, and labels. */
const SERVERS: Readonly<Record<string, readonly [ports: readonly string[], labels: Record<string, string>]>> =
  {
    "for-world": [["8080:80", "8081:81"], { "hyperion.ingress.http": "allow tcp/80 from world" }],
    "for-host": [["8090:80"], { "hyperion.ingress.http": "allow tcp/80 from host" }],
    "for-partner": [["8100:80"], { "hyperion.ingress.http": `allow tcp/80 from ${PARTNERS}` }],
    "not-for-stranger": [["8110:80"], { "hyperion.ingress.no": "deny any from 198.51.100.0/24" }],
    "for-all-but": [["8120:80"], { "hyperion.ingress.http": "allow tcp/80 from !198.51.100.9" }],
    tries: [["8130:80"], { "hyperion.mode": "audit", "hyperion.policy": "default-deny-ingress" }],
    // Containers are matched by who they are: a rule about them lets nobody in from outside.
    "for-containers": [["8140:80"], { "hyperion.ingress.http": "allow tcp/80 from containers" }],
  };

const CLIENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  closed: {
    "hyperion.policy": "default-deny-egress",
    "hyperion.egress.dns": "allow udp/53,tcp/53 to world",
    "hyperion.egress.partner": `allow tcp/443 to ${PARTNERS}`,
  },
  "to-host": { "hyperion.egress.host": "allow tcp/7000 to host" },
  "not-there": { "hyperion.egress.no": "deny any to 198.51.100.9,2001:db8:51::9 log" },
  mute: { "hyperion.policy": "default-deny-egress" },
  slow: { "hyperion.rate.egress": "16mbit" },
  talker: {},
};

describe.skipIf(lacksEngine())("what is outside", () => {
  const bed = useBed({ outside: true });
  let all: Readonly<Record<string, Subject>>;
  let host: Prober;
  const the = (name: string): Subject => {
    const subject = all[name];
    if (subject === undefined) throw new Error(`there is no container ${name}`);
    return subject;
  };

  beforeAll(async () => {
    await bed().network("out", 62);
    const servers = Object.entries(SERVERS).map(([name, [ports, labels]]) => [
      name,
      [...labelWords(labels), ...ports.flatMap((port) => ["-p", port])],
    ]);
    const clients = Object.entries(CLIENTS).map(([name, labels]) => [name, labelWords(labels)]);
    all = await bed().runAll("out", Object.fromEntries([...servers, ...clients]));
    host = bed().hostProber();
    const { prober } = bed().outside;
    await Promise.all([
      ...Object.keys(SERVERS).flatMap((name) => [80, 81].map((port) => the(name).prober.echo("tcp", port))),
      ...[partner, stranger].flatMap(({ ipv4, ipv6 }) =>
        [ipv4, ipv6].map((address) => prober.echo("udp", 53, address)),
      ),
      ...[53, 80, 443].map((port) => prober.echo("tcp", port)),
      ...[7000, 7001].map((port) => host.echo("tcp", port)),
    ]);
  });

  /** A published port, tried from an address outside. */
  const from = (source: { readonly ipv4: string }, port: number) =>
    bed().outside.prober.tcp(HOST_IPV4, port, 1_500, source.ipv4);

  // First, as what other tests leave under way would be counted, too.
  it("gets nothing of a closed container's first milliseconds", async () => {
    const STARTS = 24;
    const addresses = [partner.ipv4, partner.ipv6, HOST_IPV4];
    const send = addresses.flatMap((address) => [
      `ping -c 2 -i 0.1 -W 1 ${address} >/dev/null 2>&1 &`,
      `nc -w 1 ${address} 80 </dev/null >/dev/null 2>&1 &`,
      `traceroute -n -q 1 -m 3 -w 1 ${address} >/dev/null 2>&1 &`,
    ]);
    const script = [...send, "sleep 0.3", "exit 0"].join("\n");
    const start = (name: string, policy: string) => async () => {
      const label = ["--label", `hyperion.policy=${policy}`];
      const words = ["run", "--rm", "--network", "out", "--name", name, ...label, IMAGE, "sh", "-c", script];
      const { status, stderr } = await bed().engine.tryDocker(words);
      return status === 0 ? "fine" : `${name}: status ${status} ${stderr.trim()}`;
    };
    const before = await Promise.all([received(bed().outside.prober), received(host)]);
    const results = await inParallel(
      4,
      Array.from({ length: STARTS }, (_, index) => start(`early-${index}`, "default-deny-egress")),
    );
    expect(results.filter((result) => result !== "fine")).toEqual([]);
    const after = await Promise.all([received(bed().outside.prober), received(host)]);
    expect(after).toEqual(before);

    // The script does send: from a container that may, all kinds arrive, over both families.
    expect(await start("early-open", "default-allow")()).toBe("fine");
    const open = await received(bed().outside.prober);
    for (const kind of ["tcp", "udp", "udp6", "echo", "echo6"] as const) {
      expect(open[kind], kind).toBeGreaterThan(before[0][kind]);
    }
  });

  it("published ports: who may, by world, host, CIDR, negation, and by none of them", async () => {
    const ports = [8080, 8081, 8090, 8100, 8110, 8120, 8130, 8140];
    const seen = await Promise.all(
      ports.map(async (port) => [
        port,
        ...(await Promise.all([
          from(partner, port),
          from(stranger, port),
          host.tcp(HOST_IPV4, port),
          host.tcp("127.0.0.1", port),
        ])),
      ]),
    );
    const [yes, no]: Outcome[] = ["open", "timeout"];
    expect(seen).toEqual([
      [8080, yes, yes, no, no],
      [8081, no, no, no, no],
      [8090, no, no, yes, yes],
      [8100, yes, no, no, no],
      [8110, yes, no, yes, yes],
      [8120, yes, no, yes, yes],
      [8130, yes, yes, yes, yes],
      [8140, no, no, no, no],
    ]);
    // Docker's proxy stands between where there is no ip6tables, and for containers: then it is the host who connects.
    expect(await bed().outside.prober.tcp(HOST_IPV6, 8090)).toBe("open");
    const { prober } = the("talker");
    expect(await Promise.all([8080, 8090, 8140].map((port) => prober.tcp(HOST_IPV4, port)))).toEqual([
      no,
      yes,
      no,
    ]);
    const events = await bed().until("the audits", 3_000, async () => {
      const audits = (await bed().events("audit")).filter(({ container }) => container === "tries");
      return [partner.ipv4, stranger.ipv4].every((address) =>
        audits.some(
          ({ source, direction, destinationPort }) =>
            source === address && direction === "ingress" && destinationPort === 80,
        ),
      );
    });
    expect(events).toBe(true);
  });

  it("egress: closed but for DNS and a partner's addresses, both families", async () => {
    const ask = async (name: string) => {
      const { prober } = the(name);
      const probe = (address: string, what: string) => prober.probe(address, what);
      const both = (to: { readonly ipv4: string; readonly ipv6: string }, what: string) =>
        Promise.all([probe(to.ipv4, what), probe(to.ipv6, what)]);
      return Promise.all([
        both(partner, "tcp/443"),
        both(partner, "tcp/80"),
        both(stranger, "tcp/443"),
        both(stranger, "udp/53"),
        both(stranger, "tcp/53"),
        both(partner, "icmp"),
        both({ ipv4: HOST_IPV4, ipv6: HOST_IPV6 }, "tcp/53"),
      ]);
    };
    const [yes, no] = [
      ["open", "open"],
      ["timeout", "timeout"],
    ];
    const [closed, notThere, talker] = await Promise.all(["closed", "not-there", "talker"].map(ask));
    // The host serves nothing on 53: a refusal is the host's answer.
    const answered = ["refused", "refused"];
    expect(closed).toEqual([yes, no, no, yes, yes, no, no]);
    expect(notThere).toEqual([yes, yes, no, no, no, yes, answered]);
    expect(talker).toEqual([yes, yes, yes, yes, yes, yes, answered]);
    await bed().until("the refusals are logged", 3_000, async () =>
      (await bed().events("log")).some(
        ({ container, rule, direction, destination }) =>
          container === "not-there" &&
          rule === "no" &&
          direction === "egress" &&
          destination === stranger.ipv4,
      ),
    );
    expect(await bed().dropped("POLICY_EGRESS", "closed")).toBeGreaterThan(10);
  });

  it("host is the machine by any of its addresses, and nobody else", async () => {
    const { prober } = the("to-host");
    const addresses = [HOST_IPV4, HOST_IPV6, "172.30.0.1", "fd30::1"];
    expect(await Promise.all(addresses.map((address) => prober.tcp(address, 7000)))).toEqual(
      Array(4).fill("open"),
    );
    expect(await Promise.all(addresses.map((address) => prober.tcp(address, 7001)))).toEqual(
      Array(4).fill("timeout"),
    );
    expect(await prober.tcp(partner.ipv4, 80)).toBe("timeout");
    // What the host's own link broadcasts to is the host, too.
    const { answers } = await bed().daemon.query<WhyDocument>("why", "to-host", "172.30.255.255", "tcp/7000");
    expect(answers.map(({ verdict, mismatches }) => [verdict, mismatches])).toEqual([["allow", []]]);
    // One that the host gets while containers run.
    await bed().sh("ip addr add 192.0.2.77/32 dev lo");
    await bed().until(
      "the new address is the host's",
      5_000,
      async () => (await prober.tcp("192.0.2.77", 7000, 500)) === "open",
    );
  });

  it("names outside are asked for by the container's way out, and by its rules", async () => {
    const ask = (name: string, rule: Readonly<Record<string, string>>) =>
      bed().engine.tryDocker([
        ...["run", "--rm", "--network", "out", "--name", name, "--dns", partner.ipv4, ...labelWords(rule)],
        ...[IMAGE, "sh", "-c", "nslookup far.example >/dev/null 2>&1 & sleep 1; kill $!"],
      ]);
    const before = await received(bed().outside.prober);
    await ask("asks-in-vain", { "hyperion.policy": "default-deny-egress" });
    expect((await received(bed().outside.prober)).udp).toBe(before.udp);
    await ask("asks", {
      "hyperion.policy": "default-deny-egress",
      "hyperion.egress.dns": "allow udp/53,tcp/53 to world",
    });
    expect((await received(bed().outside.prober)).udp).toBeGreaterThan(before.udp);
  });

  it("a container on two networks leaves by the first by name, as that endpoint's rules say", async () => {
    await bed().network("out-2", 63);
    const labels = labelWords({
      "hyperion.egress.a": "allow tcp/80 to world on out",
      "hyperion.egress.b": "allow tcp/443 to world on out-2",
    });
    const two = await bed().run("out-2", "two", ...labels);
    const ask = () => Promise.all([80, 443].map((port) => two.prober.tcp(partner.ipv4, port)));
    expect(await ask()).toEqual(["timeout", "open"]);
    await bed().docker("network", "connect", "out", "two");
    await bed().untilEndpoint("out", "two", ({ mode }) => mode === "enforce");
    expect(await ask()).toEqual(["open", "timeout"]);
    await bed().docker("network", "disconnect", "out", "two");
    await bed().until(
      "the other one governs again",
      5_000,
      async () => (await ask()).join() === "timeout,open",
    );
  });

  it("a cap on egress holds for what leaves", async () => {
    const cap = 16e6 / 8;
    const port = 7500;
    const sunk = await bed().outside.prober.sink("udp", port);
    const pumping = the("slow").prober.pump("udp", partner.ipv4, port, 2_500, 3 * cap);
    await sleep(800);
    const first = await sunk();
    await pumping;
    const last = await sunk();
    const onTheWire = (1_200 + 14 + 20 + 8) / 1_200;
    const rate = ((last.bytes - first.bytes) / (last.durationMs - first.durationMs)) * 1_000 * onTheWire;
    expect(rate / cap).toBeGreaterThan(0.9);
    expect(rate / cap).toBeLessThan(1.1);
  });

  it("an admin policy cuts what is established within 200 ms, and leaves the rest", async () => {
    const { prober } = bed().outside;
    const streams = await Promise.all([
      the("talker").prober.stream(partner.ipv4, 443, 5),
      the("talker").prober.stream(partner.ipv6, 443, 5),
      prober.stream(HOST_IPV4, 8080, 5, partner.ipv4),
    ]);
    const left = await the("talker").prober.udpStream(stranger.ipv4, 53);
    await sleep(300);
    const began = Date.now();
    await bed().applyPolicy("cut", {
      tier: "admin",
      rules: [
        { name: "no-partner-out", applies: "container:talker", egress: `deny any to ${PARTNERS}` },
        { name: "no-partner-in", applies: "container:for-world", ingress: `deny any from ${PARTNERS}` },
      ],
    });
    await sleep(800);
    for (const report of await Promise.all(streams.map((stream) => stream()))) {
      expect(report.exchanges).toBeGreaterThan(20);
      expect(report.answeredAtMs - began).toBeLessThan(200);
      expect(report.longestGapMs).toBeGreaterThan(500);
    }
    const report = await left();
    expect([report.unanswered, report.broken]).toEqual([0, null]);
    expect(await from(stranger, 8080)).toBe("open");
    await bed().applyPolicy("cut", undefined);
    expect(await from(partner, 8080)).toBe("open");
  });

  it("a container gains nothing by deleting its VF, nor by moving it away", async () => {
    const closed = [...labelWords({ "hyperion.policy": "default-deny-egress" }), "--cap-add", "NET_ADMIN"];
    const here = [
      ...labelWords({ "hyperion.egress.no": "deny any to any on out" }),
      "--cap-add",
      "NET_ADMIN",
    ];
    const started = await bed().runAll("out", { chooser: here, deleter: closed, mover: closed });
    const each = Object.values(started);
    await bed().network("with-another", 79);
    await bed().docker("network", "connect", "with-another", "chooser");
    await bed().untilEndpoint("with-another", "chooser", ({ mode }) => mode !== "quarantine");
    for (const one of ["chooser", "deleter"]) await bed().docker("exec", one, "ip", "link", "del", "eth0");
    const pid = await bed().docker("inspect", "--format", "{{.State.Pid}}", "mover");
    // As the container's user does with unshare(1), which a busybox may lack.
    await bed().sh(
      `ip netns add elsewhere && nsenter -t ${pid} --net ip link set eth0 netns /run/netns/elsewhere`,
    );
    const tried = () =>
      inParallel(
        3,
        each.map((one) => () => one.prober.tcp(partner.ipv4, 443)),
      );
    await sleep(3_000); // longer than a port is kept that is nobody's
    expect(await tried()).toEqual(["timeout", "timeout", "timeout"]);
    await bed().daemon.kill("SIGKILL");
    await bed().daemon.start();
    await sleep(3_000);
    expect(await tried()).toEqual(["timeout", "timeout", "timeout"]);
    await bed().docker("rm", "-f", "chooser", "deleter", "mover");
    await bed().docker("network", "rm", "with-another");
    await bed().sh("ip netns del elsewhere");
  });

  it("a daemon that is killed and back loses nothing of it", async () => {
    const { prober } = bed().outside;
    const streams = await Promise.all([
      the("talker").prober.udpStream(partner.ipv4, 53),
      the("talker").prober.udpStream(stranger.ipv6, 53),
      the("closed").prober.udpStream(stranger.ipv4, 53),
      the("closed").prober.stream(partner.ipv6, 443),
      prober.stream(HOST_IPV4, 8080, 10, partner.ipv4),
    ]);
    await bed().daemon.kill("SIGKILL");
    await sleep(500);
    // Nobody is there to decide, and what was decided still stands.
    expect(await Promise.all([from(partner, 8100), from(stranger, 8100)])).toEqual(["open", "timeout"]);
    expect(await the("closed").prober.tcp(partner.ipv4, 80)).toBe("timeout");
    await bed().daemon.start();
    await sleep(1_000);
    for (const report of await Promise.all(streams.map((stream) => stream()))) {
      expect(report.broken).toBeNull();
      expect(report.unanswered).toBe(0);
      expect(report.longestGapMs).toBeLessThan(1_000);
    }
    expect(await Promise.all([from(partner, 8100), from(stranger, 8100)])).toEqual(["open", "timeout"]);
  });
});

/** What a network stack has received so far that somebody meant to send: neither ARP nor neighbour discovery. */
async function received(prober: Prober) {
  const text = `${await prober.read("/proc/self/net/snmp")}\n${await prober.read("/proc/self/net/snmp6")}`;
  const four = (group: string, field: string): number => {
    const [names = "", values = ""] = text.split("\n").filter((line) => line.startsWith(`${group}:`));
    return Number(values.split(" ")[names.split(" ").indexOf(field)]);
  };
  const six = (field: string) => Number(new RegExp(`^${field}\\s+(\\d+)`, "m").exec(text)?.[1]);
  return {
    tcp: four("Tcp", "InSegs"),
    udp: four("Udp", "InDatagrams") + four("Udp", "NoPorts"),
    udp6: six("Udp6InDatagrams") + six("Udp6NoPorts"),
    echo: four("Icmp", "InEchos"),
    echo6: six("Icmp6InEchos"),
  };
}

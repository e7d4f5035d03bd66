import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { reached } from "../../src/playground/prober.ts";
import { labelWords, lacksEngine, type SeenEvent, type Subject, useBed } from "./bed.ts";
import { ICMP, ICMP6, icmp, icmp6, RawSockets, SCTP, sctpInit } from "./raw/raw.ts";

/** What compose puts on the containers that it makes; the hash marks them as compose's own. */
function composed(project: string, service: string): Readonly<Record<string, string>> {
  return {
    "com.docker.compose.project": project,
    "com.docker.compose.service": service,
    "com.docker.compose.config-hash": "0".repeat(64),
  };
}

const NETWORK = "options";
/** Of project shop, with the key `front`; and one that has nothing to do with anything. */
const FRONT = "shop_front";

const CLIENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  web: { "hyperion.group": "web,edge", "hyperion.label.tier": "front", "hyperion.label.env": "prod" },
  batch: { "hyperion.label.tier": "batch", "hyperion.label.env": "dev" },
  "shop-api": composed("shop", "api"),
  "other-api": composed("other", "api"),
};

/** What the labels below say, in octets a second; and for how long a bucket gives more. */
const RATE_IN = 24e6 / 8;
const RATE_OUT = 16e6 / 8;
const BURST_SECONDS = 0.5;

/** One rule for each selector, on a port of its own, and whom of the clients it means. */
const SELECTORS: readonly (readonly [port: number, peer: string, clients: readonly string[]])[] = [
  [7101, "group:web", ["web"]],
  [7102, "tier=front", ["web"]],
  [7103, 'tier in("front","batch")', ["web", "batch"]],
  [7104, "has(env)", ["web", "batch"]],
  [7105, "env!=dev", ["plain", "web", "shop-api", "other-api"]],
  [7106, "tier in(front,batch) & env!=dev", ["web"]],
  [7107, "!group:web", ["plain", "batch", "shop-api", "other-api"]],
  [7108, "container:plain", ["plain"]],
  [7109, "project:shop", ["shop-api"]],
  [7110, "service:other/api", ["other-api"]],
  [7111, "containers", ["plain", "web", "batch", "shop-api", "other-api"]],
  [7112, "group:edge,container:plain", ["plain", "web"]],
  [7113, "world", []],
  [7114, "!has(tier)", ["plain", "shop-api", "other-api"]],
];

const RULES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  selects: Object.fromEntries(
    SELECTORS.map(([port, peer]) => [`hyperion.ingress.r${port}`, `allow tcp/${port} from ${peer}`]),
  ),
  // What means the owner's own project is asked of an owner that has one.
  "shop-db": {
    ...composed("shop", "db"),
    "hyperion.ingress.api": "allow tcp/7201 from service:api",
    "hyperion.ingress.all": "allow tcp/7202 from project",
    "hyperion.ingress.twins": "allow tcp/7203 from service",
  },
  "shop-db-2": composed("shop", "db"),
  ports: {
    "hyperion.ingress.first": "allow tcp/7020-7029 prio 10",
    "hyperion.ingress.second": "deny tcp/7020-7039 prio 20",
    "hyperion.ingress.third": "allow tcp/7030-7039 prio 30",
    "hyperion.ingress.nay": "deny tcp/7040 prio 10",
    "hyperion.ingress.yea": "allow tcp/7040-7049 prio 20",
    "hyperion.ingress.tie-a": "allow tcp/7050",
    "hyperion.ingress.tie-b": "deny tcp/7050",
    "hyperion.ingress.lists": "allow tcp/7060-7062,7070,udp/7065-7066",
    "hyperion.ingress.sctp": "allow sctp/7080",
  },
  // No allow rule: what is not denied passes.
  denies: { "hyperion.ingress.no": "deny tcp/7000 from any" },
  echoes: { "hyperion.ingress.ping": "allow icmp/8,icmp6/128 from any" },
  "echoes-not": { "hyperion.ingress.other": "allow icmp/13,icmp6/139 from any" },
  logs: {
    "hyperion.ingress.seen": "allow tcp/7000 from any log",
    "hyperion.ingress.seen-too": "deny tcp/7001 from any log",
    "hyperion.ingress.tried": "deny tcp/7002 from any audit",
    "hyperion.ingress.rest": "allow tcp/7003 from any",
  },
  tries: { "hyperion.mode": "audit", "hyperion.ingress.rule": "allow tcp/7001 from any" },
  "sends-little": {
    "hyperion.egress.one": "allow tcp/7000,udp/7000 to container:plain",
    "hyperion.egress.two": "allow tcp/7001 to group:web",
  },
  "udp-in": { "hyperion.rate.ingress": "24mbit" },
  "tcp-in": { "hyperion.rate.ingress": "24mbit" },
  "udp-out": { "hyperion.rate.egress": "16mbit" },
  "tcp-out": { "hyperion.rate.egress": "16mbit" },
};

describe.skipIf(lacksEngine())("an option of a rule does on real packets what it says", () => {
  const bed = useBed();
  let all: Readonly<Record<string, Subject>>;
  const the = (name: string): Subject => {
    const subject = all[name];
    if (subject === undefined) throw new Error(`there is no container ${name}`);
    return subject;
  };

  beforeAll(async () => {
    await bed().network(NETWORK, 60, "-o", "hyperion.gateway=none");
    const words = Object.entries({ ...CLIENTS, ...RULES }).map(([name, labels]) => [
      name,
      labelWords(labels),
    ]);
    all = await bed().runAll(NETWORK, Object.fromEntries(words));
    await Promise.all([the("ports").prober.echo("udp", 7065), the("ports").prober.echo("udp", 7064)]);
    await the("plain").prober.echo("udp", 7000);
  });

  /** TCP ports of `to` that `from` reaches, of those asked about; IPv4 and IPv6 must agree. */
  async function tcpPorts(from: string, to: Subject, ports: readonly number[]): Promise<readonly number[]> {
    const outcomes = await Promise.all(
      ports.map(async (port) => {
        const both = await Promise.all([to.ipv4, to.ipv6].map((each) => the(from).prober.tcp(each, port)));
        const seen = both.map(reached);
        expect(seen[0], `${from} -> ${to.name} tcp/${port}: ${both.join(" and ")}`).toBe(seen[1]);
        return seen[0] === true;
      }),
    );
    return ports.filter((_, index) => outcomes[index]);
  }

  const both = <T>(to: Subject, ask: (address: string) => Promise<T>) =>
    Promise.all([to.ipv4, to.ipv6].map(ask));

  it("selectors: groups, labels, names, projects, services, negation, AND and OR", async () => {
    const ports = SELECTORS.map(([port]) => port);
    const clients = Object.keys(CLIENTS);
    const seen = await Promise.all(clients.map((client) => tcpPorts(client, the("selects"), ports)));
    const meant = clients.map((client) =>
      SELECTORS.filter(([, , whom]) => whom.includes(client)).map(([port]) => port),
    );
    expect(seen).toEqual(meant);
  });

  it("service:N, project and service mean those of the owner's own project", async () => {
    const ask = (client: string) => tcpPorts(client, the("shop-db"), [7201, 7202, 7203]);
    expect(await Promise.all(["shop-api", "other-api", "plain", "shop-db-2"].map(ask))).toEqual([
      [7201, 7202],
      [],
      [],
      [7202, 7203],
    ]);
  });

  it("prio: the lower decides, whichever it is; at equal prio deny wins; ranges end where they say", async () => {
    const ports = [7019, 7020, 7029, 7030, 7039, 7040, 7041, 7049, 7050, 7059, 7060, 7062, 7063, 7070, 7071];
    expect(await tcpPorts("plain", the("ports"), ports)).toEqual([7020, 7029, 7041, 7049, 7060, 7062, 7070]);
    const udp = (port: number) => both(the("ports"), (address) => the("plain").prober.udp(address, port));
    expect(await Promise.all([7065, 7064].map(udp))).toEqual([
      ["open", "open"],
      ["timeout", "timeout"],
    ]);
  });

  it("deny closes what it names and no more", async () => {
    expect(await tcpPorts("plain", the("denies"), [6999, 7000, 7001])).toEqual([6999, 7001]);
    expect(await both(the("denies"), (address) => the("plain").prober.icmp(address))).toEqual([
      "open",
      "open",
    ]);
  });

  it("egress: whom a container may talk to, with the receiver's say beside it", async () => {
    expect(await tcpPorts("sends-little", the("plain"), [7000, 7001])).toEqual([7000]);
    expect(await tcpPorts("sends-little", the("web"), [7000, 7001])).toEqual([7001]);
    expect(await tcpPorts("sends-little", the("batch"), [7000, 7001])).toEqual([]);
    const { prober } = the("sends-little");
    expect(await both(the("plain"), (address) => prober.udp(address, 7000))).toEqual(["open", "open"]);
    expect(await both(the("plain"), (address) => prober.icmp(address))).toEqual(["timeout", "timeout"]);
    // Replies need no rule: others reach it, as it says nothing of ingress.
    expect(await both(the("sends-little"), (address) => the("plain").prober.icmp(address))).toEqual([
      "open",
      "open",
    ]);
  });

  it("ICMP types: the one that is allowed passes and its neighbour does not", async () => {
    const ping = (to: string) => both(the(to), (address) => the("plain").prober.icmp(address));
    expect(await ping("echoes")).toEqual(["open", "open"]);
    expect(await ping("echoes-not")).toEqual(["timeout", "timeout"]);

    const [sender, ...receivers] = await Promise.all(
      ["plain", "echoes", "echoes-not"].map((name) => RawSockets.open(bed(), name)),
    );
    if (sender === undefined) throw new Error("no raw sockets");
    await sender.listen(4, ICMP);
    await Promise.all(receivers.flatMap((each) => [each.listen(4, ICMP), each.listen(6, ICMP6)]));
    const timestamp = [13, 14];
    for (const name of ["echoes", "echoes-not"]) {
      await sender.send(ICMP, the(name).ipv4, icmp(13));
      await sender.send(ICMP6, the(name).ipv6, icmp6(139));
    }
    // The kernel answers a timestamp; node information (RFC 4620) it does not, but it arrives.
    const replies: number[] = [];
    await bed().until("the timestamp's reply", 3_000, async () => {
      replies.push(...(await sender.take(4, ICMP)).map((packet) => packet[0] ?? 0));
      return replies.includes(14);
    });
    const got = await Promise.all(
      receivers.map(async (each) => {
        const packets = [...(await each.take(4, ICMP)), ...(await each.take(6, ICMP6))];
        return packets.map((packet) => packet[0] ?? 0).filter((type) => [...timestamp, 139].includes(type));
      }),
    );
    expect(got).toEqual([[], [13, 139]]);
    expect(replies.filter((type) => type === 14)).toHaveLength(1);
    for (const each of [sender, ...receivers]) each.close();
  });

  it("SCTP has ports, too", async () => {
    const [sender, receiver] = await Promise.all(
      ["plain", "ports"].map((name) => RawSockets.open(bed(), name)),
    );
    if (sender === undefined || receiver === undefined) throw new Error("no raw sockets");
    await Promise.all([receiver.listen(4, SCTP), receiver.listen(6, SCTP)]);
    for (const address of [the("ports").ipv4, the("ports").ipv6]) {
      for (const port of [7079, 7080, 7081]) await sender.send(SCTP, address, sctpInit(40_000, port));
    }
    const ports: number[] = [];
    const take = async () => {
      for (const family of [4, 6] as const) {
        ports.push(...(await receiver.take(family, SCTP)).map((packet) => packet.readUInt16BE(2)));
      }
      return ports.length >= 2;
    };
    await bed().until("what is allowed", 3_000, take);
    await take();
    expect(ports).toEqual([7080, 7080]);
    sender.close();
    receiver.close();
  });

  it("log and audit, of a rule and of a container: packets pass or not, and who said so is seen", async () => {
    expect(await tcpPorts("plain", the("logs"), [7000, 7001, 7002, 7003, 7004])).toEqual([7000, 7002, 7003]);
    // All of its own denials pass; it has a rule, so that all else was to be denied.
    expect(await tcpPorts("plain", the("tries"), [7000, 7001])).toEqual([7000, 7001]);
    expect(await both(the("tries"), (address) => the("plain").prober.icmp(address))).toEqual([
      "open",
      "open",
    ]);

    const wanted = [
      ["log", "logs", "seen", 7000],
      ["log", "logs", "seen-too", 7001],
      ["audit", "logs", "tried", 7002],
      ["audit", "tries", null, 7000],
    ] as const;
    const isSeen = (events: readonly SeenEvent[]) =>
      wanted.map(([event, container, rule, port]) =>
        ["10.60.", "fd60:"].every((family) =>
          events.some(
            (seen) =>
              seen.event === event &&
              seen.container === container &&
              seen.peer === "plain" &&
              seen.direction === "ingress" &&
              seen.rule === rule &&
              seen.destinationPort === port &&
              seen.destination?.startsWith(family),
          ),
        ),
      );
    await bed().until("all events", 3_000, async () =>
      isSeen(await bed().events("log", "audit")).every(Boolean),
    );
    const events = await bed().events("log", "audit");
    expect(isSeen(events)).toEqual(wanted.map(() => true));
    // What no rule asks to log and nobody audits is not among them.
    const others = events.filter(({ container }) => container !== "logs" && container !== "tries");
    expect(others).toEqual([]);
    expect(events.filter(({ destinationPort: port }) => port === 7003 || port === 7004)).toEqual([]);
  });

  it("on NETWORK: by Docker's name and by the compose key, and nothing is closed elsewhere", async () => {
    const labels = ["com.docker.compose.project=shop", "com.docker.compose.network=front"];
    await bed().network(
      FRONT,
      61,
      ...["-o", "hyperion.gateway=none"],
      ...labels.flatMap((label) => ["--label", label]),
    );
    const containers = {
      "on-name": { "hyperion.ingress.x": `allow tcp/7000 from any on ${FRONT}` },
      "on-key": { ...composed("shop", "cache"), "hyperion.ingress.x": "allow tcp/7000 from any on front" },
      // The key of another project's network is no name of it.
      "on-other": { ...composed("other", "cache"), "hyperion.ingress.x": "allow tcp/7000 from any on front" },
      "front-client": {},
    };
    const words = Object.entries(containers).map(([name, each]) => [name, labelWords(each)]);
    const front = await bed().runAll(FRONT, Object.fromEntries(words));
    const names = ["on-name", "on-key", "on-other"];
    await Promise.all(names.map((name) => bed().docker("network", "connect", NETWORK, name)));
    const back = await Promise.all(
      names.map((name) => bed().untilEndpoint(NETWORK, name, ({ mode }) => mode === "enforce")),
    );
    const ask = async (prober: Subject["prober"], address: string) =>
      Promise.all([7000, 7001].map(async (port) => reached(await prober.tcp(address, port))));
    const client = front["front-client"]?.prober;
    if (client === undefined) throw new Error("no client");
    const onFront = names.map((name) => front[name]).flatMap((each) => [each?.ipv4 ?? "", each?.ipv6 ?? ""]);
    expect(await Promise.all(onFront.map((address) => ask(client, address)))).toEqual([
      ...Array(4).fill([true, false]),
      ...Array(2).fill([true, true]),
    ]);
    const onBack = back.flatMap(({ ipv4, ipv6 }) => [ipv4 ?? "", ipv6 ?? ""]);
    expect(await Promise.all(onBack.map((address) => ask(the("plain").prober, address)))).toEqual(
      Array(6).fill([true, true]),
    );
  });

  it("driver_opts say the same as labels", async () => {
    const rule = "hyperion.ingress.x=allow tcp/7000 from group:web";
    await bed().docker(
      "run",
      "-d",
      "--init",
      "--name",
      "by-options",
      "hyperion/playground",
      "sleep",
      "100000",
    );
    await bed().docker("network", "connect", "--driver-opt", rule, NETWORK, "by-options");
    const target = await bed().subject(NETWORK, "by-options");
    expect(await tcpPorts("web", target, [7000, 7001])).toEqual([7000]);
    expect(await tcpPorts("batch", target, [7000, 7001])).toEqual([]);
  });

  it("rates: UDP passes at the cap, and TCP makes use of it, within 10 %, in both directions", async () => {
    /** Ethernet, IP and UDP around a datagram of 1 200 octets. */
    const wireFactor = (address: string) => (1_200 + 14 + (address.includes(":") ? 40 : 20) + 8) / 1_200;

    /** What passes of UDP at three times the cap, once the burst is through, relative to the cap. */
    async function udpShare(from: Subject, to: Subject, address: string, cap: number): Promise<number> {
      const port = address.includes(":") ? 7301 : 7300;
      const sunk = await to.prober.sink("udp", port);
      const pumping = from.prober.pump("udp", address, port, 2_500, 3 * cap);
      await sleep(800);
      const first = await sunk();
      await pumping;
      const last = await sunk();
      const seconds = (last.durationMs - first.durationMs) / 1_000;
      return (((last.bytes - first.bytes) / seconds) * wireFactor(address)) / cap;
    }

    /** What passes of TCP, relative to the cap; the second figure leaves the burst out. */
    async function tcpShare(from: Subject, to: Subject, cap: number): Promise<readonly [number, number]> {
      const sunk = await to.prober.sink("tcp", 7400);
      await from.prober.pump("tcp", to.ipv4, 7400, 5_000, 0);
      const { bytes, durationMs } = await sunk();
      const atCap = cap * (durationMs / 1_000);
      return [bytes / atCap, (bytes - BURST_SECONDS * cap) / atCap];
    }

    const capped = [
      ["plain", "in", RATE_IN],
      ["out", "plain", RATE_OUT],
    ] as const;
    const container = (name: string, protocol: string) =>
      the(name === "plain" ? name : `${protocol}-${name}`);
    const measured = await Promise.all(
      capped.map(async ([from, to, cap]) => {
        const udp = async () => {
          const [sender, receiver] = [container(from, "udp"), container(to, "udp")];
          const ipv4 = await udpShare(sender, receiver, receiver.ipv4, cap);
          return [ipv4, await udpShare(sender, receiver, receiver.ipv6, cap)];
        };
        return Promise.all([udp(), tcpShare(container(from, "tcp"), container(to, "tcp"), cap)]);
      }),
    );
    for (const [udp, [tcp, tcpWithoutBurst]] of measured) {
      for (const share of udp) {
        expect(share).toBeGreaterThan(0.9);
        expect(share).toBeLessThan(1.1);
      }
      expect(tcp).toBeGreaterThan(0.9);
      expect(tcpWithoutBurst).toBeLessThan(1.1);
    }
  });
});

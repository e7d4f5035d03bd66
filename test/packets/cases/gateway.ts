import type { Ip } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { EndpointRow } from "../../../src/model/rows.ts";
import { concat, filler, pack, patch } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv6, PROTOCOL } from "../build/ip.ts";
import { arp } from "../build/neighbour.ts";
import { icmp, TCP, udp } from "../build/transport.ts";
import type { Decided, PacketCase, SendStep } from "./case.ts";
import {
  dropped,
  echoFrame,
  FAMILIES,
  type Family,
  icmpFrame,
  packet,
  passes,
  sctpFrame,
  tcpFrame,
  udpFrame,
} from "./frames.ts";
import {
  A,
  B,
  entry,
  governs,
  type Host,
  OUTSIDE_PORT,
  outside,
  prefixLengths,
  WAY_A,
  WAY_B,
  within,
  worldWithOutside,
} from "./world.ts";

const egress = (rule: number): readonly Decided[] => [{ policy: A.endpoint, rule, direction: "egress" }];
const ingress = (rule: number): readonly Decided[] => [{ policy: A.endpoint, rule, direction: "ingress" }];

/** An entry of A's. */
const lets = (
  direction: "egress" | "ingress",
  rule: number,
  fields: Partial<Parameters<typeof entry>[0]> = {},
) => entry({ policy: A.endpoint, direction, verdict: "allow", rule, ...fields });

const closed = (...lengths: readonly number[]): Partial<EndpointRow> => ({
  egressDeny: true,
  ingressDeny: true,
  egressPrefixLengths: prefixLengths(...lengths),
  ingressPrefixLengths: prefixLengths(...lengths),
});

const MDNS = { mac: parseMac("01:00:5e:00:00:fb"), ipv4: "224.0.0.251" as Ip };

/** Neighbour solicitation (135) or another message of the link, with a hop limit. */
function ofLink(from: Host, to: Host, type: number, hopLimit: number): Uint8Array {
  const message = icmp(from.linkLocal, to.linkLocal, type, 0, 0, filler(16));
  return ethernet(
    from.mac,
    to.mac,
    ETHERTYPE.ipv6,
    ipv6(from.linkLocal, to.linkLocal, PROTOCOL.icmp6, message, hopLimit),
  );
}

const question = (from: Host, to: Host): Uint8Array =>
  arp(from.mac, to.mac, {
    operation: "request",
    senderMac: from.mac,
    senderIp: from.ipv4,
    targetIp: to.ipv4,
  });

const uncounted = { traffic: [], rules: [] } as const;
const O1 = outside(1);
const O2 = outside(2);
const O3 = outside(3);
const O4 = outside(4);
/** With their IPv4 addresses in the form that is for programs, and not for the wire (RFC 4291 §2.5.5.2). */
const WAY_A_MAPPED: Host = { ...WAY_A, ipv6: "::ffff:ac12:1" as Ip };
const O4_MAPPED: Host = { ...O4, ipv6: "::ffff:c612:4" as Ip };

/** What both families have in common, each with somebody outside of its own. */
const both = (family: Family, nth: number): readonly PacketCase[] => {
  const O = outside(nth);
  return [
    {
      name: `${family}: everything passes that nothing denies, each side asked alone`,
      rows: worldWithOutside(),
      steps: [
        passes(WAY_A, O, tcpFrame(WAY_A, O, [40000, 80], TCP.syn, family), { rules: egress(0) }),
        passes(O, WAY_A, tcpFrame(O, WAY_A, [80, 40000], TCP.syn | TCP.ack, family), { rules: [] }),
        passes(O, WAY_A, tcpFrame(O, WAY_A, [40001, 80], TCP.syn, family), { rules: ingress(0) }),
        passes(WAY_A, O, tcpFrame(WAY_A, O, [80, 40001], TCP.syn | TCP.ack, family), { rules: [] }),
      ],
    },
    {
      name: `${family}: a closed egress lets answers out, a closed ingress lets answers in`,
      rows: worldWithOutside({ a: { egressDeny: true }, b: { ingressDeny: true } }),
      steps: [
        dropped(WAY_A, tcpFrame(WAY_A, O, [40010, 80], TCP.syn, family), "POLICY_EGRESS", A.endpoint, {
          rules: egress(0),
        }),
        passes(O, WAY_A, udpFrame(O, WAY_A, [53, 40010], family)),
        passes(WAY_A, O, udpFrame(WAY_A, O, [40010, 53], family), { rules: [] }),
        dropped(O, tcpFrame(O, WAY_B, [40010, 80], TCP.syn, family), "POLICY_INGRESS", B.endpoint),
        passes(WAY_B, O, udpFrame(WAY_B, O, [40010, 53], family)),
        passes(O, WAY_B, udpFrame(O, WAY_B, [53, 40010], family), { rules: [] }),
      ],
    },
    {
      name: `${family}: an answer gives no more than itself`,
      rows: worldWithOutside({ a: { ingressDeny: true } }),
      steps: [
        passes(WAY_A, O, tcpFrame(WAY_A, O, [40020, 80], TCP.syn, family)),
        passes(O, WAY_A, tcpFrame(O, WAY_A, [80, 40020], TCP.syn | TCP.ack, family)),
        dropped(O, tcpFrame(O, WAY_A, [80, 40020], TCP.syn, family), "POLICY_INGRESS", A.endpoint),
        dropped(O, tcpFrame(O, WAY_A, [80, 40021], TCP.ack, family), "POLICY_INGRESS", A.endpoint),
        passes(WAY_A, O, echoFrame(WAY_A, O, "request", 7, family)),
        passes(O, WAY_A, echoFrame(O, WAY_A, "reply", 7, family)),
        dropped(O, echoFrame(O, WAY_A, "request", 7, family), "POLICY_INGRESS", A.endpoint),
        dropped(O, echoFrame(O, WAY_A, "reply", 8, family), "POLICY_INGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: an entry opens its port to who is in a prefix`,
      rows: worldWithOutside({
        a: closed(16),
        prefixes: [within(`${O[family]}/${family === "ipv4" ? 24 : 120}`, 100)],
        policies: [
          lets("egress", 1, { identity: 100, port: 443, prefixLength: 16 }),
          lets("ingress", 2, { identity: 100, port: 22, prefixLength: 16 }),
        ],
      }),
      steps: [
        passes(WAY_A, O, tcpFrame(WAY_A, O, [40030, 443], TCP.syn, family), { rules: egress(1) }),
        passes(O, WAY_A, tcpFrame(O, WAY_A, [40030, 22], TCP.syn, family), { rules: ingress(2) }),
        dropped(WAY_A, tcpFrame(WAY_A, O, [40031, 22], TCP.syn, family), "POLICY_EGRESS", A.endpoint),
        dropped(O, tcpFrame(O, WAY_A, [40031, 443], TCP.syn, family), "POLICY_INGRESS", A.endpoint),
        dropped(
          WAY_A,
          tcpFrame(WAY_A, outside(nth + 256), [40030, 443], TCP.syn, family),
          "POLICY_EGRESS",
          A.endpoint,
          { rules: egress(0) },
        ),
      ],
    },
    {
      name: `${family}: the longest prefix says who it is: the host within the world`,
      rows: worldWithOutside({
        a: closed(0),
        prefixes: [
          within(family === "ipv4" ? "0.0.0.0/0" : "::/0", 100),
          within(`${O[family]}/${family === "ipv4" ? 32 : 128}`, 101),
        ],
        policies: [
          lets("ingress", 1, { identity: 100 }),
          lets("ingress", 2, { identity: 101, verdict: "deny" }),
          lets("egress", 3, { identity: 101 }),
        ],
      }),
      steps: [
        dropped(O, tcpFrame(O, WAY_A, [40040, 80], TCP.syn, family), "POLICY_INGRESS", A.endpoint, {
          rules: ingress(2),
        }),
        passes(WAY_A, O, tcpFrame(WAY_A, O, [40040, 80], TCP.syn, family), { rules: egress(3) }),
        passes(outside(nth + 256), WAY_A, tcpFrame(outside(nth + 256), WAY_A, [40040, 80], TCP.syn, family), {
          rules: ingress(1),
        }),
        dropped(WAY_A, tcpFrame(WAY_A, outside(nth + 256), [40041, 80], TCP.syn, family), "POLICY_EGRESS"),
      ],
    },
    {
      name: `${family}: a prefix of the other family is none`,
      rows: worldWithOutside({
        a: closed(0),
        prefixes: [within(family === "ipv4" ? "::/0" : "0.0.0.0/0", 100)],
        policies: [lets("egress", 1, { identity: 100 })],
      }),
      steps: [dropped(WAY_A, tcpFrame(WAY_A, O, [40050, 80], TCP.syn, family), "POLICY_EGRESS")],
    },
    {
      name: `${family}: whoever has the container's address, its own policy decides`,
      rows: worldWithOutside({ a: { ingressDeny: true }, b: { egressDeny: true } }),
      steps: [
        passes(WAY_A, O, udpFrame(WAY_A, O, [40060, 53], family)),
        // B's container with A's addresses: not a packet of A's connection, nor an answer to it.
        dropped(
          WAY_B,
          udpFrame({ ...WAY_B, ipv4: WAY_A.ipv4, ipv6: WAY_A.ipv6 }, O, [40060, 53], family),
          "POLICY_EGRESS",
        ),
        passes(O, WAY_B, udpFrame(O, { ...WAY_B, ipv4: WAY_A.ipv4, ipv6: WAY_A.ipv6 }, [53, 40060], family), {
          rules: [{ policy: B.endpoint, rule: 0, direction: "ingress" }],
        }),
        passes(O, WAY_A, udpFrame(O, WAY_A, [53, 40060], family), { rules: [] }),
      ],
    },
  ];
};

/** A gateway port decides like a VF, with one side's policy, and lets what passes go on. */
export const gateway: readonly PacketCase[] = [
  ...FAMILIES.flatMap((family, i) => both(family, 10 + i)),
  {
    name: "each protocol has its entries, each ICMP type and code",
    rows: worldWithOutside({
      a: closed(0, 16),
      policies: [
        lets("egress", 1, { protocol: "udp", port: 53, prefixLength: 16 }),
        lets("egress", 2, { protocol: "sctp", port: 9, prefixLength: 16 }),
        lets("egress", 3, { protocol: "icmp", port: 0x0800, prefixLength: 16 }),
        lets("ingress", 4, { protocol: "icmp6", port: 0x8000, prefixLength: 16 }),
        lets("ingress", 5, { protocol: "other" }),
      ],
    }),
    steps: [
      passes(WAY_A, O1, udpFrame(WAY_A, O1, [1, 53]), { rules: egress(1) }),
      dropped(WAY_A, tcpFrame(WAY_A, O1, [1, 53]), "POLICY_EGRESS"),
      passes(WAY_A, O1, sctpFrame(WAY_A, O1, [1, 9]), { rules: egress(2) }),
      dropped(O1, sctpFrame(O1, WAY_A, [1, 9]), "POLICY_INGRESS", A.endpoint),
      passes(WAY_A, O1, echoFrame(WAY_A, O1, "request", 1), { rules: egress(3) }),
      dropped(WAY_A, icmpFrame(WAY_A, O1, 13, 0, filler(12), "ipv4"), "POLICY_EGRESS"),
      dropped(WAY_A, icmpFrame(WAY_A, O1, 8, 1, filler(12), "ipv4"), "POLICY_EGRESS"),
      dropped(O1, echoFrame(O1, WAY_A, "request", 1), "POLICY_INGRESS", A.endpoint),
      passes(O1, WAY_A, echoFrame(O1, WAY_A, "request", 1, "ipv6"), { rules: ingress(4) }),
      passes(O1, WAY_A, packet(O1, WAY_A, "ipv4", PROTOCOL.gre, filler(8)), { rules: ingress(5) }),
    ],
  },
  {
    name: "any address of the container's may be its source",
    rows: worldWithOutside(),
    steps: [
      passes(WAY_A, O1, udpFrame({ ...WAY_A, ipv4: "192.0.2.77" as Ip }, O1, [1, 2])),
      passes(WAY_A, O1, udpFrame({ ...WAY_A, mac: parseMac("02:00:00:00:00:77") }, O1, [1, 2])),
    ],
  },
  {
    name: "IPv4 within an IPv6 header opens nothing for IPv4, and keeps nothing open",
    rows: worldWithOutside({
      a: closed(0),
      prefixes: [within("::/0", 100), within("0.0.0.0/0", 100)],
      policies: [
        lets("egress", 1, { identity: 100, protocol: "udp" }),
        lets("egress", 2, { identity: 101, protocol: "udp", verdict: "deny" }),
      ],
    }),
    steps: [
      passes(WAY_A, O4, udpFrame(WAY_A, O4, [1, 53]), { rules: egress(1) }),
      { apply: [{ verb: "upsert", row: within(`${O4.ipv4}/32`, 101) }] },
      ...[1, 2].flatMap((port) => [
        dropped(WAY_A, udpFrame(WAY_A_MAPPED, O4_MAPPED, [port, 53], "ipv6"), "MALFORMED"),
        dropped(WAY_A, udpFrame(WAY_A, O4, [port, 53]), "POLICY_EGRESS", A.endpoint, { rules: egress(2) }),
      ]),
      dropped(WAY_A, udpFrame(WAY_A, O4_MAPPED, [3, 53], "ipv6"), "MALFORMED"),
      dropped(O4, udpFrame(O4_MAPPED, WAY_A, [53, 3], "ipv6"), "MALFORMED", A.endpoint),
    ],
  },
  {
    name: "a group is a destination like others where the network has multicast",
    rows: worldWithOutside({
      multicast: true,
      a: closed(16),
      prefixes: [within("224.0.0.0/4", 100)],
      policies: [lets("egress", 1, { protocol: "udp", identity: 100, port: 5353, prefixLength: 16 })],
    }),
    steps: [5353, 5354].map((port): SendStep => {
      const to: Host = { ...O1, ...MDNS };
      const frame = packet(
        WAY_A,
        to,
        "ipv4",
        PROTOCOL.udp,
        udp(WAY_A.ipv4, to.ipv4, [port, port], filler(8)),
      );
      if (port !== 5353) return dropped(WAY_A, frame, "POLICY_EGRESS");
      // The bridge has it for everybody: B's container, too.
      return {
        send: frame,
        port: WAY_A.port,
        delivered: [
          { port: OUTSIDE_PORT, frame },
          { port: WAY_B.port, frame },
        ],
        traffic: [
          { endpoint: A.endpoint, sent: 1 },
          { endpoint: B.endpoint, received: 1 },
        ],
      };
    }),
  },
  {
    name: "and leads nowhere where it has not, by whatever sign one is told",
    rows: worldWithOutside(),
    steps: [
      ...[
        udpFrame(WAY_A, { ...O1, ...MDNS }, [1, 5353]),
        udpFrame(WAY_A, { ...O1, ipv4: MDNS.ipv4 }, [1, 5353]),
        udpFrame(WAY_A, { ...O1, mac: MDNS.mac }, [1, 2]),
        udpFrame(WAY_A, { ...O1, ipv4: "255.255.255.255" as Ip }, [1, 2]),
        udpFrame(WAY_A, { ...O1, ipv6: "ff05::1" as Ip }, [1, 2], "ipv6"),
      ].map((frame) => dropped(WAY_A, frame, "MULTICAST_OFF")),
      passes(O1, WAY_A, udpFrame(O1, { ...WAY_A, ipv4: MDNS.ipv4 }, [1, 5353])),
    ],
  },
  {
    name: "what keeps the next hop reachable passes whatever policy says, and is no traffic",
    rows: worldWithOutside({ a: { ...closed(), egressRate: 1, egressBurst: 1 } }),
    steps: [
      passes(WAY_A, O1, question(WAY_A, O1), uncounted),
      passes(O1, WAY_A, question(O1, WAY_A), uncounted),
      ...[133, 135, 136].map((type) => passes(WAY_A, O1, ofLink(WAY_A, O1, type, 255), uncounted)),
      ...[133, 134, 135, 136, 137].flatMap((type) => [
        passes(O1, WAY_A, ofLink(O1, WAY_A, type, 255), uncounted),
        dropped(O1, ofLink(O1, WAY_A, type, 254), "POLICY_INGRESS", A.endpoint),
      ]),
      dropped(O1, ofLink(O1, WAY_A, 138, 255), "POLICY_INGRESS", A.endpoint),
    ],
  },
  {
    name: "a container is nobody's router",
    rows: worldWithOutside(),
    steps: [
      ...[134, 137].flatMap((type) =>
        [255, 64].map((hopLimit) =>
          dropped(WAY_A, ofLink(WAY_A, O1, type, hopLimit), "ROGUE_ROUTER_ADVERTISEMENT"),
        ),
      ),
      ...[5, 9].map((type) =>
        dropped(WAY_A, icmpFrame(WAY_A, O1, type, 0, filler(24), "ipv4"), "ROGUE_ROUTER_ADVERTISEMENT"),
      ),
      passes(O1, WAY_A, icmpFrame(O1, WAY_A, 5, 0, filler(24), "ipv4")),
    ],
  },
  {
    name: "in quarantine nothing passes",
    rows: worldWithOutside({ a: { mode: "quarantine" } }),
    steps: [
      dropped(WAY_A, tcpFrame(WAY_A, O1, [1, 80]), "QUARANTINED"),
      dropped(O1, tcpFrame(O1, WAY_A, [1, 80]), "QUARANTINED", A.endpoint),
      dropped(WAY_A, question(WAY_A, O1), "QUARANTINED"),
      dropped(O1, question(O1, WAY_A), "QUARANTINED", A.endpoint),
      dropped(O1, ofLink(O1, WAY_A, 135, 255), "QUARANTINED", A.endpoint),
      passes(WAY_B, O1, tcpFrame(WAY_B, O1, [1, 80])),
    ],
  },
  {
    name: "a gateway that nobody governs passes nothing, and a port is of one kind",
    rows: worldWithOutside(),
    steps: [
      {
        apply: [
          { verb: "delete", row: governs(A, WAY_A.port) },
          { verb: "upsert", row: { ...governs(B, WAY_B.port), kind: "vf" } },
          { verb: "upsert", row: governs(A, A.port) },
        ],
      },
      dropped(WAY_A, question(WAY_A, O1), "NO_ENDPOINT", 0),
      dropped(O1, udpFrame(O1, WAY_A, [1, 2]), "NO_ENDPOINT", 0),
      dropped(WAY_B, udpFrame(WAY_B, O1, [1, 2]), "NO_ENDPOINT", 0),
      dropped(A, udpFrame(A, B, [1, 2]), "NO_ENDPOINT", 0),
      passes(B, A, udpFrame(B, A, [1, 2])),
    ],
  },
  {
    name: "what cannot be read does not pass",
    rows: worldWithOutside(),
    steps: [
      dropped(
        WAY_A,
        concat(udpFrame(WAY_A, O1, [1, 2]).subarray(0, 12), pack([2, 0x8100], [2, 5]), filler(46)),
        "VLAN_TAGGED",
      ),
      dropped(WAY_A, ethernet(WAY_A.mac, O1.mac, 0x88b5, filler(46)), "UNSUPPORTED_PROTOCOL"),
      dropped(O1, ethernet(O1.mac, WAY_A.mac, 0x88b5, filler(46)), "UNSUPPORTED_PROTOCOL", A.endpoint),
      dropped(WAY_A, patch(udpFrame(WAY_A, O1, [1, 2]), 14, pack([1, 0x44])), "MALFORMED"),
      dropped(O1, patch(udpFrame(O1, WAY_A, [1, 2]), 16, pack([2, 2000])), "MALFORMED", A.endpoint),
    ],
  },
  {
    name: "rates are those of the endpoint, shared by its VF and its gateway",
    rows: worldWithOutside({
      a: {
        egressRate: 1,
        egressBurst: 2 * udpFrame(WAY_A, O2, [1, 2]).length,
        ingressRate: 1,
        ingressBurst: 2 * udpFrame(WAY_A, O2, [1, 2]).length,
      },
    }),
    steps: [
      passes(WAY_A, O2, udpFrame(WAY_A, O2, [1, 2])),
      passes(A, B, udpFrame(A, B, [1, 2])),
      dropped(WAY_A, udpFrame(WAY_A, O2, [1, 2]), "RATE_EGRESS"),
      passes(O2, WAY_A, udpFrame(O2, WAY_A, [2, 1])),
      passes(B, A, udpFrame(B, A, [2, 1])),
      dropped(O2, udpFrame(O2, WAY_A, [2, 1]), "RATE_INGRESS", A.endpoint),
      dropped(A, udpFrame(A, B, [1, 2]), "RATE_EGRESS"),
    ],
  },
  {
    name: "audit passes, log reports, rules count",
    rows: worldWithOutside({
      a: { ...closed(16), mode: "audit" },
      b: { egressDeny: true, egressPrefixLengths: prefixLengths(16) },
      policies: [
        lets("ingress", 1, { port: 22, prefixLength: 16, log: true }),
        lets("egress", 2, { policy: B.endpoint, port: 80, prefixLength: 16, log: true, verdict: "deny" }),
        lets("egress", 3, { policy: B.endpoint, port: 81, prefixLength: 16, audit: true, verdict: "deny" }),
      ],
    }),
    steps: [
      passes(WAY_A, O3, tcpFrame(WAY_A, O3, [1, 80]), {
        rules: egress(0),
        events: [
          {
            type: "audit",
            reason: "POLICY_EGRESS",
            endpoint: A.endpoint,
            peer: 0,
            policy: A.endpoint,
            rule: 0,
            direction: "egress",
          },
        ],
      }),
      passes(O3, WAY_A, tcpFrame(O3, WAY_A, [80, 1], TCP.syn | TCP.ack), { rules: [], events: [] }),
      passes(O3, WAY_A, tcpFrame(O3, WAY_A, [1, 22]), {
        rules: ingress(1),
        events: [
          {
            type: "log",
            reason: "NONE",
            endpoint: A.endpoint,
            peer: 0,
            policy: A.endpoint,
            rule: 1,
            direction: "ingress",
          },
        ],
      }),
      dropped(WAY_B, tcpFrame(WAY_B, O3, [1, 80]), "POLICY_EGRESS", B.endpoint, {
        events: [
          {
            type: "log",
            reason: "POLICY_EGRESS",
            endpoint: B.endpoint,
            peer: 0,
            policy: B.endpoint,
            rule: 2,
            direction: "egress",
          },
        ],
      }),
      passes(WAY_B, O3, tcpFrame(WAY_B, O3, [1, 81]), {
        events: [
          {
            type: "audit",
            reason: "POLICY_EGRESS",
            endpoint: B.endpoint,
            peer: 0,
            policy: B.endpoint,
            rule: 3,
            direction: "egress",
          },
        ],
      }),
    ],
  },
];

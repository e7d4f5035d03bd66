import type { Ip } from "../../../src/model/ip.ts";
import { type MacAddress, parseMac } from "../../../src/model/mac.ts";
import { filler, pack } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, ipv6, PROTOCOL } from "../build/ip.ts";
import { BROADCAST } from "../build/neighbour.ts";
import { icmp, udp } from "../build/transport.ts";
import type { PacketCase, SendStep } from "./case.ts";
import { dropped, packet, passes, udpFrame } from "./frames.ts";
import { A, B, C, entry, type Host, identityOf, prefixLengths, world } from "./world.ts";

interface Group {
  readonly name: string;
  readonly mac: MacAddress;
  readonly ip: Ip;
  readonly family: "ipv4" | "ipv6";
}

const MDNS4: Group = {
  name: "IPv4 multicast",
  mac: parseMac("01:00:5e:00:00:fb"),
  ip: "224.0.0.251" as Ip,
  family: "ipv4",
};
const MDNS6: Group = {
  name: "IPv6 multicast",
  mac: parseMac("33:33:00:00:00:fb"),
  ip: "ff02::fb" as Ip,
  family: "ipv6",
};
const LIMITED: Group = {
  name: "limited broadcast",
  mac: BROADCAST,
  ip: "255.255.255.255" as Ip,
  family: "ipv4",
};
const SUBNET: Group = { name: "subnet broadcast", mac: BROADCAST, ip: "10.1.255.255" as Ip, family: "ipv4" };
const GROUPS = [MDNS4, MDNS6, LIMITED, SUBNET];

function toGroup(
  from: Host,
  group: Group,
  source: Ip = from[group.family],
  data: Uint8Array = filler(20),
): Uint8Array {
  const payload = udp(source, group.ip, [5353, 5353], data);
  return group.family === "ipv4"
    ? ethernet(from.mac, group.mac, ETHERTYPE.ipv4, ipv4(source, group.ip, PROTOCOL.udp, payload))
    : ethernet(from.mac, group.mac, ETHERTYPE.ipv6, ipv6(source, group.ip, PROTOCOL.udp, payload));
}

const reaches = (
  from: Host,
  to: readonly Host[],
  frame: Uint8Array,
  more: Partial<SendStep> = {},
): SendStep => ({
  send: frame,
  port: from.port,
  delivered: to.map(({ port }) => ({ port, frame })),
  ...more,
});

/** A router solicitation (133) or a listener report (143), from an address or from none. */
function toRouters(type: 133 | 143, source: Ip): Uint8Array {
  const [mac, ip] = type === 133 ? ["33:33:00:00:00:02", "ff02::2"] : ["33:33:00:00:00:16", "ff02::16"];
  const message = icmp(source, ip as Ip, type, 0, 0, pack([4, 0], [4, 0]));
  return ethernet(A.mac, parseMac(mac), ETHERTYPE.ipv6, ipv6(source, ip as Ip, PROTOCOL.icmp6, message, 255));
}

/** Walk, step 8: broadcast and multicast. */
export const groups: readonly PacketCase[] = [
  ...GROUPS.flatMap((group): PacketCase[] => [
    {
      name: `${group.name} is off unless the network has it`,
      rows: world(),
      steps: [dropped(A, toGroup(A, group), "MULTICAST_OFF")],
    },
    {
      name: `${group.name} reaches every other member`,
      rows: world({ multicast: true }),
      steps: [reaches(A, [B, C], toGroup(A, group)), reaches(C, [A, B], toGroup(C, group))],
    },
    {
      name: `${group.name} goes where policy lets it`,
      rows: world({ multicast: true, b: { ingressDeny: true } }),
      steps: [
        reaches(A, [C], toGroup(A, group), { drops: [{ endpoint: B.endpoint, reason: "POLICY_INGRESS" }] }),
      ],
    },
    {
      name: `${group.name} from a spoofed address`,
      rows: world({ multicast: true }),
      steps: [
        dropped(
          A,
          toGroup(A, group, C[group.family]),
          group.family === "ipv4" ? "SPOOFED_IPV4" : "SPOOFED_IPV6",
        ),
      ],
    },
  ]),
  {
    name: "the sender's egress decides for each receiver",
    rows: world({
      multicast: true,
      a: { egressDeny: true, egressPrefixLengths: prefixLengths(16) },
      policies: [
        entry({
          policy: A.endpoint,
          direction: "egress",
          verdict: "allow",
          rule: 1,
          identity: identityOf(B),
          protocol: "udp",
          port: 5353,
          prefixLength: 16,
        }),
      ],
    }),
    steps: [
      reaches(A, [B], toGroup(A, MDNS4), { drops: [{ endpoint: A.endpoint, reason: "POLICY_EGRESS" }] }),
    ],
  },
  {
    name: "a quarantined member receives nothing",
    rows: world({ multicast: true, b: { mode: "quarantine" } }),
    steps: [reaches(A, [C], toGroup(A, MDNS4), { drops: [{ endpoint: B.endpoint, reason: "QUARANTINED" }] })],
  },
  {
    name: "no connection is remembered: an answer is the answerer's own",
    rows: world({ multicast: true, a: { ingressDeny: true } }),
    steps: [
      reaches(A, [B, C], toGroup(A, MDNS4)),
      dropped(B, udpFrame(B, A, [5353, 5353]), "POLICY_INGRESS", A.endpoint),
    ],
  },
  {
    name: "fragments are not carried: nothing says whom the first one reached",
    rows: world({ multicast: true }),
    steps: [0, 8].map((fragmentOffset) =>
      dropped(
        A,
        ethernet(
          A.mac,
          MDNS4.mac,
          ETHERTYPE.ipv4,
          ipv4(A.ipv4, MDNS4.ip, PROTOCOL.udp, udp(A.ipv4, MDNS4.ip, [5353, 5353], filler(56)), {
            fragmentOffset,
            moreFragments: fragmentOffset === 0,
          }),
        ),
        "FRAGMENT_UNKNOWN",
      ),
    ),
  },
  {
    name: "what a host sends before it has an address",
    rows: world({ multicast: true }),
    steps: [
      reaches(A, [B, C], toRouters(133, A.linkLocal)),
      reaches(A, [B, C], toRouters(133, "::" as Ip)),
      reaches(A, [B, C], toRouters(143, "::" as Ip)),
      dropped(A, toGroup(A, MDNS6, "::" as Ip), "SPOOFED_IPV6"),
    ],
  },
  {
    name: "and where multicast is off",
    rows: world(),
    steps: [
      dropped(A, toRouters(133, A.linkLocal), "MULTICAST_OFF"),
      dropped(A, toRouters(143, "::" as Ip), "MULTICAST_OFF"),
    ],
  },
  {
    name: "a unicast packet in a group's frame is the group's",
    rows: world(),
    steps: [dropped(A, udpFrame(A, { ...B, mac: BROADCAST }, [1, 2]), "MULTICAST_OFF")],
  },
  {
    name: "a group's packet in a unicast frame, too",
    rows: world(),
    steps: [dropped(A, toGroup(A, { ...MDNS4, mac: B.mac }), "MULTICAST_OFF")],
  },
];

/** As long as the networks' MTU lets it be: a NIC's bucket cannot be smaller, since it does not lend. */
const FULL = filler(1500 - 20 - 8);
const full = (from: Host, to: Host, ports: readonly [number, number]) =>
  packet(from, to, "ipv4", PROTOCOL.udp, udp(from.ipv4, to.ipv4, ports, FULL));

/** Bytes of the frames below, so that a burst holds one of them. */
const FRAME_BYTES = full(A, B, [1, 2]).length;

/** A rate so low that nothing is credited while a case runs, or fast enough that a pause credits all. */
const SLOW = 1;
const FAST = 1_000_000;

/** Walk, steps 4 and 10: rates. */
export const rates: readonly PacketCase[] = [
  {
    name: "egress: a burst passes, what is beyond it does not",
    rows: world({ a: { egressRate: SLOW, egressBurst: 2 * FRAME_BYTES } }),
    steps: [
      passes(A, B, full(A, B, [1, 2])),
      passes(A, B, full(A, B, [1, 2])),
      dropped(A, full(A, B, [1, 2]), "RATE_EGRESS"),
      passes(B, A, full(B, A, [2, 1])),
    ],
  },
  {
    name: "ingress: a burst passes, what is beyond it does not",
    rows: world({ b: { ingressRate: SLOW, ingressBurst: 2 * FRAME_BYTES } }),
    steps: [
      passes(A, B, full(A, B, [1, 2])),
      passes(C, B, full(C, B, [1, 2])),
      dropped(A, full(A, B, [1, 2]), "RATE_INGRESS", B.endpoint),
      passes(B, A, full(B, A, [2, 1])),
    ],
  },
  {
    name: "the rate credits it again",
    rows: world({ a: { egressRate: FAST, egressBurst: FRAME_BYTES } }),
    steps: [passes(A, B, full(A, B, [1, 2])), { waitMs: 50 }, passes(A, B, full(A, B, [1, 2]))],
  },
  {
    name: "a packet larger than the burst passes, into debt",
    rows: world({ a: { egressRate: SLOW, egressBurst: 10 } }),
    steps: [passes(A, B, full(A, B, [1, 2])), dropped(A, full(A, B, [1, 2]), "RATE_EGRESS")],
  },
  {
    name: "group packets are of the same bucket",
    rows: world({
      multicast: true,
      a: { egressRate: SLOW, egressBurst: 10 },
      c: { ingressRate: SLOW, ingressBurst: 10 },
    }),
    steps: [
      reaches(A, [B, C], toGroup(A, MDNS4, A.ipv4, FULL)),
      dropped(A, toGroup(A, MDNS4, A.ipv4, FULL), "RATE_EGRESS"),
      reaches(B, [A], toGroup(B, MDNS4, B.ipv4, FULL), {
        drops: [{ endpoint: C.endpoint, reason: "RATE_INGRESS" }],
      }),
    ],
  },
];

import type { Ip } from "../../../src/model/ip.ts";
import { type MacAddress, parseMac } from "../../../src/model/mac.ts";
import { concat, filler, pack } from "../build/bytes.ts";
import { addressBytes, ETHERTYPE, ethernet, ipv6, PROTOCOL } from "../build/ip.ts";
import { type ArpFields, arp, BROADCAST, linkLayerOption, nd, solicitedNode } from "../build/neighbour.ts";
import { icmp } from "../build/transport.ts";
import type { PacketCase, SendStep } from "./case.ts";
import { dropped } from "./frames.ts";
import { A, ABSENT, B, type Host, STRANGER, world } from "./world.ts";

const UNSPECIFIED4 = "0.0.0.0" as Ip;
const UNSPECIFIED6 = "::" as Ip;
const ALL_NODES = { ip: "ff02::1" as Ip, mac: parseMac("33:33:00:00:00:01") };

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

function arpFrom(who: Host, fields: Partial<ArpFields>): Uint8Array {
  return arp(who.mac, BROADCAST, {
    operation: "request",
    senderMac: who.mac,
    senderIp: who.ipv4,
    targetIp: B.ipv4,
    ...fields,
  });
}

/** What the table answers to a request: the owner's own reply. */
function arpAnswer(asker: Host, senderIp: Ip, owner: Host): Uint8Array {
  return arp(owner.mac, asker.mac, {
    operation: "reply",
    senderMac: owner.mac,
    senderIp: owner.ipv4,
    targetMac: asker.mac,
    targetIp: senderIp,
  });
}

/** A solicitation for `target` as a host sends it: to the target's group. */
function solicitation(who: Host, source: Ip, target: Ip, options = linkLayerOption(1, who.mac)): Uint8Array {
  const group = solicitedNode(target);
  return nd(SOLICITATION, [who.mac, group.mac], [source, group.ip], { target, options });
}

function advertisement(
  macs: readonly [MacAddress, MacAddress],
  ips: readonly [Ip, Ip],
  target: Ip,
  flags: number,
  owner: MacAddress,
): Uint8Array {
  return nd(ADVERTISEMENT, macs, ips, { target, flags, options: linkLayerOption(2, owner) });
}

function solicited(asker: Host, source: Ip, target: Ip): Uint8Array {
  return advertisement([B.mac, asker.mac], [target, source], target, SOLICITED | OVERRIDE, B.mac);
}

function defended(target: Ip): Uint8Array {
  return advertisement([B.mac, ALL_NODES.mac], [target, ALL_NODES.ip], target, OVERRIDE, B.mac);
}

const answered = (send: Uint8Array, answer: Uint8Array): SendStep => ({
  send,
  port: A.port,
  answered: answer,
});

/** Walk, step 2: ARP. */
export const arpCases: readonly PacketCase[] = [
  {
    name: "a request is answered for the owner",
    rows: world(),
    steps: [answered(arpFrom(A, {}), arpAnswer(A, A.ipv4, B))],
  },
  {
    name: "a unicast request, as a stack refreshes its cache, is answered, too",
    rows: world(),
    steps: [
      answered(
        arp(A.mac, B.mac, {
          operation: "request",
          senderMac: A.mac,
          senderIp: A.ipv4,
          targetMac: B.mac,
          targetIp: B.ipv4,
        }),
        arpAnswer(A, A.ipv4, B),
      ),
    ],
  },
  {
    name: "nobody has the address",
    rows: world(),
    steps: [dropped(A, arpFrom(A, { targetIp: ABSENT.ipv4 }), "UNKNOWN_NEIGHBOUR")],
  },
  {
    name: "another network's address is nobody's",
    rows: world(),
    steps: [dropped(A, arpFrom(A, { targetIp: STRANGER.ipv4 }), "UNKNOWN_NEIGHBOUR")],
  },
  {
    name: "own address announced or probed is consumed",
    rows: world(),
    steps: [
      dropped(A, arpFrom(A, { targetIp: A.ipv4 }), "NEIGHBOUR_CONSUMED"),
      dropped(A, arpFrom(A, { senderIp: UNSPECIFIED4, targetIp: A.ipv4 }), "NEIGHBOUR_CONSUMED"),
      dropped(A, arpFrom(A, { operation: "reply", targetIp: A.ipv4 }), "NEIGHBOUR_CONSUMED"),
      dropped(A, arpFrom(A, { operation: "reply", targetIp: B.ipv4 }), "NEIGHBOUR_CONSUMED"),
    ],
  },
  {
    name: "a probe for somebody's address is answered for its owner",
    rows: world(),
    steps: [answered(arpFrom(A, { senderIp: UNSPECIFIED4 }), arpAnswer(A, UNSPECIFIED4, B))],
  },
  {
    name: "claims of somebody else's address",
    rows: world(),
    steps: [
      dropped(A, arpFrom(A, { senderIp: B.ipv4, targetIp: B.ipv4 }), "SPOOFED_NEIGHBOUR"),
      dropped(A, arpFrom(A, { operation: "reply", senderIp: B.ipv4, targetIp: A.ipv4 }), "SPOOFED_NEIGHBOUR"),
      dropped(A, arpFrom(A, { operation: "reply", senderIp: UNSPECIFIED4 }), "SPOOFED_NEIGHBOUR"),
      dropped(A, arpFrom(A, { senderIp: ABSENT.ipv4 }), "SPOOFED_NEIGHBOUR"),
    ],
  },
  {
    name: "another MAC inside than outside",
    rows: world(),
    steps: [dropped(A, arpFrom(A, { senderMac: B.mac }), "SPOOFED_NEIGHBOUR")],
  },
  {
    name: "another MAC outside",
    rows: world(),
    steps: [dropped(A, arpFrom({ ...A, mac: B.mac }, {}), "SPOOFED_MAC")],
  },
  {
    name: "cut short, of other hardware, of another operation",
    rows: world(),
    steps: [
      dropped(A, arpFrom(A, {}).subarray(0, 40), "MALFORMED"),
      dropped(A, arpFrom(A, {}).with(15, 6), "MALFORMED"),
      dropped(A, arpFrom(A, {}).with(18, 8), "MALFORMED"),
      dropped(A, arpFrom(A, {}).with(21, 3), "MALFORMED"),
    ],
  },
];

const addresses = [
  ["global", B.ipv6, A.ipv6],
  ["link-local", B.linkLocal, A.linkLocal],
] as const;

/** Walk, step 2: neighbour discovery. */
export const ndCases: readonly PacketCase[] = [
  ...addresses.flatMap(([kind, target, source]): PacketCase[] => [
    {
      name: `a solicitation of a ${kind} address is answered for the owner`,
      rows: world(),
      steps: [
        answered(solicitation(A, source, target), solicited(A, source, target)),
        answered(solicitation(A, source, target, new Uint8Array()), solicited(A, source, target)),
        answered(
          nd(SOLICITATION, [A.mac, B.mac], [source, target], { target, options: linkLayerOption(1, A.mac) }),
          solicited(A, source, target),
        ),
      ],
    },
    {
      name: `duplicate detection for somebody's ${kind} address is answered to everybody`,
      rows: world(),
      steps: [answered(solicitation(A, UNSPECIFIED6, target, new Uint8Array()), defended(target))],
    },
  ]),
  {
    name: "duplicate detection with a nonce (RFC 7527) is longer than the answer",
    rows: world(),
    steps: [
      answered(
        solicitation(A, UNSPECIFIED6, B.ipv6, concat(pack([1, 14], [1, 2]), filler(14))),
        defended(B.ipv6),
      ),
    ],
  },
  {
    name: "own addresses probed or announced are consumed",
    rows: world(),
    steps: [A.ipv6, A.linkLocal].flatMap((own) => [
      dropped(A, solicitation(A, UNSPECIFIED6, own, new Uint8Array()), "NEIGHBOUR_CONSUMED"),
      dropped(A, solicitation(A, own, own), "NEIGHBOUR_CONSUMED"),
      dropped(
        A,
        advertisement([A.mac, ALL_NODES.mac], [own, ALL_NODES.ip], own, OVERRIDE, A.mac),
        "NEIGHBOUR_CONSUMED",
      ),
    ]),
  },
  {
    name: "nobody has the address",
    rows: world(),
    steps: [
      dropped(A, solicitation(A, A.ipv6, ABSENT.ipv6), "UNKNOWN_NEIGHBOUR"),
      dropped(A, solicitation(A, UNSPECIFIED6, ABSENT.ipv6, new Uint8Array()), "UNKNOWN_NEIGHBOUR"),
      dropped(A, solicitation(A, A.ipv6, STRANGER.ipv6), "UNKNOWN_NEIGHBOUR"),
    ],
  },
  {
    name: "claims of somebody else's address or MAC",
    rows: world(),
    steps: [
      dropped(
        A,
        advertisement([A.mac, ALL_NODES.mac], [A.linkLocal, ALL_NODES.ip], B.ipv6, OVERRIDE, A.mac),
        "SPOOFED_NEIGHBOUR",
      ),
      dropped(
        A,
        advertisement([A.mac, ALL_NODES.mac], [B.ipv6, ALL_NODES.ip], B.ipv6, OVERRIDE, A.mac),
        "SPOOFED_NEIGHBOUR",
      ),
      dropped(
        A,
        advertisement([A.mac, ALL_NODES.mac], [A.ipv6, ALL_NODES.ip], A.ipv6, OVERRIDE, B.mac),
        "SPOOFED_NEIGHBOUR",
      ),
      dropped(A, solicitation(A, B.ipv6, B.ipv6), "SPOOFED_NEIGHBOUR"),
      dropped(A, solicitation(A, A.ipv6, B.ipv6, linkLayerOption(1, B.mac)), "SPOOFED_NEIGHBOUR"),
      dropped(
        A,
        nd(ADVERTISEMENT, [A.mac, ALL_NODES.mac], [UNSPECIFIED6, ALL_NODES.ip], { target: A.ipv6 }),
        "SPOOFED_NEIGHBOUR",
      ),
    ],
  },
  {
    name: "what RFC 4861 §7.1 has a receiver discard",
    rows: world(),
    steps: [
      dropped(A, solicitation(A, UNSPECIFIED6, B.ipv6), "MALFORMED"),
      dropped(
        A,
        nd(SOLICITATION, [A.mac, B.mac], [A.ipv6, B.ipv6], { target: B.ipv6, hopLimit: 64 }),
        "MALFORMED",
      ),
      dropped(
        A,
        nd(SOLICITATION, [A.mac, B.mac], [A.ipv6, B.ipv6], { target: B.ipv6, code: 1 }),
        "MALFORMED",
      ),
      dropped(A, nd(SOLICITATION, [A.mac, B.mac], [A.ipv6, B.ipv6], { target: ALL_NODES.ip }), "MALFORMED"),
      dropped(A, solicitation(A, A.ipv6, B.ipv6, concat(pack([1, 1], [1, 0]), filler(6))), "MALFORMED"),
      dropped(A, solicitation(A, A.ipv6, B.ipv6, filler(4)), "MALFORMED"),
    ],
  },
  {
    name: "behind an extension header",
    rows: world(),
    steps: [
      dropped(
        A,
        ethernet(
          A.mac,
          B.mac,
          ETHERTYPE.ipv6,
          ipv6(
            A.ipv6,
            B.ipv6,
            PROTOCOL.destination,
            concat(
              pack([1, PROTOCOL.icmp6], [1, 0], [2, 0x0104], [4, 0]),
              icmp(A.ipv6, B.ipv6, SOLICITATION, 0, 0, addressBytes(B.ipv6)),
            ),
            255,
          ),
        ),
        "MALFORMED",
      ),
    ],
  },
];

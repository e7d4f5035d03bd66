import type { Ip } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import { concat, filler, pack, patch } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, ipv6, PROTOCOL } from "../build/ip.ts";
import { icmp, TCP, tcp, udp } from "../build/transport.ts";
import type { PacketCase } from "./case.ts";
import { dropped, FAMILIES, icmpFrame, packet, passes, tcpFrame, udpFrame } from "./frames.ts";
import { A, B, C, world } from "./world.ts";

/** The extension headers that are walked, each of eight bytes, before `next`. */
function extensions(count: number, next: number): Uint8Array {
  const headers = Array.from({ length: count }, (_, i) =>
    pack([1, i === count - 1 ? next : PROTOCOL.destination], [1, 0], [2, 0x0104], [4, 0]),
  );
  return concat(...headers);
}

const segment = tcp(A.ipv6, B.ipv6, [40000, 80], TCP.syn, filler(0));

/** Walk, steps 1 and 3: what an endpoint may not send, and what cannot be read. */
export const guard: readonly PacketCase[] = [
  {
    name: "another MAC",
    rows: world(),
    steps: [
      dropped(A, udpFrame({ ...A, mac: C.mac }, B, [1, 2]), "SPOOFED_MAC"),
      dropped(A, udpFrame({ ...A, mac: C.mac }, B, [1, 2], "ipv6"), "SPOOFED_MAC"),
    ],
  },
  {
    name: "another IPv4 address",
    rows: world(),
    steps: [
      dropped(A, udpFrame({ ...A, ipv4: C.ipv4 }, B, [1, 2]), "SPOOFED_IPV4"),
      dropped(A, udpFrame({ ...A, ipv4: "192.0.2.1" as Ip }, B, [1, 2]), "SPOOFED_IPV4"),
      dropped(A, udpFrame({ ...A, ipv4: "0.0.0.0" as Ip }, B, [1, 2]), "SPOOFED_IPV4"),
    ],
  },
  {
    name: "another IPv6 address",
    rows: world(),
    steps: [
      dropped(A, udpFrame({ ...A, ipv6: C.ipv6 }, B, [1, 2], "ipv6"), "SPOOFED_IPV6"),
      dropped(A, udpFrame({ ...A, ipv6: C.linkLocal }, B, [1, 2], "ipv6"), "SPOOFED_IPV6"),
      dropped(A, udpFrame({ ...A, ipv6: "::" as Ip }, B, [1, 2], "ipv6"), "SPOOFED_IPV6"),
    ],
  },
  {
    name: "an endpoint without addresses has none",
    rows: world({ a: { ipv4: undefined, ipv6: undefined } }),
    steps: [
      dropped(A, udpFrame(A, B, [1, 2]), "SPOOFED_IPV4"),
      dropped(A, udpFrame({ ...A, ipv4: "0.0.0.0" as Ip }, B, [1, 2]), "SPOOFED_IPV4"),
      dropped(A, udpFrame(A, B, [1, 2], "ipv6"), "SPOOFED_IPV6"),
      dropped(A, udpFrame({ ...A, ipv6: "::" as Ip }, B, [1, 2], "ipv6"), "SPOOFED_IPV6"),
    ],
  },
  {
    name: "spoofing does not ride on a connection",
    rows: world(),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80])),
      dropped(C, tcpFrame({ ...A, mac: C.mac }, B, [40000, 80], TCP.ack), "SPOOFED_IPV4"),
    ],
  },
  {
    name: "a DHCP server's messages",
    rows: world(),
    steps: [
      dropped(A, udpFrame(A, B, [67, 68]), "ROGUE_DHCP"),
      dropped(A, udpFrame(A, B, [547, 546], "ipv6"), "ROGUE_DHCP"),
      passes(A, B, udpFrame(A, B, [547, 546])),
      passes(A, B, udpFrame(A, B, [67, 68], "ipv6")),
    ],
  },
  {
    name: "router advertisements and redirects",
    rows: world({ multicast: true }),
    steps: [
      dropped(A, icmpFrame(A, B, 134, 0, filler(8), "ipv6"), "ROGUE_ROUTER_ADVERTISEMENT"),
      dropped(A, icmpFrame(A, B, 137, 0, filler(36), "ipv6"), "ROGUE_ROUTER_ADVERTISEMENT"),
      dropped(
        A,
        icmpFrame(
          A,
          { ...B, ipv6: "ff02::1" as Ip, mac: parseMac("33:33:00:00:00:01") },
          134,
          0,
          filler(8),
          "ipv6",
        ),
        "ROGUE_ROUTER_ADVERTISEMENT",
      ),
      dropped(A, icmpFrame(A, B, 5, 1, filler(28), "ipv4"), "ROGUE_ROUTER_ADVERTISEMENT"),
      dropped(A, icmpFrame(A, B, 9, 0, filler(8), "ipv4"), "ROGUE_ROUTER_ADVERTISEMENT"),
    ],
  },
  {
    name: "a router advertisement behind extension headers",
    rows: world(),
    steps: [
      dropped(
        A,
        packet(
          A,
          B,
          "ipv6",
          PROTOCOL.destination,
          concat(extensions(2, PROTOCOL.icmp6), icmp(A.ipv6, B.ipv6, 134, 0, 0, filler(8))),
        ),
        "ROGUE_ROUTER_ADVERTISEMENT",
      ),
    ],
  },
  {
    name: "a VLAN tag",
    rows: world(),
    steps: [0x8100, 0x88a8].map((tag) => {
      const frame = udpFrame(A, B, [1, 2]);
      const send = concat(frame.subarray(0, 12), pack([2, tag], [2, 7]), frame.subarray(12));
      return dropped(A, send, "VLAN_TAGGED");
    }),
  },
  {
    name: "neither ARP nor IP",
    rows: world(),
    steps: [
      dropped(A, ethernet(A.mac, B.mac, 0x88cc, filler(60)), "UNSUPPORTED_PROTOCOL"),
      dropped(A, ethernet(A.mac, parseMac("01:80:c2:00:00:00"), 0x0026, filler(60)), "UNSUPPORTED_PROTOCOL"),
    ],
  },
  {
    name: "ipv6: extension headers are walked",
    rows: world(),
    steps: [1, 2, 6].map((count) => {
      const frame = packet(
        A,
        B,
        "ipv6",
        PROTOCOL.destination,
        concat(extensions(count, PROTOCOL.tcp), segment),
      );
      return passes(A, B, frame);
    }),
  },
  {
    name: "ipv6: too many extension headers, or ones that are not walked",
    rows: world(),
    steps: [
      dropped(
        A,
        packet(A, B, "ipv6", PROTOCOL.destination, concat(extensions(7, PROTOCOL.tcp), segment)),
        "UNSUPPORTED_PROTOCOL",
      ),
      dropped(A, packet(A, B, "ipv6", 135, filler(64)), "UNSUPPORTED_PROTOCOL"),
    ],
  },
  ...FAMILIES.map(
    (family): PacketCase => ({
      name: `${family}: a transport header that is cut short`,
      rows: world(),
      steps: [
        dropped(A, packet(A, B, family, PROTOCOL.tcp, filler(19)), "MALFORMED"),
        dropped(A, packet(A, B, family, PROTOCOL.udp, filler(7)), "MALFORMED"),
        dropped(A, packet(A, B, family, PROTOCOL.sctp, filler(7)), "MALFORMED"),
        dropped(
          A,
          packet(A, B, family, family === "ipv4" ? PROTOCOL.icmp : PROTOCOL.icmp6, filler(7)),
          "MALFORMED",
        ),
      ],
    }),
  ),
  {
    name: "ipv4: headers that contradict the packet",
    rows: world(),
    steps: [
      dropped(A, patch(udpFrame(A, B, [1, 2]), 14, pack([1, 0x55])), "MALFORMED"),
      dropped(A, patch(udpFrame(A, B, [1, 2]), 14, pack([1, 0x44])), "MALFORMED"),
      dropped(A, patch(udpFrame(A, B, [1, 2]), 16, pack([2, 1400])), "MALFORMED"),
      dropped(A, patch(udpFrame(A, B, [1, 2]), 16, pack([2, 19])), "MALFORMED"),
      dropped(A, patch(udpFrame(A, B, [1, 2]), 16, pack([2, 0])), "MALFORMED"),
      dropped(A, udpFrame(A, B, [1, 2]).subarray(0, 30), "MALFORMED"),
    ],
  },
  {
    name: "ipv6: headers that contradict the packet",
    rows: world(),
    steps: [
      dropped(A, patch(udpFrame(A, B, [1, 2], "ipv6"), 14, pack([1, 0x40])), "MALFORMED"),
      dropped(A, patch(udpFrame(A, B, [1, 2], "ipv6"), 18, pack([2, 1400])), "MALFORMED"),
      dropped(A, udpFrame(A, B, [1, 2], "ipv6").subarray(0, 50), "MALFORMED"),
      dropped(A, packet(A, B, "ipv6", PROTOCOL.destination, filler(4)), "MALFORMED"),
      dropped(
        A,
        packet(A, B, "ipv6", PROTOCOL.destination, pack([1, 6], [1, 9], [2, 0x0104], [4, 0])),
        "MALFORMED",
      ),
    ],
  },
  {
    name: "ipv4: options are skipped",
    rows: world(),
    steps: [
      passes(
        A,
        B,
        ethernet(
          A.mac,
          B.mac,
          ETHERTYPE.ipv4,
          ipv4(A.ipv4, B.ipv4, PROTOCOL.udp, udp(A.ipv4, B.ipv4, [1, 2], filler(8)), {
            options: pack([4, 0x01010101], [4, 0x01010100]),
          }),
        ),
      ),
    ],
  },
  {
    name: "ipv4: an Ethernet trailer is not data",
    rows: world(),
    steps: [passes(A, B, concat(udpFrame(A, B, [1, 2]), filler(20)))],
  },
  {
    name: "ipv6: a payload without a next header",
    rows: world(),
    steps: [passes(A, B, ethernet(A.mac, B.mac, ETHERTYPE.ipv6, ipv6(A.ipv6, B.ipv6, 59, filler(0))))],
  },
];

import { concat, filler, pack, patch } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, ipv6, PROTOCOL } from "../build/ip.ts";
import { icmp, TCP, tcp, udp } from "../build/transport.ts";
import type { PacketCase } from "./case.ts";
import {
  dropped,
  echoFrame,
  FAMILIES,
  type Family,
  icmpFrame,
  passes,
  quoted,
  tcpFrame,
  udpFrame,
} from "./frames.ts";
import { A, B, C, endpointRow, type Host, world } from "./world.ts";

/** Errors: destination unreachable, time exceeded, parameter problem, and the size one of each family. */
const ERRORS = {
  ipv4: [
    [3, 3],
    [3, 4],
    [4, 0],
    [11, 0],
    [12, 0],
  ],
  ipv6: [
    [1, 4],
    [2, 0],
    [3, 0],
    [4, 1],
  ],
} as const;

/** An error about a frame, as its receiver sends it. */
function error(
  from: Host,
  to: Host,
  about: Uint8Array,
  family: Family,
  [type, code]: readonly [number, number],
): Uint8Array {
  return icmpFrame(from, to, type, code, quoted(about), family);
}

const UNREACHABLE = { ipv4: [3, 3], ipv6: [1, 4] } as const;

/** Walk, step 7: ICMP errors pass if they belong to a connection of their receiver's. */
export const icmpErrors: readonly PacketCase[] = FAMILIES.flatMap((family): PacketCase[] => [
  {
    name: `${family}: every kind of error about a connection reaches who sent the packet`,
    rows: world({ a: { ingressDeny: true }, b: { egressDeny: true } }),
    steps: [
      passes(A, B, udpFrame(A, B, [40000, 53], family)),
      ...ERRORS[family].map((kind) =>
        passes(B, A, error(B, A, udpFrame(A, B, [40000, 53], family), family, kind)),
      ),
    ],
  },
  {
    name: `${family}: an error about an answer reaches the responder`,
    rows: world({ a: { egressDeny: false }, b: { ingressDeny: false } }),
    steps: [
      passes(A, B, udpFrame(A, B, [40000, 53], family)),
      passes(B, A, udpFrame(B, A, [53, 40000], family)),
      passes(A, B, error(A, B, udpFrame(B, A, [53, 40000], family), family, UNREACHABLE[family])),
    ],
  },
  {
    name: `${family}: about TCP and echo`,
    rows: world({ a: { ingressDeny: true } }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
      passes(B, A, error(B, A, tcpFrame(A, B, [40000, 80], TCP.syn, family), family, UNREACHABLE[family])),
      passes(A, B, echoFrame(A, B, "request", 7, family)),
      passes(B, A, error(B, A, echoFrame(A, B, "request", 7, family), family, UNREACHABLE[family])),
    ],
  },
  {
    name: `${family}: about nothing known`,
    rows: world(),
    steps: [
      dropped(
        B,
        error(B, A, udpFrame(A, B, [40000, 53], family), family, UNREACHABLE[family]),
        "UNRELATED_ICMP_ERROR",
      ),
    ],
  },
  {
    name: `${family}: about another port, or about what the receiver did not send`,
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [40000, 53], family)),
      dropped(
        B,
        error(B, A, udpFrame(A, B, [40000, 54], family), family, UNREACHABLE[family]),
        "UNRELATED_ICMP_ERROR",
      ),
      dropped(
        B,
        error(B, A, udpFrame(B, A, [53, 40000], family), family, UNREACHABLE[family]),
        "UNRELATED_ICMP_ERROR",
      ),
      dropped(
        B,
        error(B, C, udpFrame(A, B, [40000, 53], family), family, UNREACHABLE[family]),
        "UNRELATED_ICMP_ERROR",
      ),
    ],
  },
  {
    name: `${family}: from somebody who is not part of the connection`,
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [40000, 53], family)),
      dropped(
        C,
        error(C, A, udpFrame(A, B, [40000, 53], family), family, UNREACHABLE[family]),
        "UNRELATED_ICMP_ERROR",
      ),
    ],
  },
  ...[A, B].map(
    (who): PacketCase => ({
      name: `${family}: about a connection that must be decided again, for ${who === A ? "one" : "the other"} end`,
      rows: world(),
      steps: [
        passes(A, B, udpFrame(A, B, [40000, 53], family)),
        { apply: [{ verb: "upsert", row: endpointRow(who, { generation: 11 }) }] },
        dropped(
          B,
          error(B, A, udpFrame(A, B, [40000, 53], family), family, UNREACHABLE[family]),
          "UNRELATED_ICMP_ERROR",
        ),
      ],
    }),
  ),
  {
    name: `${family}: that quotes too little`,
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [40000, 53], family)),
      dropped(
        B,
        icmpFrame(
          B,
          A,
          UNREACHABLE[family][0],
          UNREACHABLE[family][1],
          quoted(udpFrame(A, B, [40000, 53], family)).subarray(0, family === "ipv4" ? 24 : 44),
          family,
        ),
        "MALFORMED",
      ),
    ],
  },
]);

const ID = 77;

interface Cut {
  readonly offset: number;
  readonly more: boolean;
  readonly id?: number;
}

/** A piece of a packet. `offset` in bytes. */
function fragment(
  from: Host,
  to: Host,
  family: Family,
  protocol: number,
  whole: Uint8Array,
  cut: Cut,
  bytes = 64,
): Uint8Array {
  const piece = whole.subarray(cut.offset, cut.offset + bytes);
  const id = cut.id ?? ID;
  if (family === "ipv4") {
    const fields = { id, moreFragments: cut.more, fragmentOffset: cut.offset / 8 };
    return ethernet(from.mac, to.mac, ETHERTYPE.ipv4, ipv4(from.ipv4, to.ipv4, protocol, piece, fields));
  }
  const header = pack([1, protocol], [1, 0], [2, cut.offset | (cut.more ? 1 : 0)], [4, id]);
  return ethernet(
    from.mac,
    to.mac,
    ETHERTYPE.ipv6,
    ipv6(from.ipv6, to.ipv6, PROTOCOL.fragment, concat(header, piece)),
  );
}

const datagram = (
  from: Host,
  to: Host,
  family: Family,
  ports: readonly [number, number] = [40000, 53],
): Uint8Array => udp(from[family], to[family], ports, filler(184));

/** Fragments: the first decides, the others follow it. */
export const fragments: readonly PacketCase[] = FAMILIES.flatMap((family): PacketCase[] => {
  const whole = datagram(A, B, family);
  const piece = (cut: Cut): Uint8Array => fragment(A, B, family, PROTOCOL.udp, whole, cut);
  const first = piece({ offset: 0, more: true });
  const second = piece({ offset: 64, more: true });
  const last = piece({ offset: 128, more: false });
  return [
    {
      name: `${family}: the others follow the first, in any order`,
      rows: world(),
      steps: [passes(A, B, first), passes(A, B, last), passes(A, B, second)],
    },
    {
      name: `${family}: the first one is decided like a whole packet`,
      rows: world({ b: { ingressDeny: true } }),
      steps: [dropped(A, first, "POLICY_INGRESS", B.endpoint), dropped(A, second, "FRAGMENT_UNKNOWN")],
    },
    {
      name: `${family}: one that overtakes the first, or belongs to another packet`,
      rows: world(),
      steps: [
        dropped(A, second, "FRAGMENT_UNKNOWN"),
        passes(A, B, first),
        passes(A, B, second),
        dropped(A, piece({ offset: 64, more: true, id: 78 }), "FRAGMENT_UNKNOWN"),
        dropped(
          B,
          fragment(B, A, family, PROTOCOL.udp, whole, { offset: 64, more: true }),
          "FRAGMENT_UNKNOWN",
        ),
        dropped(
          A,
          fragment(A, B, family, PROTOCOL.sctp, whole, { offset: 64, more: true }),
          "FRAGMENT_UNKNOWN",
        ),
      ],
    },
    {
      name: `${family}: a change between them stops the rest`,
      rows: world(),
      steps: [A, B].flatMap((who) => [
        passes(A, B, first),
        { apply: [{ verb: "upsert", row: endpointRow(who, { generation: 11 }) }] },
        dropped(A, second, "FRAGMENT_UNKNOWN"),
      ]),
    },
    {
      name: `${family}: the first of an answer follows its connection`,
      rows: world({ a: { ingressDeny: true } }),
      steps: [
        passes(A, B, udpFrame(A, B, [40000, 53], family)),
        passes(
          B,
          A,
          fragment(B, A, family, PROTOCOL.udp, datagram(B, A, family, [53, 40000]), {
            offset: 0,
            more: true,
          }),
        ),
        passes(
          B,
          A,
          fragment(B, A, family, PROTOCOL.udp, datagram(B, A, family, [53, 40000]), {
            offset: 64,
            more: false,
          }),
        ),
      ],
    },
    {
      name: `${family}: a first one without its ports`,
      rows: world(),
      steps: [
        dropped(
          A,
          fragment(
            A,
            B,
            family,
            PROTOCOL.tcp,
            tcp(A[family], B[family], [1, 2], TCP.syn, filler(64)),
            {
              offset: 0,
              more: true,
            },
            16,
          ),
          "MALFORMED",
        ),
      ],
    },
    {
      name: `${family}: one that would rewrite the TCP header`,
      rows: world(),
      steps: [
        dropped(
          A,
          fragment(A, B, family, PROTOCOL.tcp, tcp(A[family], B[family], [1, 2], TCP.ack, filler(64)), {
            offset: 8,
            more: true,
          }),
          "MALFORMED",
        ),
      ],
    },
    {
      name: `${family}: a fragmented echo`,
      rows: world(),
      steps: [0, 64].map((offset) =>
        passes(
          A,
          B,
          fragment(
            A,
            B,
            family,
            family === "ipv4" ? PROTOCOL.icmp : PROTOCOL.icmp6,
            icmp(A[family], B[family], family === "ipv4" ? 8 : 128, 0, 7 * 65536, filler(100)),
            { offset, more: offset === 0 },
          ),
        ),
      ),
    },
    {
      name: `${family}: a spoofed one`,
      rows: world(),
      steps: [
        passes(A, B, first),
        dropped(
          C,
          fragment({ ...A, mac: C.mac, port: C.port }, B, family, PROTOCOL.udp, whole, {
            offset: 64,
            more: false,
          }),
          family === "ipv4" ? "SPOOFED_IPV4" : "SPOOFED_IPV6",
        ),
      ],
    },
    ...(family === "ipv6"
      ? [
          {
            name: "ipv6: a packet in one fragment is whole (RFC 6946)",
            rows: world(),
            steps: [
              passes(A, B, fragment(A, B, family, PROTOCOL.udp, whole, { offset: 0, more: false }, 192)),
              dropped(A, second, "FRAGMENT_UNKNOWN"),
            ],
          },
        ]
      : [
          {
            name: "ipv4: one of the maximum offset",
            rows: world(),
            steps: [dropped(A, patch(second, 20, pack([2, 0x1fff])), "FRAGMENT_UNKNOWN" as const)],
          },
        ]),
  ];
});

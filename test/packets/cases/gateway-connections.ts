import { concat, filler } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, PROTOCOL } from "../build/ip.ts";
import { TCP, udp } from "../build/transport.ts";
import type { ApplyStep, Carried, PacketCase } from "./case.ts";
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
import {
  A,
  B,
  C,
  endpointRow,
  entry,
  governs,
  type Host,
  outside,
  prefixLengths,
  WAY_A,
  WAY_B,
  within,
  worldWithOutside,
} from "./world.ts";

const change = (...rows: readonly ApplyStep["apply"][number]["row"][]): ApplyStep => ({
  apply: rows.map((row) => ({ verb: "upsert", row })),
});
const cOut: readonly Carried[] = [{ endpoint: C.endpoint, sent: 1 }];
const cIn: readonly Carried[] = [{ endpoint: C.endpoint, received: 1 }];

function generationsOf(family: Family, nth: number): readonly PacketCase[] {
  const O = outside(nth);
  const bits = family === "ipv4" ? 32 : 128;
  const out = (flags: number, ports: readonly [number, number]) => tcpFrame(WAY_A, O, ports, flags, family);
  const back = (flags: number, ports: readonly [number, number]) => tcpFrame(O, WAY_A, ports, flags, family);
  return [
    {
      name: `${family}: a new policy cuts what it does not allow, in the direction in which it was opened`,
      rows: worldWithOutside(),
      steps: [
        passes(WAY_A, O, out(TCP.syn, [1, 80])),
        passes(O, WAY_A, back(TCP.syn, [2, 80])),
        change(endpointRow(A, { generation: 11, egressDeny: true })),
        dropped(O, back(TCP.syn | TCP.ack, [80, 1]), "POLICY_EGRESS", A.endpoint),
        // What the other end still sends opens nothing.
        dropped(O, back(TCP.ack, [80, 1]), "POLICY_EGRESS", A.endpoint),
        passes(WAY_A, O, out(TCP.syn | TCP.ack, [80, 2]), {
          rules: [{ policy: A.endpoint, rule: 0, direction: "ingress" }],
        }),
        passes(WAY_A, O, out(TCP.ack, [80, 2]), { rules: [] }),
        change(endpointRow(A, { generation: 12, ingressDeny: true })),
        dropped(WAY_A, out(TCP.ack, [80, 2]), "POLICY_INGRESS"),
        dropped(O, back(TCP.ack, [2, 80]), "POLICY_INGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: an echo is decided again as the request that it was`,
      rows: worldWithOutside(),
      steps: [
        passes(O, WAY_A, echoFrame(O, WAY_A, "request", 7, family)),
        change(endpointRow(A, { generation: 11, egressDeny: true })),
        passes(WAY_A, O, echoFrame(WAY_A, O, "reply", 7, family)),
        change(endpointRow(A, { generation: 12, ingressDeny: true })),
        dropped(WAY_A, echoFrame(WAY_A, O, "reply", 7, family), "POLICY_INGRESS"),
      ],
    },
    {
      name: `${family}: who comes to govern the way out decides what is open there`,
      rows: worldWithOutside({ c: { egressDeny: true } }),
      steps: [
        passes(WAY_A, O, out(TCP.syn, [11, 80])),
        passes(O, WAY_A, back(TCP.syn, [12, 80])),
        change(governs(C, WAY_A.port)),
        dropped(O, back(TCP.syn | TCP.ack, [80, 11]), "POLICY_EGRESS", C.endpoint),
        passes(WAY_A, O, out(TCP.syn | TCP.ack, [80, 12]), {
          rules: [{ policy: C.endpoint, rule: 0, direction: "ingress" }],
          traffic: cOut,
        }),
        passes(O, WAY_A, back(TCP.ack, [12, 80]), { rules: [], traffic: cIn }),
      ],
    },
    {
      name: `${family}: somebody outside who becomes somebody else is decided again, others are not`,
      rows: worldWithOutside({
        a: { egressPrefixLengths: prefixLengths(0) },
        policies: [
          entry({ policy: A.endpoint, direction: "egress", verdict: "deny", rule: 1, identity: 100 }),
        ],
      }),
      steps: [
        passes(WAY_A, O, out(TCP.syn, [21, 80])),
        change(within(`${outside(nth + 256)[family]}/${bits}`, 100)),
        passes(O, WAY_A, back(TCP.syn | TCP.ack, [80, 21]), { rules: [] }),
        change(within(`${O[family]}/${bits}`, 100)),
        dropped(O, back(TCP.ack, [80, 21]), "POLICY_EGRESS", A.endpoint, {
          rules: [{ policy: A.endpoint, rule: 1, direction: "egress" }],
        }),
        { apply: [{ verb: "delete", row: within(`${O[family]}/${bits}`, 0) }] },
        passes(WAY_A, O, out(TCP.ack, [21, 80])),
      ],
    },
  ];
}

/** Errors: unreachable, too big, time exceeded. */
const ERRORS = {
  ipv4: [
    [3, 3],
    [3, 4],
    [11, 0],
  ],
  ipv6: [
    [1, 4],
    [2, 0],
    [3, 0],
  ],
} as const;

function errorsOf(family: Family, nth: number): readonly PacketCase[] {
  const O = outside(nth);
  const router = outside(nth + 512);
  const error = (from: Host, to: Host, about: Uint8Array, kind: readonly [number, number]): Uint8Array =>
    icmpFrame(from, to, kind[0], kind[1], quoted(about), family);
  const unreachable = ERRORS[family][0];
  return [
    {
      name: `${family}: errors about a connection pass both ways, from any router`,
      rows: worldWithOutside({ a: { ingressDeny: true }, b: { egressDeny: true } }),
      steps: [
        passes(WAY_A, O, udpFrame(WAY_A, O, [1, 53], family)),
        ...ERRORS[family].flatMap((kind) =>
          [O, router].map((from) =>
            passes(from, WAY_A, error(from, WAY_A, udpFrame(WAY_A, O, [1, 53], family), kind), { rules: [] }),
          ),
        ),
        passes(O, WAY_B, udpFrame(O, WAY_B, [1, 53], family)),
        passes(WAY_B, O, error(WAY_B, O, udpFrame(O, WAY_B, [1, 53], family), unreachable), { rules: [] }),
      ],
    },
    {
      name: `${family}: errors about nothing, about others' or in the wrong direction do not`,
      rows: worldWithOutside(),
      steps: [
        passes(WAY_A, O, udpFrame(WAY_A, O, [2, 53], family)),
        dropped(
          O,
          error(O, WAY_A, udpFrame(WAY_A, O, [3, 53], family), unreachable),
          "UNRELATED_ICMP_ERROR",
          A.endpoint,
        ),
        dropped(
          O,
          error(O, WAY_B, udpFrame(WAY_A, O, [2, 53], family), unreachable),
          "UNRELATED_ICMP_ERROR",
          B.endpoint,
        ),
        dropped(
          O,
          error(O, WAY_A, udpFrame(O, WAY_A, [53, 2], family), unreachable),
          "UNRELATED_ICMP_ERROR",
          A.endpoint,
        ),
        change(endpointRow(A, { generation: 11 })),
        dropped(
          O,
          error(O, WAY_A, udpFrame(WAY_A, O, [2, 53], family), unreachable),
          "UNRELATED_ICMP_ERROR",
          A.endpoint,
        ),
      ],
    },
  ];
}

/** Connections through a gateway: under generations, and what belongs to them. */
export const gatewayConnections: readonly PacketCase[] = FAMILIES.flatMap((family, i) => [
  ...generationsOf(family, 20 + i),
  ...errorsOf(family, 24 + i),
]);

/** A datagram in two fragments. */
function halves(
  from: Host,
  to: Host,
  ports: readonly [number, number],
  id: number,
): readonly [Uint8Array, Uint8Array] {
  const whole = udp(from.ipv4, to.ipv4, ports, filler(72));
  const piece = (fragmentOffset: number, payload: Uint8Array) =>
    ethernet(
      from.mac,
      to.mac,
      ETHERTYPE.ipv4,
      ipv4(from.ipv4, to.ipv4, PROTOCOL.udp, payload, {
        id,
        fragmentOffset,
        moreFragments: fragmentOffset === 0,
      }),
    );
  return [piece(0, whole.subarray(0, 48)), piece(6, concat(whole.subarray(48)))];
}

const O = outside(30);
const [first, second] = halves(WAY_A, O, [1, 53], 1);
const [firstBack, secondBack] = halves(O, WAY_A, [53, 1], 2);
const [denied, deniedToo] = halves(WAY_A, O, [1, 54], 3);

export const gatewayFragments: readonly PacketCase[] = [
  {
    name: "the first one is decided, the others follow it",
    rows: worldWithOutside({
      a: { egressDeny: true, ingressDeny: true, egressPrefixLengths: prefixLengths(16) },
      policies: [
        entry({
          policy: A.endpoint,
          direction: "egress",
          verdict: "allow",
          rule: 1,
          protocol: "udp",
          port: 53,
          prefixLength: 16,
        }),
      ],
    }),
    steps: [
      dropped(WAY_A, second, "FRAGMENT_UNKNOWN"),
      passes(WAY_A, O, first),
      passes(WAY_A, O, second, { rules: [] }),
      dropped(O, secondBack, "FRAGMENT_UNKNOWN", A.endpoint),
      passes(O, WAY_A, firstBack, { rules: [] }),
      passes(O, WAY_A, secondBack, { rules: [] }),
      dropped(WAY_A, denied, "POLICY_EGRESS"),
      dropped(WAY_A, deniedToo, "FRAGMENT_UNKNOWN"),
      change(endpointRow(A, { generation: 11 })),
      dropped(WAY_A, second, "FRAGMENT_UNKNOWN"),
      dropped(WAY_B, second, "FRAGMENT_UNKNOWN"),
    ],
  },
];

import type { EndpointRow } from "../../../src/model/rows.ts";
import { filler } from "../build/bytes.ts";
import { PROTOCOL } from "../build/ip.ts";
import { TCP } from "../build/transport.ts";
import type { Decided, PacketCase, Reported } from "./case.ts";
import {
  dropped,
  echoFrame,
  FAMILIES,
  icmpFrame,
  packet,
  passes,
  sctpFrame,
  tcpFrame,
  udpFrame,
} from "./frames.ts";
import { A, B, C, endpointRow, entry, identityOf, prefixLengths, world } from "./world.ts";

const egress = (policy: number, rule: number): Decided => ({ policy, rule, direction: "egress" });
const ingress = (policy: number, rule: number): Decided => ({ policy, rule, direction: "ingress" });

/** B lets nobody in but as its entries say. */
const closed = (...lengths: readonly number[]): Partial<EndpointRow> => ({
  ingressDeny: true,
  ingressPrefixLengths: prefixLengths(...lengths),
});

/** An entry of B's ingress. */
const lets = (rule: number, fields: Partial<Parameters<typeof entry>[0]> = {}) =>
  entry({ policy: B.endpoint, direction: "ingress", verdict: "allow", rule, ...fields });

const reported = (fields: Partial<Reported>): Reported => ({
  type: "audit",
  reason: "POLICY_INGRESS",
  endpoint: B.endpoint,
  peer: A.endpoint,
  policy: B.endpoint,
  rule: 0,
  direction: "ingress",
  ...fields,
});

/** Walk, step 7: what a new connection needs. */
export const policy: readonly PacketCase[] = [
  ...FAMILIES.flatMap((family): PacketCase[] => [
    {
      name: `${family}: postures decide where there are no entries`,
      rows: world({ a: { egressDeny: true }, b: { ingressDeny: true } }),
      steps: [
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.syn, family), "POLICY_EGRESS", A.endpoint, {
          rules: [egress(A.endpoint, 0)],
        }),
        dropped(C, tcpFrame(C, B, [40000, 80], TCP.syn, family), "POLICY_INGRESS", B.endpoint, {
          rules: [egress(C.endpoint, 0), ingress(B.endpoint, 0)],
        }),
        passes(C, A, tcpFrame(C, A, [40000, 80], TCP.syn, family), {
          rules: [egress(C.endpoint, 0), ingress(A.endpoint, 0)],
        }),
        passes(A, C, tcpFrame(A, C, [80, 40000], TCP.syn | TCP.ack, family), { rules: [] }),
      ],
    },
    {
      name: `${family}: an entry opens its port to its identity, and nothing else`,
      rows: world({
        b: closed(16),
        policies: [lets(1, { identity: identityOf(A), port: 80, prefixLength: 16 })],
      }),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family), {
          rules: [egress(A.endpoint, 0), ingress(B.endpoint, 1)],
        }),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family), { rules: [] }),
        dropped(A, tcpFrame(A, B, [40000, 81], TCP.syn, family), "POLICY_INGRESS", B.endpoint),
        dropped(A, udpFrame(A, B, [40000, 80], family), "POLICY_INGRESS", B.endpoint),
        dropped(C, tcpFrame(C, B, [40000, 80], TCP.syn, family), "POLICY_INGRESS", B.endpoint),
      ],
    },
    {
      name: `${family}: a responder gains no reach: not by its SYN, not on another port`,
      rows: world({ a: { ingressDeny: true } }),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family)),
        dropped(B, tcpFrame(B, A, [80, 40000], TCP.syn, family), "POLICY_INGRESS", A.endpoint),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.ack, family)),
        dropped(B, tcpFrame(B, A, [80, 40001], TCP.ack, family), "POLICY_INGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: an echo request may be answered, and gives no more`,
      rows: world({ a: { ingressDeny: true } }),
      steps: [
        passes(A, B, echoFrame(A, B, "request", 7, family)),
        passes(B, A, echoFrame(B, A, "reply", 7, family)),
        dropped(B, echoFrame(B, A, "reply", 8, family), "POLICY_INGRESS", A.endpoint),
        dropped(B, echoFrame(B, A, "request", 7, family), "POLICY_INGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: identifier 0 is not a way around that`,
      rows: world({ a: { ingressDeny: true } }),
      steps: [
        passes(A, B, echoFrame(A, B, "request", 0, family)),
        passes(B, A, echoFrame(B, A, "reply", 0, family)),
        dropped(B, echoFrame(B, A, "request", 0, family), "POLICY_INGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: who asked may not send answers`,
      rows: world({
        b: closed(16),
        policies: [
          lets(1, { protocol: "icmp", port: 0x0800, prefixLength: 16 }),
          lets(2, { protocol: "icmp6", port: 0x8000, prefixLength: 16 }),
        ],
      }),
      steps: [
        passes(A, B, echoFrame(A, B, "request", 0, family)),
        dropped(A, echoFrame(A, B, "reply", 0, family), "POLICY_INGRESS", B.endpoint),
        passes(B, A, echoFrame(B, A, "reply", 0, family)),
      ],
    },
    {
      name: `${family}: an unasked echo reply does not let requests follow`,
      rows: world({ b: { ingressDeny: true } }),
      steps: [
        passes(B, A, echoFrame(B, A, "reply", 7, family)),
        dropped(A, echoFrame(A, B, "request", 7, family), "POLICY_INGRESS", B.endpoint),
      ],
    },
    {
      name: `${family}: a connection found in its middle is decided for who sends`,
      rows: world({ b: { ingressDeny: true } }),
      steps: [
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.ack, family)),
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack, family)),
      ],
    },
    {
      name: `${family}: a reset without a connection opens none`,
      rows: world({ b: { ingressDeny: true } }),
      steps: [
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.rst, family)),
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
      ],
    },
  ]),
  {
    name: "the remote's entry comes before anyone's, whatever their lengths",
    rows: world({
      b: closed(0, 16),
      policies: [
        lets(1, { identity: identityOf(A), verdict: "deny" }),
        lets(2, { port: 80, prefixLength: 16 }),
      ],
    }),
    steps: [
      dropped(A, tcpFrame(A, B, [40000, 80]), "POLICY_INGRESS", B.endpoint, {
        rules: [egress(A.endpoint, 0), ingress(B.endpoint, 1)],
      }),
      passes(C, B, tcpFrame(C, B, [40000, 80]), { rules: [egress(C.endpoint, 0), ingress(B.endpoint, 2)] }),
      dropped(C, tcpFrame(C, B, [40000, 81]), "POLICY_INGRESS", B.endpoint, {
        rules: [egress(C.endpoint, 0), ingress(B.endpoint, 0)],
      }),
    ],
  },
  {
    name: "port prefixes of every length",
    rows: world({
      b: closed(0, 1, 4, 8, 12, 15, 16),
      policies: [
        lets(16, { port: 0x1234, prefixLength: 16 }),
        lets(15, { port: 0x2234, prefixLength: 15 }),
        lets(12, { port: 0x3230, prefixLength: 12 }),
        lets(8, { port: 0x4200, prefixLength: 8 }),
        lets(4, { port: 0x5000, prefixLength: 4 }),
        lets(1, { port: 0x8000, prefixLength: 1 }),
        lets(99, { protocol: "udp" }),
      ],
    }),
    steps: [
      ...[
        [0x1234, 16],
        [0x2235, 15],
        [0x323f, 12],
        [0x42ff, 8],
        [0x5fff, 4],
        [0xffff, 1],
        [0x8000, 1],
      ].map(([port = 0, rule = 0]) =>
        passes(A, B, tcpFrame(A, B, [40000, port]), {
          rules: [egress(A.endpoint, 0), ingress(B.endpoint, rule)],
        }),
      ),
      ...[0x1235, 0x2236, 0x3240, 0x4300, 0x6000, 0x7fff, 0].map((port) =>
        dropped(A, tcpFrame(A, B, [40000, port]), "POLICY_INGRESS", B.endpoint),
      ),
      passes(A, B, udpFrame(A, B, [1, 65535]), { rules: [egress(A.endpoint, 0), ingress(B.endpoint, 99)] }),
    ],
  },
  {
    name: "a length that the endpoint's mask does not have is not looked up",
    rows: world({ b: closed(16), policies: [lets(1, { port: 0, prefixLength: 0 })] }),
    steps: [dropped(A, tcpFrame(A, B, [40000, 80]), "POLICY_INGRESS", B.endpoint)],
  },
  {
    name: "egress and ingress have entries of their own",
    rows: world({
      a: { egressDeny: true, egressPrefixLengths: prefixLengths(16) },
      b: closed(16),
      policies: [
        entry({
          policy: 1,
          direction: "egress",
          verdict: "allow",
          rule: 1,
          identity: 20,
          port: 80,
          prefixLength: 16,
        }),
        entry({
          policy: 1,
          direction: "egress",
          verdict: "allow",
          rule: 2,
          identity: 20,
          port: 81,
          prefixLength: 16,
        }),
        lets(3, { port: 80, prefixLength: 16 }),
      ],
    }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), { rules: [egress(1, 1), ingress(2, 3)] }),
      dropped(A, tcpFrame(A, B, [40000, 81]), "POLICY_INGRESS", B.endpoint, {
        rules: [egress(1, 2), ingress(2, 0)],
      }),
      dropped(A, tcpFrame(A, B, [40000, 82]), "POLICY_EGRESS", A.endpoint, { rules: [egress(1, 0)] }),
      dropped(A, tcpFrame(A, C, [40000, 80]), "POLICY_EGRESS", A.endpoint, { rules: [egress(1, 0)] }),
    ],
  },
  {
    name: "two endpoints share a policy set",
    rows: world({
      b: { ...closed(16), policy: 7 },
      c: { ...closed(16), policy: 7 },
      policies: [lets(1, { policy: 7, identity: identityOf(A), port: 80, prefixLength: 16 })],
    }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), { rules: [egress(1, 0), ingress(7, 1)] }),
      passes(A, C, tcpFrame(A, C, [40000, 80]), { rules: [egress(1, 0), ingress(7, 1)] }),
      dropped(B, tcpFrame(B, C, [40000, 80]), "POLICY_INGRESS", C.endpoint),
    ],
  },
  {
    name: "each protocol has its entries",
    rows: world({
      b: closed(0, 16),
      policies: [
        lets(1, { protocol: "sctp", port: 9, prefixLength: 16 }),
        lets(2, { protocol: "other" }),
        lets(3, { protocol: "icmp", port: 0x0800, prefixLength: 16 }),
        lets(4, { protocol: "icmp6", port: 0x8000, prefixLength: 16 }),
      ],
    }),
    steps: [
      passes(A, B, sctpFrame(A, B, [1, 9])),
      dropped(A, sctpFrame(A, B, [1, 10]), "POLICY_INGRESS", B.endpoint),
      passes(A, B, packet(A, B, "ipv4", PROTOCOL.gre, filler(8))),
      // ICMP in the other family is nothing that policy knows by name.
      passes(A, B, packet(A, B, "ipv6", PROTOCOL.icmp, filler(8))),
      passes(A, B, echoFrame(A, B, "request", 1)),
      passes(A, B, echoFrame(A, B, "request", 1, "ipv6")),
      dropped(A, icmpFrame(A, B, 13, 0, filler(12), "ipv4"), "POLICY_INGRESS", B.endpoint),
      dropped(A, icmpFrame(A, B, 139, 0, filler(12), "ipv6"), "POLICY_INGRESS", B.endpoint),
      dropped(A, tcpFrame(A, B, [1, 9]), "POLICY_INGRESS", B.endpoint),
    ],
  },
  {
    name: "an ICMP message that asks nothing is decided each time",
    rows: world({ a: { ingressDeny: true } }),
    steps: [
      passes(A, B, icmpFrame(A, B, 13, 0, filler(12), "ipv4"), { rules: [egress(1, 0), ingress(2, 0)] }),
      passes(A, B, icmpFrame(A, B, 13, 0, filler(12), "ipv4"), { rules: [egress(1, 0), ingress(2, 0)] }),
      dropped(B, icmpFrame(B, A, 14, 0, filler(12), "ipv4"), "POLICY_INGRESS", A.endpoint),
    ],
  },
  {
    name: "an endpoint in audit passes its own denials and reports them",
    rows: world({ a: { mode: "audit", egressDeny: true }, b: { mode: "audit", ingressDeny: true } }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), {
        events: [
          reported({ reason: "POLICY_EGRESS", endpoint: 1, peer: 2, policy: 1, direction: "egress" }),
          reported({}),
        ],
        rules: [egress(1, 0), ingress(2, 0)],
      }),
      passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack), { events: [], rules: [] }),
    ],
  },
  {
    name: "audit on one side leaves the other in force",
    rows: world({ a: { mode: "audit", egressDeny: true }, b: { ingressDeny: true } }),
    steps: [
      dropped(A, tcpFrame(A, B, [40000, 80]), "POLICY_INGRESS", B.endpoint, {
        events: [reported({ reason: "POLICY_EGRESS", endpoint: 1, peer: 2, policy: 1, direction: "egress" })],
      }),
    ],
  },
  {
    name: "an entry in audit passes what it denies, the posture does not",
    rows: world({
      b: closed(16),
      policies: [lets(5, { verdict: "deny", audit: true, port: 80, prefixLength: 16 })],
    }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), { events: [reported({ rule: 5 })] }),
      dropped(A, tcpFrame(A, B, [40000, 81]), "POLICY_INGRESS", B.endpoint, { events: [] }),
    ],
  },
  {
    name: "an entry with log reports what it decides, once per connection",
    rows: world({
      b: closed(16),
      policies: [
        lets(1, { port: 80, prefixLength: 16, log: true }),
        lets(2, { port: 81, prefixLength: 16, log: true, verdict: "deny" }),
      ],
    }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), {
        events: [reported({ type: "log", reason: "NONE", rule: 1 })],
      }),
      passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack), { events: [] }),
      dropped(A, tcpFrame(A, B, [40000, 81]), "POLICY_INGRESS", B.endpoint, {
        events: [reported({ type: "log", reason: "POLICY_INGRESS", rule: 2 })],
      }),
    ],
  },
  {
    name: "an endpoint may speak to itself, if its policy lets it",
    rows: world({ b: { egressDeny: true } }),
    steps: [
      passes(A, A, udpFrame(A, A, [1, 2])),
      dropped(B, udpFrame(B, B, [1, 2]), "POLICY_EGRESS", B.endpoint),
    ],
  },
];

const change = (
  row: EndpointRow,
): { readonly apply: readonly [{ readonly verb: "upsert"; readonly row: EndpointRow }] } => ({
  apply: [{ verb: "upsert", row }],
});

/** Walk, step 6: connections under generations. */
export const generations: readonly PacketCase[] = [
  ...FAMILIES.flatMap((family): PacketCase[] => [
    {
      name: `${family}: a change of the responder's policy cuts both directions`,
      rows: world(),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family)),
        change(endpointRow(B, { generation: 11, ingressDeny: true })),
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        // B may open connections to A, but this is none.
        dropped(B, tcpFrame(B, A, [80, 40000], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        passes(B, A, tcpFrame(B, A, [80, 40001], TCP.syn, family)),
      ],
    },
    {
      name: `${family}: what was cut goes on when it is allowed again`,
      rows: world(),
      steps: [
        passes(A, B, udpFrame(A, B, [40000, 53], family)),
        change(endpointRow(B, { generation: 11, ingressDeny: true })),
        dropped(B, udpFrame(B, A, [53, 40000], family), "POLICY_INGRESS", B.endpoint),
        change(endpointRow(B, { generation: 12, egressDeny: true })),
        passes(B, A, udpFrame(B, A, [53, 40000], family)),
      ],
    },
    {
      name: `${family}: the responder's next packet finds out, too`,
      rows: world(),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
        change(endpointRow(B, { generation: 11, ingressDeny: true })),
        dropped(B, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        dropped(A, tcpFrame(A, B, [40000, 80], TCP.ack, family), "POLICY_INGRESS", B.endpoint),
      ],
    },
    {
      name: `${family}: one to oneself is decided again as it was opened, whichever end sends`,
      rows: world(),
      steps: [
        passes(B, B, tcpFrame(B, B, [40000, 80], TCP.syn, family)),
        change(
          endpointRow(B, { generation: 11, ingressDeny: true, ingressPrefixLengths: prefixLengths(16) }),
        ),
        dropped(B, tcpFrame(B, B, [80, 40000], TCP.syn | TCP.ack, family), "POLICY_INGRESS", B.endpoint),
        {
          apply: [{ verb: "upsert", row: lets(1, { identity: identityOf(B), port: 80, prefixLength: 16 }) }],
        },
        passes(B, B, tcpFrame(B, B, [80, 40000], TCP.syn | TCP.ack, family)),
      ],
    },
    {
      name: `${family}: a change of the initiator's policy cuts the connection`,
      rows: world(),
      steps: [
        passes(A, B, udpFrame(A, B, [40000, 53], family)),
        passes(B, A, udpFrame(B, A, [53, 40000], family)),
        change(endpointRow(A, { generation: 11, egressDeny: true })),
        dropped(B, udpFrame(B, A, [53, 40000], family), "POLICY_EGRESS", A.endpoint),
        dropped(A, udpFrame(A, B, [40000, 53], family), "POLICY_EGRESS", A.endpoint),
      ],
    },
    {
      name: `${family}: what is still allowed goes on, decided once for its initiator`,
      rows: world({ a: { ingressDeny: true } }),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
        change(
          endpointRow(B, {
            generation: 11,
            ingressDeny: true,
            ingressPrefixLengths: prefixLengths(16),
          }),
        ),
        {
          apply: [{ verb: "upsert", row: lets(1, { identity: identityOf(A), port: 80, prefixLength: 16 }) }],
        },
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family), {
          rules: [egress(1, 0), ingress(2, 1)],
        }),
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack, family), { rules: [] }),
      ],
    },
    {
      name: `${family}: an echo is decided again as the request it was`,
      rows: world(),
      steps: [
        passes(A, B, echoFrame(A, B, "request", 7, family)),
        change(endpointRow(B, { generation: 11, ingressDeny: true })),
        dropped(B, echoFrame(B, A, "reply", 7, family), "POLICY_INGRESS", B.endpoint),
        change(endpointRow(B, { generation: 12, ingressDeny: true, egressDeny: false })),
        dropped(A, echoFrame(A, B, "request", 7, family), "POLICY_INGRESS", B.endpoint),
      ],
    },
  ]),
  {
    name: "entries without a new generation change nothing that is remembered",
    rows: world({ b: closed(16), policies: [lets(1, { port: 80, prefixLength: 16 })] }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80])),
      { apply: [{ verb: "delete", row: lets(1, { port: 80, prefixLength: 16 }) }] },
      passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack)),
      dropped(A, tcpFrame(A, B, [40001, 80]), "POLICY_INGRESS", B.endpoint),
    ],
  },
  {
    name: "many changes of one endpoint in a row",
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [1, 2])),
      {
        apply: Array.from({ length: 20 }, (_, i) => ({
          verb: "upsert" as const,
          row: endpointRow(B, { generation: 20 + i, ingressDeny: i % 2 === 0 }),
        })),
      },
      passes(A, B, udpFrame(A, B, [1, 2])),
      change(endpointRow(B, { generation: 50, ingressDeny: true })),
      dropped(A, udpFrame(A, B, [1, 2]), "POLICY_INGRESS", B.endpoint),
    ],
  },
];

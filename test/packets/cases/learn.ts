import type { EndpointRow } from "../../../src/model/rows.ts";
import { filler } from "../build/bytes.ts";
import { TCP } from "../build/transport.ts";
import type { PacketCase, Reported } from "./case.ts";
import { dropped, icmpFrame, passes, tcpFrame, udpFrame } from "./frames.ts";
import {
  A,
  B,
  C,
  endpointRow,
  entry,
  outside,
  prefixLengths,
  WAY_A,
  world,
  worldWithOutside,
} from "./world.ts";

const learning: Partial<EndpointRow> = {
  mode: "learn",
  ingressDeny: true,
  ingressPrefixLengths: prefixLengths(16),
};
const opens80 = entry({
  policy: B.endpoint,
  direction: "ingress",
  verdict: "allow",
  rule: 4,
  port: 80,
  prefixLength: 16,
});

const reported = (fields: Partial<Reported>): Reported => ({
  type: "flow",
  reason: "NONE",
  endpoint: B.endpoint,
  peer: A.endpoint,
  policy: B.endpoint,
  rule: 0,
  direction: "ingress",
  ...fields,
});

/** An endpoint that learns passes its own denials, like one in audit, and says what it decided. */
export const learn: readonly PacketCase[] = [
  {
    name: "each new connection is reported with the rule that decided it, its packets are not",
    rows: world({ b: learning, policies: [opens80] }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 80]), { events: [reported({ rule: 4 })] }),
      passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack), { events: [] }),
      passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack), { events: [] }),
      passes(A, B, tcpFrame(A, B, [40001, 80]), { events: [reported({ rule: 4 })] }),
    ],
  },
  {
    name: "what would be dropped passes, and is reported for both",
    rows: world({ b: learning, policies: [opens80] }),
    steps: [
      passes(A, B, tcpFrame(A, B, [40000, 81]), {
        events: [
          reported({ reason: "POLICY_INGRESS" }),
          reported({ type: "audit", reason: "POLICY_INGRESS" }),
        ],
      }),
      passes(B, A, tcpFrame(B, A, [81, 40000], TCP.syn | TCP.ack), { events: [] }),
    ],
  },
  {
    name: "what it opens itself is reported, too, for its own side alone",
    rows: world({ b: learning, c: { ingressDeny: true } }),
    steps: [
      passes(B, A, udpFrame(B, A, [1, 53]), { events: [reported({ direction: "egress" })] }),
      passes(A, B, udpFrame(A, B, [53, 1]), { events: [] }),
      dropped(B, udpFrame(B, C, [1, 53]), "POLICY_INGRESS", C.endpoint, {
        events: [reported({ direction: "egress", peer: C.endpoint })],
      }),
    ],
  },
  {
    name: "a connection that is decided again is not new",
    rows: world({ b: learning }),
    steps: [
      passes(A, B, udpFrame(A, B, [1, 2]), {
        events: [
          reported({ reason: "POLICY_INGRESS" }),
          reported({ type: "audit", reason: "POLICY_INGRESS" }),
        ],
      }),
      { apply: [{ verb: "upsert", row: endpointRow(B, { ...learning, generation: 11 }) }] },
      passes(A, B, udpFrame(A, B, [1, 2]), {
        events: [reported({ type: "audit", reason: "POLICY_INGRESS" })],
      }),
    ],
  },
  {
    name: "a message that stands alone is reported each time",
    rows: world({ b: { mode: "learn" } }),
    steps: Array.from({ length: 2 }, () =>
      passes(A, B, icmpFrame(A, B, 13, 0, filler(12), "ipv4"), { events: [reported({})] }),
    ),
  },
];

const O = outside(40);

/** The same through a gateway: the peer is nobody here. */
export const gatewayLearn: readonly PacketCase[] = [
  {
    name: "what goes out and what comes in is reported, once each",
    rows: worldWithOutside({ a: { mode: "learn", egressDeny: true } }),
    steps: [
      passes(WAY_A, O, tcpFrame(WAY_A, O, [1, 443]), {
        events: ["flow" as const, "audit" as const].map((type) =>
          reported({
            type,
            reason: "POLICY_EGRESS",
            endpoint: A.endpoint,
            peer: 0,
            policy: A.endpoint,
            direction: "egress",
          }),
        ),
      }),
      passes(O, WAY_A, tcpFrame(O, WAY_A, [443, 1], TCP.syn | TCP.ack), { events: [] }),
      passes(O, WAY_A, tcpFrame(O, WAY_A, [1, 80]), {
        events: [reported({ endpoint: A.endpoint, peer: 0, policy: A.endpoint })],
      }),
    ],
  },
];

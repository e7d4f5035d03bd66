import { macToBytes } from "../../../src/model/mac.ts";
import { filler, patch } from "../build/bytes.ts";
import { PROTOCOL } from "../build/ip.ts";
import { TCP } from "../build/transport.ts";
import type { PacketCase } from "./case.ts";
import { dropped, echoFrame, FAMILIES, packet, passes, sctpFrame, tcpFrame, udpFrame } from "./frames.ts";
import { A, ABSENT, B, C, endpointRow, STRANGER, world } from "./world.ts";

/** Walk, steps 1, 8 and 10: port, destination, delivery. */
export const forward: readonly PacketCase[] = [
  ...FAMILIES.flatMap((family): PacketCase[] => [
    {
      name: `${family}: TCP there and back`,
      rows: world(),
      steps: [
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.syn, family)),
        passes(B, A, tcpFrame(B, A, [80, 40000], TCP.syn | TCP.ack, family)),
        passes(A, B, tcpFrame(A, B, [40000, 80], TCP.ack, family)),
      ],
    },
    {
      name: `${family}: UDP there and back`,
      rows: world(),
      steps: [
        passes(A, B, udpFrame(A, B, [5353, 53], family)),
        passes(B, A, udpFrame(B, A, [53, 5353], family)),
      ],
    },
    {
      name: `${family}: SCTP and a protocol without ports`,
      rows: world(),
      steps: [
        passes(A, B, sctpFrame(A, B, [9000, 9001], family)),
        passes(A, B, packet(A, B, family, PROTOCOL.gre, filler(24))),
        passes(B, A, packet(B, A, family, PROTOCOL.gre, filler(24))),
      ],
    },
    {
      name: `${family}: echo there and back`,
      rows: world(),
      steps: [
        passes(A, B, echoFrame(A, B, "request", 7, family)),
        passes(B, A, echoFrame(B, A, "reply", 7, family)),
      ],
    },
    {
      name: `${family}: nobody has the destination`,
      rows: world(),
      steps: [dropped(A, udpFrame(A, { ...B, ...ABSENT }, [1, 2], family), "NO_ROUTE")],
    },
    {
      name: `${family}: another network's endpoint is out of reach`,
      rows: world(),
      steps: [dropped(A, udpFrame(A, STRANGER, [1, 2], family), "NO_ROUTE")],
    },
    {
      name: `${family}: a stale MAC is replaced by the receiver's`,
      rows: world(),
      steps: [
        {
          send: udpFrame(A, { ...B, mac: C.mac }, [1, 2], family),
          port: A.port,
          delivered: [{ port: B.port, frame: udpFrame(A, B, [1, 2], family) }],
        },
      ],
    },
  ]),
  {
    name: "ipv6: between link-local addresses",
    rows: world(),
    steps: [
      passes(A, B, udpFrame({ ...A, ipv6: A.linkLocal }, { ...B, ipv6: B.linkLocal }, [546, 546], "ipv6")),
    ],
  },
  {
    name: "a neighbour whose endpoint is not there is no route",
    rows: world().filter((row) => !(row.table === "endpoint" && row.endpoint === B.endpoint)),
    steps: [dropped(A, udpFrame(A, B, [1, 2]), "NO_ROUTE")],
  },
  {
    name: "a port that nobody has",
    rows: world(),
    steps: [{ send: udpFrame(A, B, [1, 2]), port: 5, drops: [{ endpoint: 0, reason: "NO_ENDPOINT" }] }],
  },
  {
    name: "a port whose endpoint is not there",
    rows: world().filter((row) => !(row.table === "endpoint" && row.endpoint === A.endpoint)),
    steps: [{ send: udpFrame(A, B, [1, 2]), port: A.port, drops: [{ endpoint: 0, reason: "NO_ENDPOINT" }] }],
  },
  {
    name: "a quarantined sender",
    rows: world({ a: { mode: "quarantine" } }),
    steps: [dropped(A, udpFrame(A, B, [1, 2]), "QUARANTINED")],
  },
  {
    name: "a quarantined receiver, before and after a connection",
    rows: world({ b: { mode: "quarantine" } }),
    steps: [
      dropped(A, udpFrame(A, B, [1, 2]), "QUARANTINED", B.endpoint),
      { apply: [{ verb: "upsert", row: endpointRow(B, { generation: 11 }) }] },
      passes(A, B, udpFrame(A, B, [1, 2])),
      { apply: [{ verb: "upsert", row: endpointRow(B, { generation: 12, mode: "quarantine" }) }] },
      dropped(A, udpFrame(A, B, [1, 2]), "QUARANTINED", B.endpoint),
    ],
  },
  {
    name: "an address that moved to another endpoint takes its packets along",
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [1, 2])),
      {
        apply: [
          { verb: "upsert", row: endpointRow(B, { generation: 11, ipv4: ABSENT.ipv4 }) },
          { verb: "upsert", row: endpointRow(C, { generation: 12, ipv4: B.ipv4 }) },
          {
            verb: "upsert",
            row: {
              table: "neighbour",
              network: 1,
              address: B.ipv4,
              endpoint: C.endpoint,
              identity: 0,
              vtep: 0,
              mac: C.mac,
            },
          },
        ],
      },
      {
        send: udpFrame(A, B, [1, 2]),
        port: A.port,
        delivered: [{ port: C.port, frame: patch(udpFrame(A, B, [1, 2]), 0, macToBytes(C.mac)) }],
      },
    ],
  },
  {
    name: "an endpoint that is deleted is gone for its connections",
    rows: world(),
    steps: [
      passes(A, B, udpFrame(A, B, [1, 2])),
      { apply: [{ verb: "delete", row: endpointRow(B) }] },
      dropped(A, udpFrame(A, B, [1, 2]), "NO_ROUTE"),
    ],
  },
];

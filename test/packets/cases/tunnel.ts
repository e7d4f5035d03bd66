import type { Ip } from "../../../src/model/ip.ts";
import { linkLocalOf } from "../../../src/model/link-local.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { Row } from "../../../src/model/rows.ts";
import { filler } from "../build/bytes.ts";
import { ETHERTYPE, ethernet, ipv4, PROTOCOL } from "../build/ip.ts";
import { arp, BROADCAST } from "../build/neighbour.ts";
import { TCP, udp } from "../build/transport.ts";
import { type OuterFields, type TunnelEnd, vxlan } from "../build/tunnel.ts";
import type { Drop, PacketCase, SendStep } from "./case.ts";
import { echoFrame, FAMILIES, packet, tcpFrame, udpFrame } from "./frames.ts";
import {
  A,
  B,
  entry,
  type Host,
  prefixLengths,
  UPLINK_MAC,
  UPLINK_PORT,
  type World,
  world,
} from "./world.ts";

const VNI = 0x0abcde;

const HERE: TunnelEnd = { mac: parseMac("02:42:c0:00:02:64"), ipv4: "192.0.2.100" as Ip };
/** Next hops' MACs are those of the wire's end, which takes what is for it. */
const THERE: TunnelEnd = { mac: UPLINK_MAC, ipv4: "192.0.2.1" as Ip };
const ELSEWHERE: TunnelEnd = { mac: UPLINK_MAC, ipv4: "192.0.2.2" as Ip };
const NOWHERE: TunnelEnd = { mac: UPLINK_MAC, ipv4: "192.0.2.3" as Ip };

function remote(number: number): Host {
  const mac = parseMac(`02:42:0a:01:01:0${number}`);
  return {
    endpoint: 0,
    port: UPLINK_PORT,
    mac,
    ipv4: `10.1.1.${number}` as Ip,
    ipv6: `fd00:1::1:${number}` as Ip,
    linkLocal: linkLocalOf(mac),
  };
}

/** Behind THERE and ELSEWHERE. */
const R = remote(1);
const S = remote(2);
const R_IDENTITY = 500;
const S_IDENTITY = 600;

/** A, B and C with a tunnel to R and S. */
function tunnelWorld(options: World = {}): readonly Row[] {
  const behind = (who: Host, vtep: number, identity: number): Row[] =>
    [who.ipv4, who.ipv6, who.linkLocal].map((address) => {
      return { table: "neighbour", network: 1, address, endpoint: 0, identity, vtep, mac: who.mac };
    });
  return [
    ...world(options).map((row) =>
      row.table === "network" && row.network === 1 ? { ...row, vni: VNI } : row,
    ),
    { table: "uplink", port: UPLINK_PORT, ipv4: HERE.ipv4, mac: HERE.mac, mtuBytes: 1550 },
    { table: "vtep", vtep: 1, ipv4: THERE.ipv4, mac: THERE.mac },
    { table: "vtep", vtep: 2, ipv4: ELSEWHERE.ipv4, mac: ELSEWHERE.mac },
    ...behind(R, 1, R_IDENTITY),
    ...behind(S, 2, S_IDENTITY),
  ];
}

const endOf = (who: Host): TunnelEnd => (who === S ? ELSEWHERE : THERE);

/** A local host sends to a remote one. */
function leaves(from: Host, to: Host, frame: Uint8Array): SendStep {
  const wrapped = vxlan(HERE, endOf(to), VNI, frame);
  return { send: frame, port: from.port, delivered: [{ port: UPLINK_PORT, frame: wrapped }] };
}

/** A remote host sends to a local one. */
function arrives(from: Host, to: Host, frame: Uint8Array): SendStep {
  const wrapped = vxlan(endOf(from), HERE, VNI, frame);
  return { send: wrapped, port: UPLINK_PORT, delivered: [{ port: to.port, frame }] };
}

interface FromWire extends OuterFields {
  readonly from?: TunnelEnd;
  readonly to?: TunnelEnd;
  readonly vni?: number;
}

/** What the wire brings and nobody gets. A frame that was in the tunnel is counted without it. */
function refused(frame: Uint8Array, drop: Drop, wire: FromWire = {}): SendStep {
  const { from = THERE, to = HERE, vni = VNI } = wire;
  const outer = drop.reason === "UNKNOWN_VTEP" || drop.reason === "UNKNOWN_VNI";
  const wrapped = vxlan(from, to, vni, frame, wire);
  return {
    send: wrapped,
    port: UPLINK_PORT,
    drops: [drop],
    countedBytes: outer ? wrapped.length : frame.length,
  };
}

const spoofed: Drop = { endpoint: 0, reason: "SPOOFED_TUNNEL_SOURCE" };

/** Walk, steps 8 and 9: tunnels. */
export const tunnels: readonly PacketCase[] = [
  ...FAMILIES.flatMap((family): PacketCase[] => [
    {
      name: `${family}: to a neighbour behind a VTEP and back`,
      rows: tunnelWorld(),
      steps: [
        leaves(A, R, udpFrame(A, R, [1000, 53], family)),
        arrives(R, A, udpFrame(R, A, [53, 1000], family)),
        leaves(A, R, udpFrame(A, R, [1000, 53], family)),
        arrives(R, A, udpFrame(R, A, [53, 1000], family)),
        leaves(A, R, udpFrame(A, R, [1000, 53], family)),
      ],
    },
    {
      name: `${family}: TCP, opened from behind a VTEP`,
      rows: tunnelWorld(),
      steps: [
        arrives(R, A, tcpFrame(R, A, [1000, 80], TCP.syn, family)),
        leaves(A, R, tcpFrame(A, R, [80, 1000], TCP.syn | TCP.ack, family)),
        arrives(R, A, tcpFrame(R, A, [1000, 80], TCP.ack, family)),
        leaves(A, R, tcpFrame(A, R, [80, 1000], TCP.ack, family)),
        arrives(R, A, tcpFrame(R, A, [1000, 80], TCP.ack | TCP.fin, family)),
      ],
    },
    {
      name: `${family}: echo`,
      rows: tunnelWorld(),
      steps: [
        leaves(A, R, echoFrame(A, R, "request", 7, family)),
        arrives(R, A, echoFrame(R, A, "reply", 7, family)),
      ],
    },
    {
      name: `${family}: replies need no rule`,
      rows: tunnelWorld({ a: { ingressDeny: true } }),
      steps: [
        refused(udpFrame(R, A, [53, 1000], family), { endpoint: A.endpoint, reason: "POLICY_INGRESS" }),
        leaves(A, R, udpFrame(A, R, [1000, 53], family)),
        arrives(R, A, udpFrame(R, A, [53, 1000], family)),
        arrives(R, A, udpFrame(R, A, [53, 1000], family)),
      ],
    },
    {
      name: `${family}: somebody of another VTEP, or with another's MAC, or one of ours`,
      rows: tunnelWorld(),
      steps: [
        refused(udpFrame(S, A, [1, 2], family), spoofed),
        refused(udpFrame({ ...R, mac: S.mac }, A, [1, 2], family), spoofed),
        refused(udpFrame(B, A, [1, 2], family), spoofed),
        refused(udpFrame(remote(9), A, [1, 2], family), spoofed),
        arrives(S, A, udpFrame(S, A, [1, 2], family)),
      ],
    },
  ]),
  {
    name: "the identity behind the VTEP is what ingress policy asks for",
    rows: tunnelWorld({
      a: { ingressDeny: true, ingressPrefixLengths: prefixLengths(16) },
      policies: [
        entry({
          policy: A.endpoint,
          direction: "ingress",
          verdict: "allow",
          rule: 1,
          identity: R_IDENTITY,
          port: 80,
          prefixLength: 16,
        }),
      ],
    }),
    steps: [
      arrives(R, A, tcpFrame(R, A, [1000, 80])),
      refused(tcpFrame(R, A, [1000, 81]), { endpoint: A.endpoint, reason: "POLICY_INGRESS" }),
      refused(
        tcpFrame(S, A, [1000, 80]),
        { endpoint: A.endpoint, reason: "POLICY_INGRESS" },
        { from: ELSEWHERE },
      ),
    ],
  },
  {
    name: "and egress policy",
    rows: tunnelWorld({
      a: { egressDeny: true, egressPrefixLengths: prefixLengths(16) },
      policies: [
        entry({
          policy: A.endpoint,
          direction: "egress",
          verdict: "allow",
          rule: 1,
          identity: S_IDENTITY,
          port: 80,
          prefixLength: 16,
        }),
      ],
    }),
    steps: [
      leaves(A, S, tcpFrame(A, S, [1000, 80])),
      {
        send: tcpFrame(A, R, [1000, 80]),
        port: A.port,
        drops: [{ endpoint: A.endpoint, reason: "POLICY_EGRESS" }],
      },
    ],
  },
  {
    name: "an identity that changes is asked for again",
    rows: tunnelWorld({
      a: { egressDeny: true, egressPrefixLengths: prefixLengths(16) },
      policies: [
        entry({
          policy: A.endpoint,
          direction: "egress",
          verdict: "allow",
          rule: 1,
          identity: R_IDENTITY,
          protocol: "udp",
          port: 53,
          prefixLength: 16,
        }),
      ],
    }),
    steps: [
      leaves(A, R, udpFrame(A, R, [1000, 53])),
      arrives(R, A, udpFrame(R, A, [53, 1000])),
      leaves(A, R, udpFrame(A, R, [1000, 53])),
      {
        apply: [
          {
            verb: "upsert",
            row: {
              table: "neighbour",
              network: 1,
              address: R.ipv4,
              endpoint: 0,
              identity: S_IDENTITY,
              vtep: 1,
              mac: R.mac,
            },
          },
        ],
      },
      {
        send: udpFrame(A, R, [1000, 53]),
        port: A.port,
        drops: [{ endpoint: A.endpoint, reason: "POLICY_EGRESS" }],
      },
    ],
  },
  {
    name: "a sender that is no VTEP of ours",
    rows: tunnelWorld(),
    steps: [refused(udpFrame(R, A, [1, 2]), { endpoint: 0, reason: "UNKNOWN_VTEP" }, { from: NOWHERE })],
  },
  {
    name: "a VNI that is no network of ours",
    rows: tunnelWorld(),
    steps: [refused(udpFrame(R, A, [1, 2]), { endpoint: 0, reason: "UNKNOWN_VNI" }, { vni: VNI + 1 })],
  },
  {
    name: "what is no tunnel packet is the host's",
    rows: tunnelWorld(),
    steps: [
      { send: vxlan(THERE, HERE, VNI, udpFrame(R, A, [1, 2]), { port: 4790 }), port: UPLINK_PORT },
      {
        send: vxlan(THERE, { ...HERE, ipv4: "192.0.2.101" as Ip }, VNI, udpFrame(R, A, [1, 2])),
        port: UPLINK_PORT,
      },
      {
        send: ethernet(
          THERE.mac,
          HERE.mac,
          ETHERTYPE.ipv4,
          ipv4(THERE.ipv4, HERE.ipv4, PROTOCOL.udp, udp(THERE.ipv4, HERE.ipv4, [1, 2], filler(20))),
        ),
        port: UPLINK_PORT,
      },
    ],
  },
  {
    name: "somebody who is not here",
    rows: tunnelWorld(),
    steps: [
      refused(udpFrame(R, { ...A, ipv4: "10.1.0.99" as Ip }, [1, 2]), { endpoint: 0, reason: "NO_ROUTE" }),
      refused(udpFrame(R, S, [1, 2]), { endpoint: 0, reason: "NO_ROUTE" }),
    ],
  },
  {
    name: "groups and neighbours stay on their side",
    rows: tunnelWorld(),
    steps: [
      refused(udpFrame(R, { ...A, mac: BROADCAST }, [1, 2]), { endpoint: 0, reason: "MULTICAST_OFF" }),
      refused(
        arp(R.mac, BROADCAST, {
          operation: "request",
          senderMac: R.mac,
          senderIp: R.ipv4,
          targetIp: A.ipv4,
        }),
        { endpoint: 0, reason: "NEIGHBOUR_CONSUMED" },
      ),
    ],
  },
  {
    name: "the VNI of a network that has no tunnel any more",
    rows: tunnelWorld(),
    steps: [
      arrives(R, A, udpFrame(R, A, [1, 2])),
      {
        apply: [
          {
            verb: "upsert",
            row: { table: "network", network: 1, multicast: false, mtuBytes: 1500, members: 0, vni: 0 },
          },
        ],
      },
      refused(udpFrame(R, A, [1, 2]), { endpoint: 0, reason: "UNKNOWN_VNI" }),
    ],
  },
  {
    name: "another protocol goes, too",
    rows: tunnelWorld(),
    steps: [leaves(A, R, packet(A, R, "ipv4", PROTOCOL.gre, filler(24)))],
  },
];

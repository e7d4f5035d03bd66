import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/platform/dataplane/dataplane.ts";
import { TCP } from "./build/transport.ts";
import { FAMILIES, type Family, tcpFrame, udpFrame } from "./cases/frames.ts";
import { A, B, endpointRow, entry, type Host, identityOf, prefixLengths, world } from "./cases/world.ts";
import type { FlowFrame, FlowOutcome, FlowStep } from "./lab/flow.ts";
import { Lab } from "./lab/lab.ts";

/** What is established is carried by the NIC alone, and a change of policy loses nothing of it. */

const EACH_WAY = 200;
const RATE = 1_000;
const PORTS = [40_000, 443] as const;
const BACK = [443, 40_000] as const;

/** A may open connections to B's port 443; nobody else may do anything. */
const POLICY = [
  entry({
    policy: 2,
    direction: "ingress",
    verdict: "allow",
    rule: 1,
    identity: identityOf(A),
    port: 443,
    prefixLength: 16,
  }),
  entry({
    policy: 2,
    direction: "ingress",
    verdict: "allow",
    rule: 2,
    identity: identityOf(A),
    port: 443,
    prefixLength: 16,
    protocol: "udp",
  }),
];
const DENYING = { ingressDeny: true, egressDeny: true, ingressPrefixLengths: prefixLengths(16) };
const ROWS = world({ a: { ingressDeny: true }, b: DENYING, policies: POLICY });

function newGenerations(nth: number): readonly Operation[] {
  return [
    { verb: "upsert", row: endpointRow(A, { ingressDeny: true, generation: 100 + 2 * nth }) },
    { verb: "upsert", row: endpointRow(B, { ...DENYING, generation: 101 + 2 * nth }) },
  ];
}

const sent = (from: Host, to: Host, frame: Uint8Array): FlowFrame => ({
  frame,
  port: from.port,
  to: to.port,
});

interface Connection {
  readonly name: string;
  readonly opening: readonly FlowFrame[];
  readonly data: readonly FlowFrame[];
}

function connections(family: Family): readonly Connection[] {
  const tcp = (from: Host, to: Host, flags: number) =>
    sent(from, to, tcpFrame(from, to, from === A ? PORTS : BACK, flags, family));
  const udp = (from: Host, to: Host) => sent(from, to, udpFrame(from, to, from === A ? PORTS : BACK, family));
  return [
    {
      name: `TCP, ${family}`,
      // A SYN is always for software: each direction is established with the packet after its own.
      opening: [tcp(A, B, TCP.syn), tcp(B, A, TCP.syn | TCP.ack), tcp(A, B, TCP.ack), tcp(B, A, TCP.ack)],
      data: [tcp(A, B, TCP.psh | TCP.ack), tcp(B, A, TCP.psh | TCP.ack)],
    },
    { name: `UDP, ${family}`, opening: [udp(A, B), udp(B, A)], data: [udp(A, B), udp(B, A)] },
  ];
}

describe.each(FAMILIES.flatMap(connections))("on a NIC, $name", ({ opening, data }) => {
  const open: FlowStep = { frames: opening, packets: opening.length };
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open("doca");
  });

  afterAll(async () => {
    await lab.close();
  });

  const flow = (...steps: readonly FlowStep[]): Promise<readonly FlowOutcome[]> =>
    lab.flow({ rows: ROWS, steps });

  it("reaches software until it is established, and not once after that", async () => {
    const packets = 2 * EACH_WAY;
    const [first, then] = await flow(open, { frames: data, packets, packetsPerSecond: RATE });
    expect(first).toMatchObject({ received: opening.length, others: 0 });
    expect(first?.nic).toMatchObject({ connectionsAdded: 2, connectionsRefused: 0, lost: 0 });
    expect(then).toEqual({
      ...{ sent: packets, received: packets, others: 0 },
      nic: { carried: packets, punted: 0, lost: 0, connectionsAdded: 0, connectionsRefused: 0 },
    });
  });

  it("stays with software where an end wants it to, and goes to the NIC when it no longer does", async () => {
    const packets = 20;
    const kept = endpointRow(B, { ...DENYING, software: true, generation: 100 });
    const freed = endpointRow(B, { ...DENYING, generation: 101 });
    const [, first, then] = await lab.flow({
      rows: ROWS.map((row) => (row.table === "endpoint" && row.endpoint === B.endpoint ? kept : row)),
      steps: [
        open,
        { frames: data, packets },
        { apply: [{ verb: "upsert", row: freed }] },
        { frames: data, packets },
      ],
    });
    expect(first).toEqual({
      ...{ sent: packets, received: packets, others: 0 },
      nic: { carried: 0, punted: packets, lost: 0, connectionsAdded: 0, connectionsRefused: 0 },
    });
    expect(then).toEqual({
      ...{ sent: packets, received: packets, others: 0 },
      nic: { carried: packets - 2, punted: 2, lost: 0, connectionsAdded: 2, connectionsRefused: 0 },
    });
  });

  it("is decided again under a new generation: the next packet of each direction, and no other", async () => {
    const packets = 20;
    const steps = [1, 2, 3].flatMap((nth): FlowStep[] => [
      { apply: newGenerations(nth) },
      { frames: data, packets },
    ]);
    const [, ...outcomes] = await flow(open, ...steps);
    expect(outcomes).toHaveLength(3);
    for (const outcome of outcomes) {
      expect(outcome).toEqual({
        ...{ sent: packets, received: packets, others: 0 },
        nic: { carried: packets - 2, punted: 2, lost: 0, connectionsAdded: 2, connectionsRefused: 0 },
      });
    }
  });

  it("loses nothing while the policy changes under it", async () => {
    const packets = 3 * RATE;
    const changes = Array.from({ length: 20 }, (_, nth) => newGenerations(nth));
    const [, outcome] = await flow(open, { frames: data, packets, packetsPerSecond: RATE, changes });
    expect(outcome).toMatchObject({ sent: packets, received: packets, others: 0 });
    expect(outcome?.nic).toMatchObject({ lost: 0, connectionsRefused: 0 });
    // At least the next of each direction; those that come while the change is made, too.
    expect(outcome?.nic?.punted).toBeGreaterThanOrEqual(2 * changes.length);
    expect(outcome?.nic?.punted).toBeLessThan(packets / 2);
  });
});

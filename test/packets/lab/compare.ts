import { hex } from "../build/bytes.ts";
import { withoutEntropy } from "../build/tunnel.ts";
import type { PacketCase, SendStep } from "../cases/case.ts";
import { PORTS, UPLINK_PORT, WAY_A, WAY_B } from "../cases/world.ts";
import type { Backend, Outcome, Traffic } from "./protocol.ts";

/** What a step must have done, in the same terms as what it did. */
export interface Comparable {
  readonly out: readonly string[];
  readonly drops: readonly string[];
  readonly traffic: readonly string[];
  readonly events?: readonly string[] | undefined;
  readonly rules?: readonly string[] | undefined;
}

export function sendSteps(packetCase: PacketCase): readonly SendStep[] {
  return packetCase.steps.filter((step): step is SendStep => "send" in step);
}

const line = (...fields: readonly (string | number)[]): string => fields.join(" ");

/** Whose traffic a port's is: endpoint n has port n; those of the gateways are governed. */
function endpointOf(port: number): number {
  return [WAY_A, WAY_B].find((way) => way.port === port)?.endpoint ?? port;
}

/** Copies of a group's packet count as sent, each; tunnel headers do not. */
function expectedTraffic(step: SendStep): readonly Traffic[] {
  const length = step.send.length;
  if (step.traffic !== undefined) {
    return step.traffic.map(({ endpoint, sent = 0, received = 0 }) => ({
      endpoint,
      sentPackets: sent,
      sentBytes: sent * length,
      receivedPackets: received,
      receivedBytes: received * length,
    }));
  }
  const none = { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0 };
  const rows = Array.from({ length: PORTS }, (_, i) => ({ endpoint: i + 1, ...none }));
  for (const { port, frame } of step.delivered ?? []) {
    const bytes = Math.min(length, frame.length);
    const sender = rows[endpointOf(step.port) - 1];
    const receiver = rows[endpointOf(port) - 1];
    if (sender !== undefined) {
      sender.sentPackets += 1;
      sender.sentBytes += bytes;
    }
    if (receiver !== undefined) {
      receiver.receivedPackets += 1;
      receiver.receivedBytes += bytes;
    }
  }
  return rows.filter(({ sentPackets, receivedPackets }) => sentPackets + receivedPackets > 0);
}

function trafficLine(row: Traffic): string {
  return line(row.endpoint, row.sentPackets, row.sentBytes, row.receivedPackets, row.receivedBytes);
}

/** What is compared of a frame. On the wire, the source port of a tunnel is a hash of whoever sent it. */
function image(port: number, frame: Uint8Array): string {
  return hex(port === UPLINK_PORT ? withoutEntropy(frame) : frame);
}

/** What a stack takes an emission for: a packet for it, or one for a group. */
function packetType(frame: Uint8Array): string {
  if (((frame[0] ?? 0) & 1) === 0) return "host";
  return frame.subarray(0, 6).every((byte) => byte === 0xff) ? "broadcast" : "multicast";
}

export function expected(step: SendStep): Comparable {
  const emissions = [...(step.delivered ?? [])];
  if (step.answered) emissions.push({ port: step.port, frame: step.answered });
  return {
    out: emissions.map(({ port, frame }) => line(port, packetType(frame), image(port, frame))).sort(),
    drops: (step.drops ?? [])
      .map((drop) => line(drop.endpoint, drop.reason, 1, step.countedBytes ?? step.send.length))
      .sort(),
    traffic: expectedTraffic(step).map(trafficLine).sort(),
    events: step.events?.map((event) =>
      line(event.type, event.reason, event.endpoint, event.peer, event.policy, event.rule, event.direction),
    ),
    rules: step.rules?.map(({ policy, rule, direction }) => line(policy, rule, direction, 1)).sort(),
  };
}

/** The same of what was seen; of what the step does not speak of, nothing. */
export function seen(step: SendStep, outcome: Outcome): Comparable {
  return {
    out: outcome.received.map(({ port, type, frame }) => line(port, type, image(port, frame))).sort(),
    drops: outcome.drops.map((drop) => line(drop.endpoint, drop.reason, drop.packets, drop.bytes)).sort(),
    traffic: outcome.traffic.map(trafficLine).sort(),
    events:
      step.events &&
      outcome.events
        .filter(({ type }) => type !== "drop")
        .map((event) =>
          line(
            event.type,
            event.reason,
            event.endpoint,
            event.peer,
            event.policy,
            event.rule,
            event.direction,
          ),
        ),
    rules:
      step.rules &&
      outcome.rules
        .map(({ policy, rule, direction, packets }) => line(policy, rule, direction, packets))
        .sort(),
  };
}

/** What the NIC drops by itself it counts, and tells nobody of one by one. */
const UNREPORTED: Readonly<Record<Backend, readonly string[]>> = {
  ebpf: [],
  doca: ["RATE_EGRESS", "RATE_INGRESS"],
};

/** The drops of a step that a backend reports. */
export function reportable(backend: Backend, step: SendStep): readonly string[] {
  const drops = (step.drops ?? []).filter(({ reason }) => !UNREPORTED[backend].includes(reason));
  return expected({ ...step, drops }).drops;
}

/** Every drop is reported once: as a drop, or as the log line of the rule that denied it. */
export function reportedDrops(outcome: Outcome): readonly string[] {
  return outcome.events
    .filter(({ type, reason }) => (type === "drop" || type === "log") && reason !== "NONE")
    .map(({ endpoint, reason, bytes }) => line(endpoint, reason, 1, bytes))
    .sort();
}

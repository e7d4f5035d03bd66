import type { DropReason } from "../../../src/model/drop-reason.ts";
import type { EndpointRow, PolicyRow, PortKind, Protocol, Row } from "../../../src/model/rows.ts";
import type { Drop } from "../cases/case.ts";

/** A packet as its sender meant it: what the frame says, without bytes. */
export interface Packet {
  readonly port: number;
  readonly sourceMac: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  /** UDP, TCP, SCTP; 0 for others. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** TCP: what the flags say. */
  readonly tcp?: "syn" | "syn-ack" | "ack" | "fin" | "rst";
  /** ICMP and ICMPv6. */
  readonly icmp?: {
    readonly type: number;
    readonly code: number;
    readonly echo?: "request" | "reply";
    readonly id: number;
  };
}

/** Who gets it, or why nobody does. */
export type Verdict = { readonly receiver: number } | Drop;

interface Connection {
  readonly key: string;
  readonly initiator: EndpointRow;
  readonly responder: EndpointRow;
  /** What policy matched when it was opened. */
  readonly service: number;
}

/**
 * What a data plane must do with a packet, from the words of the contract and as simple as can be:
 * every lookup walks all rows, and nothing expires. Unicast IP only.
 */
export class Interpreter {
  readonly #rows = new Map<string, Row>();
  readonly #connections = new Map<string, Connection>();

  apply(verb: "upsert" | "delete", row: Row): void {
    if (verb === "upsert") this.#rows.set(rowKey(row), row);
    else this.#rows.delete(rowKey(row));
  }

  send(packet: Packet): Verdict {
    const sender = this.#senderOf(packet.port);
    if (sender === undefined) return { endpoint: 0, reason: "NO_ENDPOINT" };
    const drop = (reason: DropReason, endpoint = sender.endpoint): Drop => ({ endpoint, reason });
    if (sender.mode === "quarantine") return drop("QUARANTINED");
    if (packet.sourceMac !== sender.mac) return drop("SPOOFED_MAC");
    const v6 = packet.source.includes(":");
    if (packet.source !== (v6 ? sender.ipv6 : sender.ipv4)) return drop(v6 ? "SPOOFED_IPV6" : "SPOOFED_IPV4");
    const receiver = this.#receiverOf(sender.network, packet.destination);
    if (receiver === undefined) return drop("NO_ROUTE");
    if (receiver.mode === "quarantine") return drop("QUARANTINED", receiver.endpoint);
    return this.#connect(packet, sender, receiver);
  }

  #connect(packet: Packet, sender: EndpointRow, receiver: EndpointRow): Verdict {
    const key = connectionKey(packet, sender.network);
    const known = this.#connections.get(key);
    const about = known !== undefined && sides(known, sender, receiver);
    if (known === undefined || !about || !follows(packet, known.initiator.endpoint === sender.endpoint)) {
      return this.#open(packet, key, sender, receiver);
    }
    const initiator = known.initiator.endpoint === sender.endpoint ? sender : receiver;
    const responder = initiator === sender ? receiver : sender;
    const current =
      initiator.generation === known.initiator.generation &&
      responder.generation === known.responder.generation;
    if (!current) {
      const denied = this.#denied(packet.protocol, known.service, initiator, responder);
      if (denied !== undefined) return denied;
      this.#connections.set(key, { ...known, initiator, responder });
    }
    return { receiver: receiver.endpoint };
  }

  #open(packet: Packet, key: string, sender: EndpointRow, receiver: EndpointRow): Verdict {
    const service = serviceOf(packet);
    const denied = this.#denied(packet.protocol, service, sender, receiver);
    if (denied !== undefined) return denied;
    if (opens(packet)) this.#connections.set(key, { key, initiator: sender, responder: receiver, service });
    return { receiver: receiver.endpoint };
  }

  /** The first side that denies, none when both allow. */
  #denied(protocol: Protocol, service: number, from: EndpointRow, to: EndpointRow): Drop | undefined {
    if (!this.allows(from, "egress", to.identity, protocol, service)) {
      return { endpoint: from.endpoint, reason: "POLICY_EGRESS" };
    }
    if (!this.allows(to, "ingress", from.identity, protocol, service)) {
      return { endpoint: to.endpoint, reason: "POLICY_INGRESS" };
    }
    return undefined;
  }

  /** Whether an endpoint's own side allows it, counting what only audits. */
  allows(
    endpoint: EndpointRow,
    direction: "egress" | "ingress",
    identity: number,
    protocol: Protocol,
    service: number,
  ): boolean {
    if (endpoint.mode === "audit" || endpoint.mode === "learn") return true;
    const entries = this.all("policy").filter(
      (row) =>
        row.policy === endpoint.policy &&
        row.direction === direction &&
        row.protocol === protocol &&
        covers(row, service),
    );
    const decides =
      entries.find((row) => row.identity === identity) ?? entries.find((row) => row.identity === 0);
    if (decides !== undefined) return decides.verdict === "allow" || decides.audit;
    return !(direction === "egress" ? endpoint.egressDeny : endpoint.ingressDeny);
  }

  #senderOf(port: number): EndpointRow | undefined {
    return this.endpointOf(port, "vf");
  }

  /** Who sends through a port, or governs it. */
  endpointOf(port: number, kind: PortKind): EndpointRow | undefined {
    const owner = this.all("port").find((row) => row.port === port && row.kind === kind);
    return this.all("endpoint").find((row) => row.endpoint === owner?.endpoint);
  }

  #receiverOf(network: number, address: string): EndpointRow | undefined {
    const neighbour = this.all("neighbour").find((row) => row.network === network && row.address === address);
    const row = this.all("endpoint").find(({ endpoint }) => endpoint === neighbour?.endpoint);
    return row?.network === network ? row : undefined;
  }

  all<Table extends Row["table"]>(table: Table): readonly Extract<Row, { table: Table }>[] {
    return [...this.#rows.values()].filter(
      (row): row is Extract<Row, { table: Table }> => row.table === table,
    );
  }
}

function rowKey(row: Row): string {
  switch (row.table) {
    case "port":
      return `port ${row.port}`;
    case "network":
      return `network ${row.network}`;
    case "endpoint":
      return `endpoint ${row.endpoint}`;
    case "neighbour":
      return `neighbour ${row.network} ${row.address}`;
    case "member":
      return `member ${row.network} ${row.slot}`;
    case "policy": {
      const { policy, direction, identity, protocol, port, prefixLength } = row;
      return `policy ${policy} ${direction} ${identity} ${protocol} ${port}/${prefixLength}`;
    }
    case "vtep":
      return `vtep ${row.vtep}`;
    case "uplink":
      return `uplink ${row.port}`;
    case "prefix":
      return `prefix ${row.prefix}`;
  }
}

function covers({ port, prefixLength }: PolicyRow, service: number): boolean {
  const rest = 2 ** (16 - prefixLength);
  return Math.floor(port / rest) === Math.floor(service / rest);
}

export function serviceOf(packet: Packet): number {
  return packet.icmp ? packet.icmp.type * 256 + packet.icmp.code : packet.destinationPort;
}

/** Equal for both directions. An echo's identifier stands on the side that asks. */
export function connectionKey(packet: Packet, network: number): string {
  const id = packet.icmp?.id ?? 0;
  const ports = packet.icmp
    ? [packet.icmp.echo === "request" ? id : 0, packet.icmp.echo === "reply" ? id : 0]
    : [packet.sourcePort, packet.destinationPort];
  const ends = [`${packet.source} ${ports[0]}`, `${packet.destination} ${ports[1]}`].toSorted();
  return `${network} ${packet.protocol} ${ends.join(" ")}`;
}

function sides({ initiator, responder }: Connection, a: EndpointRow, b: EndpointRow): boolean {
  const ends = [initiator.endpoint, responder.endpoint].toSorted().join();
  return ends === [a.endpoint, b.endpoint].toSorted().join();
}

/** Whether the packet may ride on a connection, as far as its kind goes. `asked`: its sender opened it. */
export function follows(packet: Packet, asked: boolean): boolean {
  if (packet.tcp === "syn") return false;
  return packet.icmp === undefined || packet.icmp.echo === (asked ? "request" : "reply");
}

/** Whether it is remembered when it is the first of a connection. */
export function opens(packet: Packet): boolean {
  return packet.tcp !== "rst" && (packet.icmp === undefined || packet.icmp.echo === "request");
}

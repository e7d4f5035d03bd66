import type { Ip } from "../../../src/model/ip.ts";
import { prefixBits, prefixContains } from "../../../src/model/prefix.ts";
import type { EndpointRow } from "../../../src/model/rows.ts";
import { connectionKey, follows, type Interpreter, opens, type Packet, serviceOf } from "./interpreter.ts";

type Direction = "egress" | "ingress";

/** Who governs the port, and whether the packet goes on; what counts it if not. */
export interface Passage {
  readonly governor: number;
  readonly reason?: "NO_ENDPOINT" | "QUARANTINED" | "POLICY_EGRESS" | "POLICY_INGRESS";
}

interface Connection {
  readonly opened: Direction;
  readonly governor: EndpointRow;
  readonly identity: number;
  /** What policy matched when it was opened. */
  readonly service: number;
}

/** What gateways must do, as simple as can be, on the rows that an {@link Interpreter} has. */
export class GatewayInterpreter {
  readonly #interpreter: Interpreter;
  readonly #connections = new Map<string, Connection>();

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  /** `direction`: from the container of the port, or to it. */
  send(packet: Packet, port: number, direction: Direction): Passage {
    const governor = this.#interpreter.endpointOf(port, "gateway");
    if (governor === undefined) return { governor: 0, reason: "NO_ENDPOINT" };
    if (governor.mode === "quarantine") return { governor: governor.endpoint, reason: "QUARANTINED" };
    const identity = this.#identityOf(direction === "egress" ? packet.destination : packet.source);
    const key = connectionKey(packet, port);
    const known = this.#connections.get(key);
    const rides = known !== undefined && follows(packet, known.opened === direction);
    const now: Connection = rides
      ? { ...known, governor, identity }
      : { opened: direction, governor, identity, service: serviceOf(packet) };
    const current =
      rides &&
      known.governor.endpoint === governor.endpoint &&
      known.governor.generation === governor.generation &&
      known.identity === identity;
    if (current) return { governor: governor.endpoint };
    if (!this.#interpreter.allows(governor, now.opened, identity, packet.protocol, now.service)) {
      const reason = now.opened === "egress" ? "POLICY_EGRESS" : "POLICY_INGRESS";
      return { governor: governor.endpoint, reason };
    }
    if (rides || opens(packet)) this.#connections.set(key, now);
    return { governor: governor.endpoint };
  }

  #identityOf(address: string): number {
    const around = this.#interpreter
      .all("prefix")
      .filter(({ prefix }) => prefixContains(prefix, address as Ip))
      .toSorted((a, b) => prefixBits(b.prefix) - prefixBits(a.prefix));
    return around[0]?.identity ?? 0;
  }
}

import { HyperionError, isHyperionError } from "../../../model/errors.ts";
import type {
  Capabilities,
  Dataplane,
  DropCounter,
  EndpointCounter,
  EventBatch,
  Failure,
  NicCounters,
  Operation,
  PortKind,
  Row,
  RuleCounter,
} from "../dataplane.ts";
import { copyOperations, isGateways, isShared } from "./copy.ts";
import { sumDropCounters, sumEndpointCounters, sumRuleCounters } from "./sums.ts";

/**
 * Two data planes as one: the fabric decides between containers, on a NIC say, and the gateway what passes
 * the gateway ports. They share endpoints and their policy; the fabric has them first, so that it knows
 * every generation that the gateway does.
 */
export class SplitDataplane implements Dataplane {
  readonly capabilities: Capabilities;
  readonly #fabric: Dataplane;
  readonly #gateway: Dataplane;

  /** @param gateway holds nothing that the fabric, where it is new, has not had: generations begin anew with it. */
  constructor(fabric: Dataplane, gateway: Dataplane) {
    this.#fabric = fabric;
    this.#gateway = gateway;
    const [a, b] = [fabric.capabilities, gateway.capabilities];
    this.capabilities = {
      backend: a.backend,
      networksMax: Math.min(a.networksMax, b.networksMax),
      endpointsMax: Math.min(a.endpointsMax, b.endpointsMax),
      policyEntriesMax: Math.min(a.policyEntriesMax, b.policyEntriesMax),
      connectionsMax: Math.min(a.connectionsMax, b.connectionsMax),
      adopted: a.adopted,
    };
  }

  async attach(port: number, kind: PortKind): Promise<void> {
    if (kind === "vf") {
      await this.#gateway.detach(port);
      await this.#fabric.attach(port, kind);
      return;
    }
    await this.#fabric.detach(port).catch((error) => {
      // A fabric that was lost has no ports any more.
      if (!isHyperionError(error, "E511")) throw error;
    });
    await this.#gateway.attach(port, kind);
  }

  /** The gateway first: it is there also when the fabric is lost. */
  async detach(port: number): Promise<void> {
    await this.#gateway.detach(port);
    await this.#fabric.detach(port);
  }

  /** Of the shared tables, the gateway gets what the fabric has taken. */
  async apply(operations: readonly Operation[]): Promise<readonly Failure[]> {
    const failures = await this.#fabric.apply(operations.filter(isForFabric));
    const refused = new Set(failures.map(({ operation }) => operation));
    const rest = operations.filter((operation) => isForGateway(operation) && !refused.has(operation));
    return [...failures, ...(await this.#gateway.apply(rest))];
  }

  /** Makes the gateway a copy of the fabric first, whatever the last process left them at. */
  async dump(): Promise<readonly Row[]> {
    const [rows, held] = await Promise.all([this.#fabric.dump(), this.#gateway.dump()]);
    const failures = await this.#gateway.apply(copyOperations(rows, held));
    const [failure] = failures;
    if (failure !== undefined) {
      const { operation, errno, reason = `errno ${errno}` } = failure;
      const what = `to copy a row of table ${operation.row.table} to the gateways`;
      throw new HyperionError("E501", { operation: what, reason });
    }
    return [...rows, ...held.filter(isGateways)];
  }

  async endpointCounters(): Promise<readonly EndpointCounter[]> {
    return sumEndpointCounters(await this.#both((one) => one.endpointCounters()));
  }

  async dropCounters(): Promise<readonly DropCounter[]> {
    return sumDropCounters(await this.#both((one) => one.dropCounters()));
  }

  async ruleCounters(): Promise<readonly RuleCounter[]> {
    return sumRuleCounters(await this.#both((one) => one.ruleCounters()));
  }

  nicCounters(): Promise<NicCounters | undefined> {
    return this.#fabric.nicCounters();
  }

  /** Neither, however much it has to tell, keeps the other from telling. */
  async events(max: number): Promise<EventBatch> {
    const first = await this.#fabric.events(Math.ceil(max / 2));
    const second = await this.#gateway.events(max - first.events.length);
    const room = max - first.events.length - second.events.length;
    const more = room > 0 ? await this.#fabric.events(room) : first;
    const events = [...first.events, ...second.events, ...(room > 0 ? more.events : [])];
    events.sort((a, b) => (a.timeNs < b.timeNs ? -1 : Number(a.timeNs > b.timeNs)));
    return { events, lost: more.lost + second.lost };
  }

  async connections(): Promise<number> {
    const [a, b] = await Promise.all([this.#fabric.connections(), this.#gateway.connections()]);
    return a + b;
  }

  async close(): Promise<void> {
    await Promise.all([this.#fabric.close(), this.#gateway.close()]);
  }

  async #both<T>(read: (dataplane: Dataplane) => Promise<readonly T[]>): Promise<readonly T[]> {
    return (await Promise.all([read(this.#fabric), read(this.#gateway)])).flat();
  }
}

/** Of a deletion only the key counts, which says nothing of a port's kind. */
function isForFabric({ verb, row }: Operation): boolean {
  return !isGateways(row) || (verb === "delete" && row.table === "port");
}

function isForGateway({ verb, row }: Operation): boolean {
  return isShared(row) || isGateways(row) || (verb === "delete" && row.table === "port");
}

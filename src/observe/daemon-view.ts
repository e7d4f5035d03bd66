import type { EndpointFacts, Facts } from "../model/facts.ts";
import type { Desired, EndpointView } from "../pipeline/index.ts";
import type { Dataplane, EndpointCounter } from "../platform/dataplane/dataplane.ts";
import { formatProblem } from "../policy/index.ts";
import type {
  AdminView,
  DropDocument,
  EndpointDocument,
  EventDocument,
  NetworkDocument,
  StatusDocument,
} from "./admin-view.ts";

/** Where the documents come from: each is asked when somebody looks. */
export interface ViewSources {
  readonly version: string;
  readonly startedAtMs: number;
  readonly facts: () => Facts;
  readonly desired: () => Desired;
  readonly dataplane: Dataplane;
  readonly docker: () => Promise<StatusDocument["docker"]>;
  readonly vfs: () => StatusDocument["vfs"];
  readonly reconciled: () => boolean;
  readonly reconcile: () => StatusDocument["reconcile"];
  readonly events: EventSource;
}

/** Events as they go by, and the latest of them. */
export interface EventSource {
  readonly lost: number;
  recent(): readonly EventDocument[];
  follow(listener: (event: EventDocument) => void): () => void;
}

/** What the admin API shows, put together from the parts of a running daemon. */
export class DaemonView implements AdminView {
  readonly #sources: ViewSources;

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  async status(): Promise<StatusDocument> {
    const { version, startedAtMs, dataplane, docker, vfs, reconciled, reconcile, events } = this.#sources;
    const { networks, endpoints } = this.#sources.facts();
    const views = [...this.#sources.desired().endpoints.values()];
    const { backend, adopted, connectionsMax } = dataplane.capabilities;
    const [connections, nic, dockerStatus] = await Promise.all([
      dataplane.connections(),
      dataplane.nicCounters(),
      docker(),
    ]);
    return {
      version,
      pid: process.pid,
      startedAtMs,
      dataplane: {
        backend,
        adopted,
        connections,
        connectionsMax,
        eventsLost: events.lost,
        nic: nic ?? null,
      },
      docker: dockerStatus,
      networks: networks.size,
      endpoints: endpoints.size,
      quarantined: views.filter(({ mode }) => mode === "quarantine").length,
      vfs: vfs(),
      reconciled: reconciled(),
      reconcile: reconcile(),
    };
  }

  async networks(): Promise<readonly NetworkDocument[]> {
    const { networks, endpoints } = this.#sources.facts();
    const population = new Map<string, number>();
    for (const { networkId } of endpoints.values()) {
      population.set(networkId, (population.get(networkId) ?? 0) + 1);
    }
    return [...networks.values()].map((network) => ({
      id: network.id,
      name: network.name ?? null,
      subnets: network.subnets.map(({ prefix, gateway }) => ({ prefix, gateway: gateway ?? null })),
      internal: network.internal,
      gateway: network.options.gateway,
      mtuBytes: network.options.mtuBytes,
      posture: network.options.posture ?? null,
      multicast: network.options.multicast,
      endpoints: population.get(network.id) ?? 0,
    }));
  }

  async endpoints(): Promise<readonly EndpointDocument[]> {
    const rows = await this.#sources.dataplane.endpointCounters();
    const counters = new Map(rows.map((counter) => [counter.endpoint, counter]));
    const { networks, endpoints } = this.#sources.facts();
    const views = this.#sources.desired().endpoints;
    return [...endpoints.values()].map((endpoint) => {
      const name = networks.get(endpoint.networkId)?.name ?? null;
      return endpointDocument(endpoint, name, views.get(endpoint.id), counters.get(endpoint.index));
    });
  }

  async drops(): Promise<readonly DropDocument[]> {
    const byIndex = new Map([...this.#sources.facts().endpoints.values()].map((each) => [each.index, each]));
    return (await this.#sources.dataplane.dropCounters()).map(({ endpoint, reason, packets, bytes }) => {
      const owner = byIndex.get(endpoint);
      return {
        endpointId: owner?.id ?? null,
        containerName: owner?.container?.name ?? null,
        reason,
        packets,
        bytes,
      };
    });
  }

  recentEvents(): readonly EventDocument[] {
    return this.#sources.events.recent();
  }

  follow(listener: (event: EventDocument) => void): () => void {
    return this.#sources.events.follow(listener);
  }
}

function endpointDocument(
  endpoint: EndpointFacts,
  networkName: string | null,
  view: EndpointView | undefined,
  counter: EndpointCounter | undefined,
): EndpointDocument {
  const { container } = endpoint;
  return {
    id: endpoint.id,
    networkId: endpoint.networkId,
    networkName,
    container: container === undefined ? null : { id: container.id, name: container.name },
    mode: view?.mode ?? "quarantine",
    problems: problemsOf(endpoint, view),
    mac: endpoint.mac,
    ipv4: endpoint.ipv4?.ip ?? null,
    ipv6: endpoint.ipv6?.ip ?? null,
    vf: endpoint.vf,
    representor: endpoint.representor,
    identity: view?.identity ?? null,
    sentPackets: counter?.sentPackets ?? 0,
    sentBytes: counter?.sentBytes ?? 0,
    receivedPackets: counter?.receivedPackets ?? 0,
    receivedBytes: counter?.receivedBytes ?? 0,
  };
}

function problemsOf(endpoint: EndpointFacts, view: EndpointView | undefined): readonly string[] {
  const who = endpoint.container?.name ?? endpoint.id.slice(0, 12);
  switch (view?.quarantine) {
    case undefined:
      return [];
    case "unattributed":
      return ["Docker has not said yet which container this is"];
    case "network-name":
      return ["a rule says `on NETWORK`, and Docker has not said yet what this network is called"];
    case "problems":
      return view?.problems.map((problem) => formatProblem(problem, who)) ?? [];
  }
}

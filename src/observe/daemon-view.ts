import type { Facts } from "../model/facts.ts";
import type { Desired } from "../pipeline/index.ts";
import type { Dataplane } from "../platform/dataplane/dataplane.ts";
import type {
  AdminView,
  DropDocument,
  EndpointDocument,
  EventDocument,
  FlowDocument,
  NetworkDocument,
  RuleDocument,
  StatusDocument,
  WhyDocument,
  WhyQuestion,
} from "./admin-view.ts";
import { endpointDocuments } from "./endpoint-document.ts";
import { endpointsCalled } from "./endpoint-search.ts";
import { ruleDocuments } from "./rule-documents.ts";
import { explainLive, type Programmed } from "./why/why.ts";

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
  /** The data plane's rows, read back from it, and what they should be. */
  readonly readBack: () => Promise<Pick<Programmed, "rows" | "desired" | "settled">>;
  readonly reconcile: () => StatusDocument["reconcile"];
  readonly events: EventSource;
  readonly flows: FlowSource;
}

/** What learning containers were seen to do. */
export interface FlowSource {
  readonly flows: readonly FlowDocument[];
  readonly forgotten: number;
  clear(): Promise<void>;
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
    const { networks, endpoints, policies } = this.#sources.facts();
    const { flows } = this.#sources;
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
      policies: policies.size,
      flows: { known: flows.flows.length, forgotten: flows.forgotten },
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
    const counters = await this.#sources.dataplane.endpointCounters();
    return endpointDocuments(this.#sources.facts(), this.#sources.desired(), counters);
  }

  async rules(of: string | undefined): Promise<readonly RuleDocument[]> {
    const counters = await this.#sources.dataplane.ruleCounters();
    const facts = this.#sources.facts();
    const desired = this.#sources.desired();
    const wanted = of === undefined ? [...facts.endpoints.values()] : endpointsCalled(of, facts, desired);
    return ruleDocuments(facts, desired, counters, wanted);
  }

  async why(question: WhyQuestion): Promise<WhyDocument> {
    const { dataplane, facts, readBack } = this.#sources;
    const programmed = await readBack();
    const counters = await dataplane.ruleCounters();
    return explainLive(question, { facts: facts(), ...programmed, counters });
  }

  flows(): readonly FlowDocument[] {
    return this.#sources.flows.flows;
  }

  clearFlows(): Promise<void> {
    return this.#sources.flows.clear();
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

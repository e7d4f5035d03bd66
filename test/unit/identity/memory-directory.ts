import type { DockerObservation, EndpointDirectory } from "../../../src/identity/directory.ts";
import type { ComposeNetwork, ContainerFacts, EndpointFacts } from "../../../src/model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { parseMac } from "../../../src/model/mac.ts";

/** Remembers what identity tells. */
export class MemoryDirectory implements EndpointDirectory {
  readonly endpoints = new Map<EndpointId, EndpointFacts>();
  readonly names = new Map<ContainerId, string>();
  readonly networkNames = new Map<NetworkId, string>();
  readonly composeNetworks = new Map<NetworkId, ComposeNetwork | undefined>();
  readonly removed: ContainerId[] = [];
  readonly observations: DockerObservation[] = [];
  readonly history: string[] = [];

  add(id: string, networkId = "n1" as NetworkId, createdAtMs = Date.now()): EndpointFacts {
    const endpoint: EndpointFacts = {
      id: id as EndpointId,
      networkId,
      index: this.endpoints.size + 1,
      mac: parseMac("02:00:00:00:00:01"),
      macGiven: false,
      ipv4: undefined,
      ipv6: undefined,
      vf: "hyv1",
      representor: "hyr1",
      port: 1,
      driverOptions: {},
      container: undefined,
      bootId: "boot",
      createdAtMs,
    };
    this.endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  *unattributed() {
    for (const each of this.endpoints.values()) if (each.container === undefined) yield each;
  }

  attribute(id: EndpointId, container: ContainerFacts): void {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) return;
    this.endpoints.set(id, { ...endpoint, container });
    this.history.push(`${id}=${container.id}`);
  }

  rename(id: ContainerId, name: string): void {
    this.names.set(id, name);
  }

  gone(id: ContainerId): void {
    this.removed.push(id);
  }

  named(id: NetworkId, name: string, compose: ComposeNetwork | undefined): void {
    this.networkNames.set(id, name);
    this.composeNetworks.set(id, compose);
  }

  *unsifted() {
    for (const each of this.endpoints.values()) {
      if (each.container !== undefined && each.container.inherited === undefined) yield each;
    }
  }

  inherited(id: ContainerId): readonly string[] | undefined {
    const known = [...this.endpoints.values()].find(({ container }) => container?.id === id);
    return known?.container?.inherited;
  }

  observed(observation: DockerObservation): void {
    this.observations.push(observation);
  }

  of(id: string): ContainerFacts | undefined {
    return this.endpoints.get(id as EndpointId)?.container;
  }
}

import type { ContainerFacts, EndpointFacts, Facts, NetworkFacts } from "../../../src/model/facts.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { parseInterfaceAddress } from "../../../src/model/ip.ts";
import { localMac } from "../../../src/model/mac.ts";
import type { Numbering, Settings } from "../../../src/pipeline/index.ts";

export const SETTINGS: Settings = {
  defaultPosture: "default-allow",
  identityLabels: [],
  trustImageLabels: false,
  requireContainer: true,
  hardware: false,
};

/** Numbers from 1 in the order of asking, and who asked. */
export function numbering(): Numbering & { readonly policies: ReadonlyMap<string, number> } {
  const identities = new Map<string, number>();
  const policies = new Map<string, number>();
  const of = (numbers: Map<string, number>) => (key: string) => {
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return number;
  };
  return { identity: of(identities), policy: of(policies), policies };
}

export function network(
  name: string,
  options: Partial<NetworkFacts["options"]> = {},
  index = 1,
): NetworkFacts {
  return {
    id: name as NetworkId,
    index,
    name,
    compose: undefined,
    options: { mtuBytes: 1500, gateway: "docker", posture: undefined, multicast: false, ...options },
    internal: false,
    subnets: [],
    createdAtMs: 0,
  };
}

export function container(name: string, labels: Record<string, string> = {}): ContainerFacts {
  return { id: `id-${name}` as ContainerId, name, inherited: [], labels };
}

/** Endpoint number `index`: 10.1.0.<index>, 02:00:00:00:00:<index>, port 100 + index. */
export function endpoint(
  index: number,
  on: NetworkFacts,
  attached: ContainerFacts | undefined,
  rest: Partial<EndpointFacts> = {},
): EndpointFacts {
  return {
    id: `e${index}` as EndpointId,
    networkId: on.id,
    index,
    mac: localMac(Uint8Array.of(2, 0, 0, 0, 0, index)),
    macGiven: false,
    ipv4: parseInterfaceAddress(`10.1.0.${index}/16`),
    ipv6: undefined,
    vf: `hyv${index}`,
    representor: `hyr${index}`,
    port: 100 + index,
    driverOptions: {},
    container: attached,
    bootId: "boot",
    createdAtMs: 0,
    ...rest,
  };
}

export function facts(networks: readonly NetworkFacts[], endpoints: readonly EndpointFacts[]): Facts {
  return {
    networks: new Map(networks.map((one) => [one.id, one])),
    endpoints: new Map(endpoints.map((one) => [one.id, one])),
    gateways: new Map(),
    hostAddresses: new Set(),
    policies: new Map(),
  };
}

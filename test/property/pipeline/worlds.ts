import fc from "fast-check";
import type { EndpointFacts, Facts, NetworkFacts } from "../../../src/model/facts.ts";
import { type Owner, readAdminPolicy, readPolicy } from "../../../src/policy/index.ts";
import { endpoint, facts, network, SETTINGS } from "../../unit/pipeline/facts.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "../policy/arbitraries.ts";

/* Machines with up to six endpoints on four networks, ways out, addresses and admin policies. */

export const NETWORKS: readonly NetworkFacts[] = [
  { ...network("shop_default", {}, 1), compose: { project: "shop", key: "default" } },
  network("my net", { multicast: true, posture: "default-deny-ingress" }, 2),
  { ...network("inside", { posture: "default-allow" }, 3), internal: true },
  network("alone", { gateway: "none" }, 4),
];
export const anyEndpoint = (index: number): fc.Arbitrary<EndpointFacts> =>
  fc
    .tuple(fc.constantFrom(...NETWORKS), fc.option(any.container, { nil: undefined, freq: 9 }))
    .map(([on, attached]) => endpoint(index, on, attached));

/** What is so besides endpoints; two of which are one container's where their ways out are one. */
export const surroundings = fc.record({
  gateways: fc.array(fc.option(fc.constantFrom(1001, 1002, 1003), { freq: 9 }), {
    minLength: 6,
    maxLength: 6,
  }),
  hostAddresses: any.hostAddresses,
  policies: any.adminPolicies,
});

/** Up to six places, each with an endpoint that may be replaced, removed and come back. */
export const anyFacts = fc
  .tuple(
    surroundings,
    ...[1, 2, 3, 4, 5, 6].map((index) => fc.option(anyEndpoint(index), { nil: undefined, freq: 4 })),
  )
  .map(([around, ...places]) => {
    const endpoints = places.filter((one) => one !== undefined);
    return worldOf(endpoints, around);
  });

export type Surroundings = typeof surroundings extends fc.Arbitrary<infer T> ? T : never;

export function worldOf(endpoints: readonly EndpointFacts[], around: Surroundings): Facts {
  return {
    ...facts(NETWORKS, endpoints),
    gateways: new Map(
      endpoints.flatMap(({ id, index }) => {
        const port = around.gateways[index - 1];
        return port === null || port === undefined ? [] : [[id, port] as const];
      }),
    ),
    hostAddresses: around.hostAddresses,
    policies: new Map(around.policies.map((policy) => [policy.name, policy])),
  };
}

/** Some endpoints of one world and the rest of another: the objects are shared, as facts are. */
export const history = fc
  .array(fc.tuple(anyFacts, fc.nat(63), fc.nat(7)), { minLength: 2, maxLength: 6 })
  .map((steps) => {
    const worlds: Facts[] = [];
    for (const [next, mask, taken] of steps) {
      const last = worlds.at(-1) ?? next;
      const kept = [...last.endpoints.values()].filter(({ index }) => mask & (1 << (index - 1)));
      const fresh = [...next.endpoints.values()].filter(({ index }) => !(mask & (1 << (index - 1))));
      const endpoints = new Map([...kept, ...fresh].map((one) => [one.id, one]));
      worlds.push({
        networks: next.networks,
        endpoints,
        gateways: taken & 1 ? next.gateways : last.gateways,
        hostAddresses: taken & 2 ? next.hostAddresses : last.hostAddresses,
        policies: taken & 4 ? next.policies : last.policies,
      });
    }
    return worlds;
  });

export function ownerOf({ container, networkId }: EndpointFacts, { policies }: Facts): Owner {
  const admin = [...policies.values()].map((one) => readAdminPolicy(one).policy);
  const { policy, subject } = readPolicy({}, container, TRUST, admin);
  const { name, compose, options } = get(new Map(NETWORKS.map((one) => [one.id, one])), networkId);
  return {
    policy,
    subject,
    network: { compose, name, posture: options.posture },
    defaultPosture: SETTINGS.defaultPosture,
  };
}

export function get<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`nothing under ${String(key)}`);
  return value;
}

/** The endpoints that govern ways out, by the words of the design, port by port. */
export function governing({ gateways, endpoints }: Facts): ReadonlyMap<number, EndpointFacts> {
  const byPort = Map.groupBy(gateways, ([, port]) => port);
  const chosen = [...byPort].flatMap(([port, ids]) => {
    const [first] = ids
      .map(([id]) => endpoints.get(id))
      .filter((one) => one !== undefined)
      .filter(({ networkId }) => networkId === "shop_default" || networkId === "my net")
      .sort((a, b) => (`${a.networkId} ${a.id}` < `${b.networkId} ${b.id}` ? -1 : 1));
    return first === undefined ? [] : [[port, first] as const];
  });
  return new Map(chosen);
}

export const attributed = (world: Facts) =>
  [...world.endpoints.values()].filter(({ container }) => container !== undefined);

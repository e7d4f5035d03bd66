import fc from "fast-check";
import {
  type Owner,
  outsideAt,
  type Party,
  type PopulatedNetwork,
  type Population,
  readPolicy,
} from "../../../src/policy/index.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "./arbitraries.ts";

/** The owner that a container with these labels is, on a network of that name. */
export function ownerOf(container: Parameters<typeof readPolicy>[1], network = "shop_default"): Owner {
  const { policy, subject } = readPolicy({}, container, TRUST, []);
  return {
    policy,
    subject,
    network: { name: network, compose: undefined, posture: undefined },
    defaultPosture: "default-allow",
  };
}

const parties = (network: string): fc.Arbitrary<readonly Party[]> =>
  fc
    .array(any.container, { minLength: 1, maxLength: 4 })
    .map((containers) =>
      containers.map((container, i) => ({ name: `party/${i}`, owner: ownerOf(container, network) })),
    );

const network = (name: string): fc.Arbitrary<PopulatedNetwork> =>
  fc.record({ name: fc.constant(name), hasWayOut: fc.boolean(), parties: parties(name) });

/** Two networks with the same few names on them. */
export const population: fc.Arbitrary<Population> = fc
  .tuple(network("shop_default"), network("shop_back"))
  .map((networks) => ({ networks }));

/** Single addresses, and whether they are the machine's. */
export const outside = fc
  .tuple(any.addresses, fc.boolean())
  .map(([address, host]) => outsideAt(address, new Set(host ? [address] : [])));

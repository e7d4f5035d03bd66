import type { ContainerId } from "../../../src/model/ids.ts";
import { type Owner, readPolicy, STRANGER, type Subject } from "../../../src/policy/index.ts";

/** A subject of which only some is said. */
export function subject(some: Partial<Subject>): Subject {
  return { ...STRANGER, ...some };
}

/** An endpoint with these labels on a network that says nothing. */
export function ownerOf(labels: Record<string, string>, rest: Partial<Owner> = {}): Owner {
  const container = { id: "c0" as ContainerId, name: "owner-1", labels, inherited: [] };
  const { policy, subject, problems } = readPolicy({}, container, []);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return {
    subject,
    policy,
    network: { name: "shop_default", compose: undefined, posture: undefined },
    defaultPosture: "default-allow",
    ...rest,
  };
}

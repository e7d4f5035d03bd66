import type { ContainerId } from "../../../src/model/ids.ts";
import {
  type Owner,
  readPolicy,
  STRANGER,
  type Subject,
  type TrustSettings,
} from "../../../src/policy/index.ts";

/** A daemon that was told nothing. */
export const TRUST: TrustSettings = { identityLabels: [], trustImageLabels: false };

/** What compose writes on a container, the mark included by which it is known that it was compose. */
export function composeLabels(project: string, service: string): Record<string, string> {
  return {
    "com.docker.compose.project": project,
    "com.docker.compose.service": service,
    "com.docker.compose.config-hash": "5c1f",
    "com.docker.compose.container-number": "1",
  };
}

/** What Swarm writes on a task's container of a stack. */
export function stackLabels(stack: string, service: string): Record<string, string> {
  return {
    "com.docker.stack.namespace": stack,
    "com.docker.swarm.service.name": `${stack}_${service}`,
    "com.docker.swarm.task.id": "k3j",
  };
}

/** A subject of which only some is said. */
export function subject(some: Partial<Subject>): Subject {
  return { ...STRANGER, ...some };
}

/** An endpoint with these labels on a network that says nothing. */
export function ownerOf(labels: Record<string, string>, rest: Partial<Owner> = {}): Owner {
  const container = { id: "c0" as ContainerId, name: "owner-1", labels, inherited: [] };
  const { policy, subject, problems } = readPolicy({}, container, TRUST, []);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return {
    subject,
    policy,
    network: { name: "shop_default", compose: undefined, posture: undefined },
    defaultPosture: "default-allow",
    ...rest,
  };
}

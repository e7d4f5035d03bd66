import type { ComposeNetwork, ComposeProject } from "../compose/project.ts";
import { isPosture } from "../model/posture.ts";
import { type Prefix, parsePrefix } from "../model/prefix.ts";
import type { OwnerNetwork } from "../policy/index.ts";

/** A network of Docker's that services of the projects meet on. */
export interface SharedNetwork {
  /** As Docker shows it. */
  readonly name: string;
  readonly owner: OwnerNetwork;
  readonly hasWayOut: boolean;
  readonly subnets: readonly Prefix[];
  readonly members: readonly Membership[];
}

/** A project that is on it, and what it calls it. */
export interface Membership {
  readonly project: ComposeProject;
  readonly key: string;
}

/** The networks that Hyperion makes, over all projects: who makes one describes it, others refer to it by name. */
export function sharedNetworks(projects: readonly ComposeProject[]): readonly SharedNetwork[] {
  const byName = new Map<string, { made: Made | undefined; members: Membership[] }>();
  const others = new Set<string>();
  for (const project of projects) {
    for (const network of project.networks) {
      if (!isHyperions(network)) {
        others.add(network.name);
        continue;
      }
      const known = byName.get(network.name) ?? { made: undefined, members: [] };
      known.members.push({ project, key: network.key });
      if (!network.external) known.made ??= { project, network };
      byName.set(network.name, known);
    }
  }
  return [...byName]
    .filter(([name]) => !others.has(name))
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, { made, members }]) => describe(name, made, members));
}

interface Made {
  readonly project: ComposeProject;
  readonly network: ComposeNetwork;
}

/**
 * Whether Hyperion makes the network: by any name that its plugin goes by (`hyperion`, `acme/hyperion:1`).
 * Of one that somebody else makes nothing is known, and one without a driver reads as if it were.
 */
export function isHyperions({ external, driver }: ComposeNetwork): boolean {
  if (external || driver === undefined) return true;
  const base = driver.slice(driver.lastIndexOf("/") + 1);
  return base.split(":", 1)[0] === "hyperion";
}

function describe(name: string, made: Made | undefined, members: readonly Membership[]): SharedNetwork {
  const { options = {}, internal = false, subnets = [] } = made?.network ?? {};
  const posture = options["hyperion.policy"];
  return {
    name,
    owner: {
      name,
      compose: made && { project: made.project.name, key: made.network.key },
      posture: posture !== undefined && isPosture(posture) ? posture : undefined,
    },
    hasWayOut: !internal && options["hyperion.gateway"] !== "none",
    subnets: subnets.flatMap(readSubnet),
    members,
  };
}

/** What is no subnet Docker refuses; it is nothing to decide by. */
function readSubnet(text: string): readonly Prefix[] {
  try {
    return [parsePrefix(text)];
  } catch {
    return [];
  }
}

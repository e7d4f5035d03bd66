import type { ContainerId } from "../../../src/model/ids.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import {
  type AdminPolicy,
  type LintedPolicy,
  type LintedService,
  type LintInput,
  type Party,
  type PopulatedNetwork,
  type Population,
  parseAdminPolicy,
  readPolicy,
} from "../../../src/policy/index.ts";
import { TRUST } from "./subjects.ts";

type Labels = Readonly<Record<string, string>>;

/** `shop/web` with these labels, where compose would have put it. */
export function party(
  name: string,
  labels: Labels,
  network = "shop_default",
  policies: readonly AdminPolicy[] = [],
): Party {
  const [project = "", service = ""] = name.split("/");
  const container = {
    id: name as string as ContainerId,
    name: `${project}-${service}-1`,
    labels: {
      ...labels,
      "com.docker.compose.project": project,
      "com.docker.compose.service": service,
      "com.docker.compose.config-hash": "x",
    },
    inherited: [],
  };
  const { policy, subject, problems } = readPolicy({}, container, TRUST, policies);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const owner = {
    subject,
    policy,
    network: { name: network, compose: undefined, posture: undefined },
    defaultPosture: "default-allow",
  } as const;
  return { name, owner };
}

/** A network with a way out, and who is on it. */
export function network(
  name: string,
  services: Readonly<Record<string, Labels>>,
  policies: readonly AdminPolicy[] = [],
): PopulatedNetwork {
  const parties = Object.entries(services).map(([key, labels]) => party(key, labels, name, policies));
  return { name, hasWayOut: true, parties };
}

/** One network of the project shop. */
export function shop(
  services: Readonly<Record<string, Labels>>,
  policies: readonly AdminPolicy[] = [],
): Population {
  return { networks: [network("shop_default", services, policies)] };
}

/** Finds a party by name, on whichever network comes first. */
export function partyOf({ networks }: Population, name: string): Party {
  const found = networks.flatMap(({ parties }) => parties).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** An admin policy as a file says it. */
export function adminPolicy(document: unknown, name = "house"): LintedPolicy {
  const { texts, policy, problems } = parseAdminPolicy(document, name);
  if (texts === undefined) throw new Error(JSON.stringify(problems));
  return { texts, policy };
}

/** What lint looks at, for services that say all they say in labels. */
export function lintInput(
  networks: Readonly<Record<string, Readonly<Record<string, Labels>>>>,
  rest: {
    readonly policies?: readonly LintedPolicy[];
    readonly published?: Readonly<Record<string, LintedService["published"]>>;
    readonly containers?: Readonly<Record<string, readonly string[]>>;
    readonly internal?: readonly string[];
  } = {},
): LintInput {
  const policies = rest.policies ?? [];
  const population = {
    networks: Object.entries(networks).map(([name, services]) => ({
      ...network(
        name,
        services,
        policies.map(({ policy }) => policy),
      ),
      hasWayOut: rest.internal?.includes(name) !== true,
    })),
  };
  const names = [...new Set(Object.values(networks).flatMap(Object.keys))];
  return {
    population,
    policies,
    pools: [{ prefix: parsePrefix("10.144.0.0/12"), name: "the daemon's pools" }],
    services: names.map((name) => ({
      name,
      containers: rest.containers?.[name] ?? [],
      labels: Object.values(networks).find((services) => name in services)?.[name] ?? {},
      attachments: Object.keys(networks)
        .filter((key) => name in (networks[key] ?? {}))
        .map((key) => ({ network: key, driverOptions: {}, problems: [] })),
      problems: [],
      warnings: [],
      published: rest.published?.[name] ?? [],
    })),
  };
}

import type { Direction } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import { type AdminPolicy, DIRECTIONS, type PolicyTexts } from "./admin-policy.ts";
import type { Alternative, Rule } from "./ast.ts";
import type { PolicyRule, Tier } from "./carriers.ts";
import type { WarningCode } from "./codes.ts";
import { applicableRules } from "./decide.ts";
import type { Party, PopulatedNetwork, Population } from "./population.ts";
import type { PortInterval } from "./port-prefix.ts";
import type { Place, Problem, ProblemCode, Remark } from "./problem.ts";
import { usesOwner } from "./selector.ts";
import type { Warning } from "./warning.ts";

/** One thing to say about a policy: a problem, or a warning that may be about no label in particular. */
export type Finding = Remark<ProblemCode | WarningCode> &
  Partial<Place> & {
    readonly severity: "error" | "warning";
    /** The service, the container, or the admin policy. */
    readonly who: string;
    /** On whose attachment a driver option stands. */
    readonly network?: string;
    /** Of what `published` lists: the position of the one that this is about. */
    readonly port?: number;
  };

/** What is looked at: who there is, what was written for it, and where containers' addresses come from. */
export interface LintInput {
  readonly population: Population;
  readonly services: readonly LintedService[];
  readonly policies: readonly LintedPolicy[];
  readonly pools: readonly Pool[];
}

export interface LintedService {
  /** As its parties are called. */
  readonly name: string;
  /** Names of all its containers. */
  readonly containers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly attachments: readonly LintedAttachment[];
  readonly problems: readonly Problem[];
  /** What reading its labels has warned of. */
  readonly warnings: readonly Warning[];
  readonly published: readonly PublishedPorts[];
}

export interface LintedAttachment {
  readonly network: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Ports of the container that Docker makes reachable from outside. */
export interface PublishedPorts extends PortInterval {
  readonly protocol: "tcp" | "udp" | "sctp";
  /** True: at a loopback address, so from the machine alone. */
  readonly hostOnly: boolean;
}

export interface LintedPolicy {
  readonly texts: PolicyTexts;
  readonly policy: AdminPolicy;
}

export interface Pool {
  readonly prefix: Prefix;
  /** `network shop_default`, `the daemon's pool`. */
  readonly name: string;
}

/** A rule where it is written, and all who are governed by it. */
export interface RuleSite extends Place {
  readonly who: string;
  readonly network?: string;
  readonly tier: Tier;
  readonly direction: Direction;
  readonly rule: Rule;
  readonly owners: readonly Governed[];
}

export interface Governed {
  readonly party: Party;
  readonly network: PopulatedNetwork;
}

/** Every rule once, where it is written. */
export function ruleSites({ population, services, policies }: LintInput): readonly RuleSite[] {
  const governed = governedByRule(population);
  return [
    ...services.flatMap((service) => sitesOfService(service, population)),
    ...policies.flatMap((policy) => sitesOfPolicy(policy, governed)),
  ];
}

/** Whom each rule governs: `on` keeps a rule away from who is on other networks. */
function governedByRule({ networks }: Population): ReadonlyMap<Rule, readonly Governed[]> {
  const governed = new Map<Rule, Governed[]>();
  for (const network of networks) {
    for (const party of network.parties) {
      for (const { rule } of rulesOf(party)) {
        const known = governed.get(rule);
        if (known === undefined) governed.set(rule, [{ party, network }]);
        else known.push({ party, network });
      }
    }
  }
  return governed;
}

function rulesOf({ owner }: Party): readonly PolicyRule[] {
  return DIRECTIONS.flatMap((direction) => applicableRules(owner, direction));
}

function sitesOfService(service: LintedService, population: Population): readonly RuleSite[] {
  const governed = governedOf(service, population);
  const sites = new Map<string, RuleSite>();
  for (const one of governed) {
    const applying = new Set(rulesOf(one.party));
    for (const stated of one.party.owner.policy.rules) {
      if (stated.tier !== "container") continue;
      const place = placeOfRule(service, stated, one.network.name);
      const key = `${place.label} ${place.network ?? ""}`;
      const known = sites.get(key);
      const owners = applying.has(stated) ? [...(known?.owners ?? []), one] : (known?.owners ?? []);
      const { tier, direction, rule } = stated;
      sites.set(key, { ...place, who: service.name, tier, direction, rule: known?.rule ?? rule, owners });
    }
  }
  return [...sites].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, site]) => site);
}

function governedOf({ name }: LintedService, { networks }: Population): readonly Governed[] {
  return networks.flatMap((network) =>
    network.parties.filter((party) => party.name === name).map((party) => ({ party, network })),
  );
}

function placeOfRule(
  service: LintedService,
  { direction, name }: PolicyRule,
  network: string,
): Place & { readonly network?: string } {
  const label = `hyperion.${direction}.${name}`;
  const option = service.attachments.find((one) => one.network === network)?.driverOptions[label];
  if (option !== undefined) return { carrier: "driver_opts", label, value: option, network };
  return { carrier: "label", label, value: service.labels[label] ?? "" };
}

function sitesOfPolicy(
  { texts, policy }: LintedPolicy,
  governed: ReadonlyMap<Rule, readonly Governed[]>,
): readonly RuleSite[] {
  return policy.rules.flatMap((rule) =>
    DIRECTIONS.flatMap((direction): RuleSite[] => {
      const said = rule[direction];
      const value = texts.rules.find(({ name }) => name === rule.name)?.[direction];
      if (said === undefined || value === undefined) return [];
      const owners = governed.get(said) ?? [];
      const place = { carrier: "admin policy", label: `${rule.name}.${direction}`, value } as const;
      return [{ ...place, who: policy.name, tier: policy.tier, direction, rule: said, owners }];
    }),
  );
}

/** Of those governed, one for each network and each meaning that `peer` has there: to others it says the same. */
export function oneOfEach(governed: readonly Governed[], peer: readonly Alternative[]): readonly Governed[] {
  const uses = usesOwner(peer);
  const distinct = new Map<string, Governed>();
  for (const one of governed) {
    const { project, service } = one.party.owner.subject;
    const meaning = [one.network.name, uses.project && project, uses.service && service];
    const key = JSON.stringify(meaning);
    if (!distinct.has(key)) distinct.set(key, one);
  }
  return [...distinct.values()];
}

/** The place of a site, for a finding about it. */
export function findingAt(site: RuleSite, remark: Remark<WarningCode>): Finding {
  const { who, carrier, label, value, network } = site;
  const place = { who, carrier, label, value, ...(network !== undefined && { network }) };
  return { ...remark, ...place, severity: "warning" };
}

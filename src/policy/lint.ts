import type { Direction } from "../model/posture.ts";
import { prefixesOverlap } from "../model/prefix.ts";
import type { WarningCode } from "./codes.ts";
import { type DecidedPosture, decidePosture } from "./decide.ts";
import { findNobody } from "./lint-nobody.ts";
import {
  type Finding,
  findingAt,
  type LintedService,
  type LintInput,
  type Pool,
  type RuleSite,
  ruleSites,
} from "./lint-site.ts";
import { findTies } from "./lint-tie.ts";
import { lacksNameServer, portsPublishedInVain } from "./lint-way-out.ts";
import { wayOut } from "./meeting.ts";
import { prefixOfAddress } from "./outside.ts";
import type { Population } from "./population.ts";
import type { Place, Problem } from "./problem.ts";
import { atomsOf } from "./selector.ts";

/** Everything that there is to say: errors first, each in the order of services and labels. */
export function lint(input: LintInput): readonly Finding[] {
  const errors = input.services.flatMap((service): Finding[] => [
    ...service.problems.map((problem) => asError(problem, service.name)),
    ...service.attachments.flatMap(({ network, problems }) =>
      problems.map((problem) => ({ ...asError(problem, service.name), network })),
    ),
  ]);
  const ignored = input.services.flatMap(({ name, warnings }) =>
    warnings.map((warning): Finding => ({ ...warning, severity: "warning", who: name })),
  );
  const sites = ruleSites(input);
  return [
    ...errors,
    ...ignored,
    ...sites.flatMap((site) => findOverlaps(site, input.pools)),
    ...findTies(sites),
    ...input.services.flatMap((service) => findClosed(service, input.population)),
    ...findNobody(sites, input),
  ];
}

function asError(problem: Problem, who: string): Finding {
  return { ...problem, severity: "error", who };
}

/** W203. */
function findOverlaps(site: RuleSite, pools: readonly Pool[]): readonly Finding[] {
  return atomsOf(site.rule.peer).flatMap((atom): Finding[] => {
    if (atom.kind !== "prefix" && atom.kind !== "address") return [];
    const prefix = atom.kind === "prefix" ? atom.prefix : prefixOfAddress(atom.address);
    const pool = pools.find((one) => prefixesOverlap(one.prefix, prefix));
    if (pool === undefined) return [];
    const text = `overlaps ${pool.prefix} of ${pool.name}; containers are matched by who they are, never by address`;
    return [findingAt(site, { code: "W203", text, span: atom.span, suggestion: undefined })];
  });
}

/** W210 and W211: what goes wrong between a service and the outside because something is closed. */
function findClosed(service: LintedService, population: Population): readonly Finding[] {
  const network = wayOut(population, service.name);
  const party = network?.parties.find(({ name }) => name === service.name);
  if (network === undefined || party === undefined) return [];
  const findings: Finding[] = [];
  const closedBy = (direction: Direction) =>
    placeOfPosture(service, network.name, direction, decidePosture(party.owner, direction));
  if (lacksNameServer(party)) {
    const text = "egress is closed and no rule lets port 53 out; add: allow udp/53,tcp/53 to world";
    findings.push({ ...closedBy("egress"), ...about("W210", text), who: service.name });
  }
  for (const [port, published] of service.published.entries()) {
    const closed = portsPublishedInVain(party, published);
    if (closed.length === 0) continue;
    const listed = closed.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    const ports = `${published.protocol}/${listed.join(",")}`;
    const peer = published.hostOnly ? "host" : "world";
    const text = `${ports} is published, and no rule lets the ${peer} reach it; add: allow ${ports} from ${peer}`;
    findings.push({ ...closedBy("ingress"), ...about("W211", text), who: service.name, port });
  }
  return findings;
}

function about(code: WarningCode, text: string) {
  return { code, text, span: undefined, suggestion: undefined, severity: "warning" } as const;
}

/** The label that closes a direction; nothing where no label of the service does. */
function placeOfPosture(
  service: LintedService,
  network: string,
  direction: Direction,
  posture: DecidedPosture,
): Partial<Place> & { readonly network?: string } {
  const attachment = service.attachments.find((one) => one.network === network);
  const label =
    posture.by === "allow-rule" && posture.tier === "container"
      ? `hyperion.${direction}.${posture.rule}`
      : "hyperion.policy";
  if (posture.by !== "label" && posture.by !== "driver_opts" && posture.by !== "allow-rule") return {};
  const option = attachment?.driverOptions[label];
  if (option !== undefined) return { carrier: "driver_opts", label, value: option, network };
  const value = service.labels[label];
  return value === undefined ? {} : { carrier: "label", label, value };
}

import { nearest } from "../base/nearest.ts";
import { type Alternative, type Atom, sideOf } from "./ast.ts";
import {
  type Finding,
  findingAt,
  type LintedPolicy,
  type LintedService,
  type LintInput,
  oneOfEach,
  type RuleSite,
} from "./lint-site.ts";
import type { Party, Population } from "./population.ts";
import { printAlternative } from "./print.ts";
import { quote, type Span } from "./problem.ts";
import { matches } from "./selector.ts";
import type { Subject } from "./subject.ts";

/** W305: rules, and parts of them, that are about nobody who is here. */
export function findNobody(sites: readonly RuleSite[], input: LintInput): readonly Finding[] {
  const containers = new Map(input.services.map(({ name, containers }) => [name, containers]));
  const isAnybody = (party: Party, test: (subject: Subject) => boolean) =>
    subjectsOf(party, containers.get(party.name) ?? []).some(test);
  return [
    ...sites.flatMap((site) => nobodyOf(site, input.population, isAnybody)),
    ...input.policies.flatMap((policy) => nobodyToApply(policy, input.population, isAnybody)),
  ];
}

type IsAnybody = (party: Party, test: (subject: Subject) => boolean) => boolean;

/** A party as its containers are seen: they differ in their names alone. */
function subjectsOf({ owner }: Party, containers: LintedService["containers"]): readonly Subject[] {
  const { subject } = owner;
  return [subject, ...containers.map((containerName) => ({ ...subject, containerName }))];
}

function nobodyOf(site: RuleSite, population: Population, isAnybody: IsAnybody): readonly Finding[] {
  const warn = (text: string, span: Span, suggestion?: string) =>
    findingAt(site, { code: "W305", text, span, suggestion });
  if (site.owners.length === 0) {
    // Of an admin rule that governs nobody, `applies` is to be spoken of.
    if (site.tier !== "container" || site.rule.on === undefined) return [];
    return [warn(`${site.who} is on no network ${quote(site.rule.on)}`, site.rule.span)];
  }
  return site.rule.peer.flatMap((alternative): Finding[] => {
    if (!alternative.terms.some(({ atom }) => sideOf(atom) === "containers")) return [];
    const owners = oneOfEach(site.owners, [alternative]);
    const here = owners.some(({ party: { owner }, network }) =>
      network.parties.some((party) =>
        isAnybody(party, (remote) => matches([alternative], owner.subject, remote)),
      ),
    );
    if (here) return [];
    const everybody = population.networks.flatMap(({ parties }) => parties);
    const elsewhere = everybody.find((party) =>
      isAnybody(party, (remote) =>
        owners.some((one) => matches([alternative], one.party.owner.subject, remote)),
      ),
    );
    if (elsewhere !== undefined) {
      const text = `matches nobody that ${site.who} meets; ${elsewhere.name} is on other networks`;
      return [warn(text, alternative.span)];
    }
    const text = `${quote(printAlternative(alternative))} matches nobody here`;
    const { atom } = alternative.terms[0] ?? {};
    const only = alternative.terms.length === 1 && atom !== undefined;
    return [warn(text, alternative.span, only ? similar(atom, everybody, site) : undefined)];
  });
}

/** The selector of the same kind that somebody answers to and that is most like this one. */
function similar(atom: Atom, everybody: readonly Party[], site: RuleSite): string | undefined {
  const subjects = everybody.map(({ owner }) => owner.subject);
  const prefixed = (prefix: string, name: string, names: readonly (string | undefined)[]) => {
    const likely = nearest(name, new Set(names.filter((one) => one !== undefined)));
    return likely === undefined ? undefined : prefix + likely;
  };
  switch (atom.kind) {
    case "service-named": {
      const own = site.owners[0]?.party.owner.subject.project;
      const project = atom.project ?? own;
      const names = subjects.filter((one) => one.project === project).map(({ service }) => service);
      const prefix = atom.project === undefined ? "service:" : `service:${atom.project}/`;
      return prefixed(prefix, atom.service, names);
    }
    case "project-named":
      return prefixed(
        "project:",
        atom.project,
        subjects.map(({ project }) => project),
      );
    case "group":
      return prefixed(
        "group:",
        atom.name,
        subjects.flatMap(({ groups }) => [...groups]),
      );
    case "container":
      return prefixed(
        "container:",
        atom.name,
        subjects.map(({ containerName }) => containerName),
      );
    default:
      return undefined;
  }
}

function nobodyToApply(
  { texts, policy }: LintedPolicy,
  { networks }: Population,
  isAnybody: IsAnybody,
): readonly Finding[] {
  const everybody = networks.flatMap(({ parties }) => parties);
  return policy.rules.flatMap(({ name, applies }): Finding[] => {
    const value = texts.rules.find((rule) => rule.name === name)?.applies ?? "";
    const selects = (alternative: Alternative) =>
      everybody.some((party) => isAnybody(party, (subject) => matches([alternative], subject, subject)));
    return applies
      .filter((alternative) => !selects(alternative))
      .map((alternative) => ({
        code: "W305",
        text: `${quote(printAlternative(alternative))} matches nobody here`,
        span: alternative.span,
        suggestion: undefined,
        severity: "warning",
        who: policy.name,
        carrier: "admin policy",
        label: `${name}.applies`,
        value,
      }));
  });
}

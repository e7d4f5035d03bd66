import fc from "fast-check";
import type { ContainerFacts, PolicyFacts } from "../../../src/model/facts.ts";
import type { ContainerId } from "../../../src/model/ids.ts";
import { type Ip, parseIp } from "../../../src/model/ip.ts";
import { type Direction, POSTURES } from "../../../src/model/posture.ts";
import { type Prefix, parsePrefix } from "../../../src/model/prefix.ts";
import {
  type Alternative,
  type Atom,
  PROTOCOLS,
  type Probe,
  type ProtocolMatch,
  parseRule,
  parseSelector,
  printPeer,
  printRule,
  type Rule,
} from "../../../src/policy/index.ts";
import { composeLabels, stackLabels } from "../../unit/policy/subjects.ts";

/*
 * Small worlds: few names and few ports, so that rules, containers and probes meet. Spans are all the
 * same here; whoever compares rules compares them without.
 */

const span = { start: 0, end: 0 };

const projects = fc.constantFrom("shop", "blog");
const services = fc.constantFrom("web", "api", "db");
const groups = fc.constantFrom("front", "back", "edge");
const containers = fc.constantFrom("c0", "c1", "c2");
const keys = fc.constantFrom("env", "tier");
const values = fc.constantFrom("", "dev", "prod", "a b", 'qu"ote\\', "x,y");
const ports = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(80, 443, 1023, 32768, 65534, 65535) },
);

const range = fc.tuple(ports, ports).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b), span }));

const protocol: fc.Arbitrary<ProtocolMatch> = fc.oneof(
  fc.record({
    protocol: fc.constantFrom("tcp", "udp", "sctp"),
    ports: fc.array(range, { maxLength: 3 }),
    span: fc.constant(span),
  }),
  fc.constantFrom<ProtocolMatch>(
    ...(["icmp", "icmp6"] as const).flatMap((icmp) =>
      [undefined, 0, 8, 255].flatMap((type) => [
        { protocol: icmp, type, code: undefined, span },
        ...(type === undefined ? [] : [{ protocol: icmp, type, code: 3, span }]),
      ]),
    ),
  ),
);

const containerAtom: fc.Arbitrary<Atom> = fc.oneof(
  fc.record({ kind: fc.constantFrom("containers", "project", "service"), span: fc.constant(span) }),
  fc.record({ kind: fc.constant("group"), name: groups, span: fc.constant(span) }),
  fc.record({ kind: fc.constant("container"), name: containers, span: fc.constant(span) }),
  fc.record({ kind: fc.constant("project-named"), project: projects, span: fc.constant(span) }),
  fc.record({
    kind: fc.constant("service-named"),
    project: fc.option(projects, { nil: undefined }),
    service: fc.oneof(services, fc.constant("shop_web")),
    span: fc.constant(span),
  }),
  fc.record({ kind: fc.constant("label-has"), key: keys, span: fc.constant(span) }),
  fc.record({
    kind: fc.constantFrom("label-is", "label-is-not"),
    key: keys,
    value: values,
    span: fc.constant(span),
  }),
  fc.record({
    kind: fc.constant("label-in"),
    key: keys,
    values: fc.array(values, { minLength: 1, maxLength: 3 }),
    span: fc.constant(span),
  }),
);

const PREFIXES = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "fd00::/8", "fd00::/64", "0.0.0.0/0", "::/0"];

/** Addresses in, at the edge of and beside the prefixes that rules name. */
export const ADDRESSES = [
  ...["10.1.2.3", "10.1.2.4", "10.1.255.255", "10.2.0.0", "11.0.0.0", "192.0.2.1", "0.0.0.0"],
  ...["fd00::5", "fd00:0:0:1::", "fe00::", "::1", "2001:db8::1"],
].map(parseIp);

export const addresses = fc.constantFrom(...ADDRESSES);
export const hostAddresses = fc.subarray(ADDRESSES, { maxLength: 4 }).map((some) => new Set(some));

const outsideAtom: fc.Arbitrary<Atom> = fc.oneof(
  fc.record({ kind: fc.constantFrom("world", "host"), span: fc.constant(span) }),
  fc
    .constantFrom<Prefix>(...PREFIXES.map(parsePrefix))
    .map((prefix): Atom => ({ kind: "prefix", prefix, span })),
  fc
    .constantFrom<Ip>(...["10.1.2.3", "::1", "fd00::5"].map(parseIp))
    .map((address): Atom => ({ kind: "address", address, span })),
);

/** Atoms of one kind only, so that a conjunction of them often means something. */
const outsideTerms = fc.record({ negated: fc.boolean(), atom: outsideAtom, span: fc.constant(span) });

/** Any conjunction, also one that contradicts itself. */
export const alternative: fc.Arbitrary<Alternative> = fc.oneof(
  fc.record({ terms: fc.array(outsideTerms, { minLength: 1, maxLength: 3 }), span: fc.constant(span) }),
  fc.record({
    terms: fc.array(
      fc.record({
        negated: fc.boolean(),
        atom: fc.oneof(
          { weight: 8, arbitrary: containerAtom },
          { weight: 2, arbitrary: outsideAtom },
          { weight: 2, arbitrary: fc.constant<Atom>({ kind: "any", span }) },
        ),
        span: fc.constant(span),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    span: fc.constant(span),
  }),
);

/** What the parser takes: no contradictions, and prefixes of the default priority left out. */
export const rule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom("allow", "deny"),
    protocols: fc.array(protocol, { maxLength: 2 }),
    peer: fc.array(alternative, { maxLength: 2 }),
    on: fc.option(fc.constantFrom("shop_default", "default", "my net"), { nil: undefined, freq: 9 }),
    prio: fc.constantFrom(0, 10, 500, 500, 1000),
    log: fc.boolean(),
    audit: fc.boolean(),
    comment: fc.option(fc.constantFrom("", "why", 'a "b" \\ c'), { nil: undefined, freq: 9 }),
    span: fc.constant(span),
  })
  .filter((candidate) => parseRule(printRule(candidate, "ingress"), "ingress").rule !== undefined);

export const directions = fc.constantFrom<Direction>("ingress", "egress");

const ruleNames = fc.constantFrom("a", "b", "c", "d", "e", "f");

/** `hyperion.ingress.*` and `hyperion.egress.*` of one container. */
export const ruleLabels: fc.Arbitrary<Record<string, string>> = fc
  .uniqueArray(fc.tuple(directions, ruleNames, rule), {
    maxLength: 8,
    selector: ([direction, name]) => `${direction}.${name}`,
  })
  .map((rules) =>
    Object.fromEntries(
      rules.map(([direction, name, body]) => [`hyperion.${direction}.${name}`, printRule(body, direction)]),
    ),
  );

/** What an admin policy applies to: containers, by who they are. */
const selector = fc
  .array(
    fc.record({
      terms: fc.array(
        fc.record({
          negated: fc.boolean(),
          atom: fc.oneof(containerAtom, fc.constant<Atom>({ kind: "any", span })),
          span: fc.constant(span),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      span: fc.constant(span),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map(printPeer)
  .filter((text) => parseSelector(text).value !== undefined);

const adminRule = fc.record({
  applies: selector,
  ingress: fc.option(rule.map((one) => printRule(one, "ingress"))),
  egress: fc.option(rule.map((one) => printRule(one, "egress"))),
  posture: fc.option(fc.constantFrom(...POSTURES), { freq: 3 }),
});

/** Up to three admin policies with names that are unique, as whoever applies them checks. */
export const adminPolicies: fc.Arbitrary<readonly PolicyFacts[]> = fc
  .array(
    fc.record({ tier: fc.constantFrom("admin", "baseline"), rules: fc.array(adminRule, { maxLength: 2 }) }),
    {
      maxLength: 3,
    },
  )
  .map((policies) =>
    policies.map(({ tier, rules }, p) => ({
      name: `p${p}`,
      version: 1,
      tier,
      appliedAtMs: 0,
      rules: rules.map(({ applies, ingress, egress, posture }, r) => ({
        name: `p${p}r${r}`,
        applies,
        ...(ingress === null ? {} : { ingress }),
        ...(egress === null ? {} : { egress }),
        ...(posture === null ? {} : { posture }),
      })),
    })),
  );

export const postures = fc.constantFrom(...POSTURES);

/** For each of six endpoints, one that speaks of both directions. */
export const statedPostures = fc.array(fc.constantFrom("default-deny", "default-allow"), {
  minLength: 6,
  maxLength: 6,
});

/** Who a container is, in labels. Always in a project, so that every rule has a meaning on it. */
export const placeLabels: fc.Arbitrary<Record<string, string>> = fc.oneof(
  fc
    .record({ project: projects, service: services })
    .map(({ project, service }) => composeLabels(project, service)),
  services.map((service) => stackLabels("shop", service)),
);

export const identityLabels: fc.Arbitrary<Record<string, string>> = fc
  .record(
    {
      "hyperion.group": fc.uniqueArray(groups, { minLength: 1 }).map((names) => names.join(",")),
      "hyperion.label.env": values,
      "hyperion.label.tier": values,
      "hyperion.policy": postures,
      "hyperion.mode": fc.constantFrom("enforce", "audit", "learn"),
    },
    { requiredKeys: [] },
  )
  .map((labels) => ({ ...labels }));

export const container: fc.Arbitrary<ContainerFacts> = fc
  .tuple(containers, placeLabels, identityLabels, ruleLabels)
  .map(([name, place, identity, rules]) => ({
    id: name as string as ContainerId,
    name,
    labels: { ...place, ...identity, ...rules },
    inherited: [],
  }));

export const probe: fc.Arbitrary<Probe> = fc.oneof(
  fc.record({ protocol: fc.constantFrom("tcp", "udp", "sctp"), port: ports }),
  fc.record({
    protocol: fc.constantFrom("icmp", "icmp6"),
    port: fc.constantFrom(0, 3, 0x0800, 0x0803, 0xff00, 0xff03, 0x0500),
  }),
  fc.constantFrom(...PROTOCOLS.map((protocol): Probe => ({ protocol, port: 0 }))),
);

/** A value without its spans, for comparing what was parsed with what was printed. */
export function withoutSpans(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === "span" ? undefined : inner)));
}

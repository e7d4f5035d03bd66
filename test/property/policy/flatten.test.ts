import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerFacts } from "../../../src/model/facts.ts";
import type { PolicyRow } from "../../../src/model/rows.ts";
import {
  applicableRules,
  decide,
  type FlatEntry,
  Flattening,
  matches,
  type Owner,
  readPolicy,
} from "../../../src/policy/index.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "./arbitraries.ts";
import { disjoint, endpointRow, tables } from "./tables.ts";

const DIRECTION = "ingress";
const REMOTE = 7;

function flattened(owner: Owner, remote: Owner["subject"] | undefined) {
  const rules = applicableRules(owner, DIRECTION).map((rule, i) => ({ number: i + 1, rule }));
  const matching = (who: Owner["subject"] | undefined) =>
    rules.map(({ rule }) => matches(rule.rule.peer, owner.subject, who));
  const unknown = matching(undefined);
  const flattening = new Flattening(rules, unknown);
  const places = matching(remote).flatMap((match, place) => (match && !unknown[place] ? [place] : []));
  const row =
    (identity: number) =>
    (entry: FlatEntry): PolicyRow => ({
      table: "policy",
      policy: 1,
      direction: DIRECTION,
      identity,
      ...entry,
    });
  const rows = [
    ...flattening.unknown().map(row(0)),
    ...(remote === undefined ? [] : flattening.exceptions(places).map(row(REMOTE))),
  ];
  return { rows, rules, prefixLengths: flattening.prefixLengths };
}

function ownerOf(container: ContainerFacts): Owner {
  const { policy, subject } = readPolicy({}, container, TRUST, []);
  return {
    policy,
    subject,
    network: { name: "shop_default", compose: undefined, posture: undefined },
    defaultPosture: "default-deny",
  };
}

const remotes = fc.option(any.container, { nil: undefined });

describe("flattening", () => {
  it("answers every probe as the plain reading does", () => {
    fc.assert(
      fc.property(
        any.container,
        remotes,
        fc.array(any.probe, { minLength: 10 }),
        (container, other, probes) => {
          const owner = ownerOf(container);
          const remote = other && ownerOf(other).subject;
          const { rows, rules, prefixLengths } = flattened(owner, remote);
          const held = tables([
            ...rows,
            endpointRow(1, { policy: 1, ingressDeny: true, ingressPrefixLengths: prefixLengths }),
            endpointRow(2, { identity: remote ? REMOTE : 0 }),
          ]);
          for (const probe of probes) {
            const plain = decide(owner, DIRECTION, remote, probe);
            const found = held.lookUp(1, DIRECTION, 2, probe);
            const number = rules.findIndex(({ rule }) => rule === plain.rule) + 1;
            expect(found?.rule).toBe(number);
            if (plain.rule === undefined) continue;
            const { action, log, audit } = plain.rule.rule;
            const flags = { log, audit: audit && action === "deny" };
            expect(found).toMatchObject({ verdict: action, rule: number, ...flags });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("writes rows that do not overlap, with no length that is not announced and none twice for nothing", () => {
    fc.assert(
      fc.property(any.container, remotes, (container, other) => {
        const { rows, prefixLengths } = flattened(ownerOf(container), other && ownerOf(other).subject);
        expect(disjoint(rows)).toBe(true);
        for (const row of rows) {
          expect(prefixLengths & (1 << row.prefixLength)).not.toBe(0);
          expect(row.port & (0xffff >> row.prefixLength)).toBe(0);
        }
        // An exception says something else than the row of identity 0 that it stands in front of.
        for (const row of rows.filter(({ identity }) => identity === REMOTE)) {
          const general = rows.find(
            (r) =>
              r.identity === 0 &&
              r.protocol === row.protocol &&
              r.port === row.port &&
              r.prefixLength === row.prefixLength,
          );
          expect(general && { ...general, identity: REMOTE }).not.toEqual(row);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("uses prefix lengths that depend on the rules alone", () => {
    fc.assert(
      fc.property(any.container, any.container, any.container, (container, a, b) => {
        const owner = ownerOf(container);
        const of = (other: ContainerFacts) => flattened(owner, ownerOf(other).subject).prefixLengths;
        expect(of(a)).toBe(of(b));
      }),
      { numRuns: 50 },
    );
  });
});

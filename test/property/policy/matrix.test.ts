import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Decision,
  decide,
  decidePosture,
  type End,
  explain,
  isParty,
  judge,
  matrix,
  nameOf,
  type Owner,
  parseLabels,
  parseProbe,
  probeBetween,
  type Remedy,
  type Side,
} from "../../../src/policy/index.ts";
import { outside, population } from "./populations.ts";

const probes = fc.uniqueArray(
  fc
    .constantFrom("tcp/80", "tcp/5", "tcp/443", "udp/7", "sctp/3", "icmp/8", "icmp6/5", "icmp")
    .map(parseProbe),
  { minLength: 1, maxLength: 3, selector: ({ text }) => text },
);

/** What a decision comes to, written from docs/reference/labels.md and not from the code under test. */
function comesTo(owner: Owner, { verdict, rule }: Decision) {
  const audits = owner.policy.mode === "audit" || owner.policy.mode === "learn" || rule?.rule.audit === true;
  return { passes: verdict === "allow" || audits, audits: verdict === "deny" && audits };
}

describe("the matrix", () => {
  it("says for every pair what both sides decide", () => {
    fc.assert(
      fc.property(
        population,
        probes,
        fc.uniqueArray(outside, { maxLength: 2, selector: nameOf }),
        (who, asked, away) => {
          const { verdicts } = matrix(who, asked, away);
          let counted = 0;
          for (const { name, parties, hasWayOut } of who.networks) {
            const ends: End[] = [...parties, ...(hasWayOut ? away : [])];
            for (const from of ends) {
              for (const to of ends) {
                if (from === to || !(isParty(from) || isParty(to))) continue;
                for (const named of asked) {
                  const probe = probeBetween(named, from, to);
                  const remote = (end: End) => (isParty(end) ? end.owner.subject : end);
                  const open = { passes: true, audits: false };
                  const egress = isParty(from)
                    ? comesTo(from.owner, decide(from.owner, "egress", remote(to), probe))
                    : open;
                  const ingress = isParty(to)
                    ? comesTo(to.owner, decide(to.owner, "ingress", remote(from), probe))
                    : open;
                  const passes = egress.passes && ingress.passes;
                  const found = verdicts.filter(
                    (one) =>
                      one.network === name &&
                      one.from === nameOf(from) &&
                      one.to === nameOf(to) &&
                      one.probe === named.text,
                  );
                  expect(found).toHaveLength(1);
                  expect(found[0]?.verdict).toBe(passes ? "allow" : "deny");
                  expect(found[0]?.audit === true).toBe(passes && (egress.audits || ingress.audits));
                  expect(found[0]?.egress.verdict).toBe(egress.passes ? "allow" : "deny");
                  expect(found[0]?.ingress.verdict).toBe(ingress.passes ? "allow" : "deny");
                  counted += 1;
                }
              }
            }
          }
          expect(verdicts).toHaveLength(counted);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not depend on the order of networks and parties", () => {
    fc.assert(
      fc.property(population, probes, (who, asked) => {
        const networks = who.networks
          .toReversed()
          .map((one) => ({ ...one, parties: one.parties.toReversed() }));
        expect(matrix({ networks }, asked, [])).toEqual(matrix(who, asked, []));
      }),
    );
  });

  it("names labels that, written, change what comes of it", () => {
    let changed = 0;
    fc.assert(
      fc.property(population, probes, fc.option(outside, { nil: undefined }), (who, asked, away) => {
        const [network] = who.networks;
        const ends: End[] = [...(network?.parties ?? []), ...(away === undefined ? [] : [away])];
        for (const from of ends) {
          for (const to of ends) {
            const [named] = asked;
            if (from === to || named === undefined) continue;
            const probe = probeBetween(named, from, to);
            const { egress, ingress } = explain(from, to, probe);
            const denying = [egress, ingress].filter((side) => side.verdict === "deny" || side.audit);
            const isDenied = denying.length > 0;
            const remedies = isDenied
              ? denying.map(({ remedy }) => remedy)
              : [ingress.remedy ?? egress.remedy];
            if (remedies.some((remedy) => remedy === undefined)) continue;
            const wanted = { verdict: isDenied ? "allow" : "deny", audit: false };
            const isWritten = (end: End, side: Side) =>
              side.remedy !== undefined && remedies.includes(side.remedy) ? written(end, side.remedy) : end;
            expect(judge(isWritten(from, egress), isWritten(to, ingress), probe)).toMatchObject(wanted);
            changed += 1;
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(changed).toBeGreaterThan(200);
  });
});

/** The end with a remedy in its labels, read from its text. */
function written(end: End, { action, label, value, on, closes }: Remedy): End {
  if (!isParty(end)) throw new Error("what is outside has no labels");
  expect(on).toBe(end.name);
  const { statement, problems } = parseLabels({ [label]: value }, "label");
  expect(problems).toEqual([]);
  const [rule] = statement.rules;
  if (rule === undefined) throw new Error("the remedy is no rule");
  const { rules } = end.owner.policy;
  const kept = rules.filter(({ direction, name }) => direction !== rule.direction || name !== rule.name);
  expect(kept).toHaveLength(action === "set" ? rules.length : rules.length - 1);
  const after = action === "set" ? [...kept, { ...rule, tier: "container" as const }] : kept;
  const owner = { ...end.owner, policy: { ...end.owner.policy, rules: after } };
  const posture = (one: Owner) => decidePosture(one, rule.direction).verdict;
  if (action === "set") expect(closes === true).toBe(posture(owner) !== posture(end.owner));
  return { ...end, owner };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Decision,
  decide,
  type End,
  explain,
  isParty,
  matrix,
  nameOf,
  type Owner,
  parseLabels,
  parseProbe,
  probeBetween,
} from "../../../src/policy/index.ts";
import { outside, population } from "./populations.ts";

const probes = fc.uniqueArray(
  fc
    .constantFrom("tcp/80", "tcp/5", "tcp/443", "udp/7", "sctp/3", "icmp/8", "icmp6/5", "icmp")
    .map(parseProbe),
  { minLength: 1, maxLength: 3, selector: ({ text }) => text },
);

/** What a decision comes to, written from §3.3 and not from the code under test. */
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

  it("explains by the same reasons, and names labels that turn a side round", () => {
    let turned = 0;
    fc.assert(
      fc.property(population, probes, fc.option(outside, { nil: undefined }), (who, asked, away) => {
        const [network] = who.networks;
        const ends: End[] = [...(network?.parties ?? []), ...(away === undefined ? [] : [away])];
        for (const from of ends) {
          for (const to of ends) {
            const [named] = asked;
            if (from === to || named === undefined) continue;
            const probe = probeBetween(named, from, to);
            const { ingress } = explain(from, to, probe);
            if (!isParty(to) || ingress.remedy === undefined) continue;
            const { action, label, value } = ingress.remedy;
            const { statement, problems } = parseLabels({ [label]: value }, "label");
            expect(problems).toEqual([]);
            const remote = isParty(from) ? from.owner.subject : from;
            const before = decide(to.owner, "ingress", remote, probe).verdict;
            const name = label.replace("hyperion.ingress.", "");
            const kept = to.owner.policy.rules.filter(
              (rule) => rule.direction !== "ingress" || rule.name !== name,
            );
            const added = statement.rules.map((rule) => ({ ...rule, tier: "container" }) as const);
            if (action === "set") expect(kept).toHaveLength(to.owner.policy.rules.length);
            const rules = action === "set" ? [...kept, ...added] : kept;
            const owner = { ...to.owner, policy: { ...to.owner.policy, rules } };
            expect(decide(owner, "ingress", remote, probe).verdict).not.toBe(before);
            turned += 1;
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(turned).toBeGreaterThan(200);
  });
});

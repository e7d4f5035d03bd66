import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decide,
  handlesOf,
  handlesOfPeer,
  matches,
  type Owner,
  parseRule,
  printRule,
  readPolicy,
} from "../../../src/policy/index.ts";
import { TRUST } from "../../unit/policy/subjects.ts";
import * as any from "./arbitraries.ts";

function ownerOf(container: Parameters<typeof readPolicy>[1]): Owner {
  const { policy, subject } = readPolicy({}, container, TRUST, []);
  return {
    policy,
    subject,
    network: { name: "shop_default", compose: undefined, posture: undefined },
    defaultPosture: "default-allow",
  };
}

const subjectOf = (container: Parameters<typeof readPolicy>[1]) =>
  readPolicy({}, container, TRUST, []).subject;

describe("the language", () => {
  it("prints what it parses back to the same rule", () => {
    fc.assert(
      fc.property(any.rule, any.directions, (rule, direction) => {
        const text = printRule(rule, direction);
        const parsed = parseRule(text, direction);
        expect(any.withoutSpans(parsed.rule)).toEqual(any.withoutSpans(rule));
        expect(parsed.rule?.span).toEqual({ start: 0, end: text.length });
      }),
      { numRuns: 500 },
    );
  });

  it("does not care for the order of labels", () => {
    const shuffled = any.container.chain((container) =>
      fc
        .shuffledSubarray(Object.entries(container.labels), {
          minLength: Object.keys(container.labels).length,
        })
        .map((entries) => [container, { ...container, labels: Object.fromEntries(entries) }] as const),
    );
    fc.assert(
      fc.property(shuffled, ([container, other]) => {
        expect(readPolicy({}, other, TRUST, [])).toEqual(readPolicy({}, container, TRUST, []));
      }),
    );
  });

  it("refuses as matching nothing only what matches nothing", () => {
    fc.assert(
      fc.property(any.alternative, any.container, any.container, (alternative, owner, remote) => {
        const peer = [alternative];
        const { fault } = parseRule(printRule({ ...BARE, peer }, "ingress"), "ingress");
        if (fault?.code !== "E133") return;
        expect(matches(peer, subjectOf(owner), subjectOf(remote))).toBe(false);
        expect(matches(peer, subjectOf(owner), undefined)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("matches everyone where it matches the unknown", () => {
    fc.assert(
      fc.property(any.rule, any.container, any.container, ({ peer }, owner, remote) => {
        if (!matches(peer, subjectOf(owner), undefined)) return;
        expect(matches(peer, subjectOf(owner), subjectOf(remote))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("matches nobody with whom it shares no handle", () => {
    fc.assert(
      fc.property(any.rule, any.container, any.container, ({ peer }, owner, remote) => {
        if (!matches(peer, subjectOf(owner), subjectOf(remote))) return;
        const handles = handlesOfPeer(peer, subjectOf(owner));
        expect(handlesOf(subjectOf(remote)).some((handle) => handles.has(handle))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no reach away by one more allow, where the posture is stated and nothing denies", () => {
    const allows = any.container.map((container) => ({
      ...container,
      labels: {
        "hyperion.policy": "default-deny",
        ...Object.fromEntries(
          Object.entries(container.labels).map(([key, value]) => [key, value.replace(/^deny/, "allow")]),
        ),
      },
    }));
    const more = any.rule.map((rule) => printRule({ ...rule, action: "allow" }, "ingress"));
    fc.assert(
      fc.property(
        allows,
        more,
        fc.option(any.container, { nil: undefined }),
        any.probe,
        (c, text, remote, probe) => {
          const labels = { ...c.labels, "hyperion.ingress.more": text };
          const subject = remote && subjectOf(remote);
          const before = decide(ownerOf(c), "ingress", subject, probe).verdict;
          // A stated posture may leave ingress to the flip, which this test leaves out.
          if (c.labels["hyperion.policy"] === "default-deny-egress") return;
          const after = decide(ownerOf({ ...c, labels }), "ingress", subject, probe).verdict;
          expect(before === "allow" && after === "deny").toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

const BARE = {
  action: "allow",
  protocols: [],
  on: undefined,
  prio: 500,
  log: false,
  audit: false,
  comment: undefined,
  span: { start: 0, end: 0 },
} as const;

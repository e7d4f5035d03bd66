import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRules } from "../../../src/offline/index.ts";
import { decide, parseRule, printRule } from "../../../src/policy/index.ts";
import * as any from "./arbitraries.ts";
import { outside, ownerOf } from "./populations.ts";

/** Another spelling of the same rule: case, spaces and what is said although it goes without saying. */
const spelled = fc
  .tuple(any.rule, any.directions, fc.boolean(), fc.boolean(), fc.boolean())
  .map(([rule, direction, loud, wide, wordy]) => {
    const parts = printRule(rule, direction).split(/("(?:[^"\\]|\\.)*")/);
    const respelled = parts.map((part, i) => {
      if (i % 2 === 1) return part;
      const cased = loud
        ? part.replace(/\b(allow|deny|tcp|udp|from|to|on|prio|log|audit)\b(?![=:.-])/g, (w) =>
            w.toUpperCase(),
          )
        : part;
      return wide ? cased.replace(/, /g, " ,").replace(/ & /g, "&").replace(/ /g, "   ") : cased;
    });
    const prio = wordy && rule.prio === 500 ? " prio 500" : "";
    return { text: respelled.join("") + prio, direction, rule };
  });

const composeOf = (text: string, direction: string) =>
  `services:\n  a:\n    labels:\n      hyperion.${direction}.x: ${JSON.stringify(text)} # kept\n`;

const valueIn = (text: string) => JSON.parse(/: (".*") # kept$/m.exec(text)?.[1] ?? "null") as string;

describe("the canonical form", () => {
  it("is one for all spellings, means the same, and is its own", () => {
    let rewritten = 0;
    fc.assert(
      fc.property(spelled, ({ text, direction, rule }) => {
        const read = parseRule(text, direction).rule;
        expect(any.withoutSpans(read)).toEqual(any.withoutSpans(rule));
        const once = formatRules(composeOf(text, direction), "compose.yaml");
        expect(valueIn(once.text)).toBe(printRule(rule, direction));
        expect(formatRules(once.text, "compose.yaml")).toMatchObject({ text: once.text, spellings: [] });
        if (once.spellings.length > 0) rewritten += 1;
      }),
      { numRuns: 500 },
    );
    expect(rewritten).toBeGreaterThan(100);
  });

  it("changes no verdict", () => {
    const remotes = fc.oneof(
      any.container.map((container) => ownerOf(container).subject),
      outside,
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(
        any.container,
        spelled,
        remotes,
        any.probe,
        (container, { text, direction }, remote, probe) => {
          const label = `hyperion.${direction}.x`;
          const canonical = valueIn(formatRules(composeOf(text, direction), "compose.yaml").text);
          const verdict = (value: string) =>
            decide(
              ownerOf({ ...container, labels: { ...container.labels, [label]: value } }),
              direction,
              remote,
              probe,
            ).verdict;
          expect(verdict(canonical)).toBe(verdict(text));
        },
      ),
      { numRuns: 300 },
    );
  });
});

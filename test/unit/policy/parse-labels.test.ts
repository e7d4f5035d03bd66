import { describe, expect, it } from "vitest";
import type { ContainerId } from "../../../src/model/ids.ts";
import { compareRules, parseLabels, readPolicy } from "../../../src/policy/index.ts";
import { composeLabels, TRUST } from "./subjects.ts";

describe("parseLabels", () => {
  it("reads every key", () => {
    const { statement, problems } = parseLabels(
      {
        "hyperion.policy": "default-deny",
        "hyperion.mode": "Audit",
        "hyperion.group": "web, edge,web",
        "hyperion.label.app.io/tier": "front end",
        "hyperion.rate.ingress": "200mbit burst 1mb",
        "hyperion.rate.egress": "8kbit",
        "hyperion.offload": "require",
        "hyperion.ingress.sql": "allow tcp/5432",
        "hyperion.egress.0": "deny",
        "com.example.hyperion": "ignored",
      },
      "label",
    );
    expect(problems).toEqual([]);
    expect(statement).toMatchObject({
      posture: "default-deny",
      mode: "audit",
      groups: ["edge", "web"],
      identity: new Map([["app.io/tier", "front end"]]),
      rates: {
        ingress: { bytesPerSecond: 25_000_000, burstBytes: 1_048_576 },
        egress: { bytesPerSecond: 1000, burstBytes: 131_072 },
      },
      offload: "require",
    });
    expect(statement.rules.map(({ direction, name }) => [direction, name])).toEqual([
      ["egress", "0"],
      ["ingress", "sql"],
    ]);
  });

  it.each([
    ["E101", "hyperion.polcy", "x", "hyperion.policy"],
    ["E101", "hyperion.ingres.sql", "x", "hyperion.ingress.sql"],
    ["E101", "hyperion.rates.ingress", "x", "hyperion.rate.ingress"],
    ["E101", "Hyperion.policy", "default-deny", "hyperion.policy"],
    ["E101", "HYPERION.Ingress.sql", "allow tcp/5432", "hyperion.ingress.sql"],
    ["E101", "hyperion.zebra", "x", undefined],
    ["E101", "hyperion.", "x", undefined],
    ["E101", "hyperion.label.", "x", undefined],
    ["E101", "hyperion.ingress.My_Rule", "allow", "hyperion.ingress.my-rule"],
    ["E101", "hyperion.ingress.-", "allow", undefined],
    ["E101", `hyperion.ingress.${"a".repeat(33)}`, "allow", `hyperion.ingress.${"a".repeat(32)}`],
    ["E150", "hyperion.policy", "default-dney", "default-deny"],
    ["E150", "hyperion.mode", "enforced", "enforce"],
    ["E150", "hyperion.offload", "yes", undefined],
    ["E150", "hyperion.group", "web,,edge", undefined],
    ["E150", "hyperion.group", "my group", undefined],
    ["E150", "hyperion.rate.ingress", "0mbit", undefined],
    ["E150", "hyperion.rate.ingress", "fast", undefined],
    ["E150", "hyperion.rate.egress", "2000gbit", undefined],
    ["E150", "hyperion.rate.egress", "1gbit burst 1kb", undefined],
    ["E102", "hyperion.ingress.x", "permit", undefined],
  ])("%s %s=%s", (code, label, value, suggestion) => {
    const { problems } = parseLabels({ [label]: value }, "label");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, label, value, suggestion, carrier: "label" });
  });

  it("reports every wrong label, by key", () => {
    const { problems } = parseLabels(
      { "hyperion.mode": "x", "hyperion.ingress.b": "x", "hyperion.a": "" },
      "label",
    );
    expect(problems.map(({ label }) => label)).toEqual(["hyperion.a", "hyperion.ingress.b", "hyperion.mode"]);
  });
});

describe("readPolicy", () => {
  const container = (labels: Record<string, string>) => ({
    id: "c1" as ContainerId,
    name: "db-1",
    labels,
    inherited: [],
  });

  it("lets driver_opts say what can be said once, and adds rules up", () => {
    const { policy, problems } = readPolicy(
      {
        "hyperion.mode": "audit",
        "hyperion.ingress.a": "allow tcp/1",
        "hyperion.policy": "default-deny-ingress",
      },
      container({
        "hyperion.mode": "enforce",
        "hyperion.group": "web",
        "hyperion.ingress.b": "allow tcp/2",
        "hyperion.policy": "default-allow",
      }),
      TRUST,
      [],
    );
    expect(problems).toEqual([]);
    expect(policy).toMatchObject({ mode: "audit", offload: "prefer", groups: ["web"] });
    expect(policy.rules.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(policy.postures).toEqual([
      { posture: "default-deny-ingress", carrier: "driver_opts" },
      { posture: "default-allow", carrier: "label" },
    ]);
  });

  it("lets driver_opts say who the container is and what its rates are, where both do", () => {
    const said = (value: string, rate: string) => ({
      "hyperion.label.tier": value,
      "hyperion.rate.ingress": rate,
    });
    const own = { ...said("front", "8mbit"), "hyperion.label.env": "dev", "hyperion.rate.egress": "16mbit" };
    const { policy, subject } = readPolicy(said("back", "80mbit"), container(own), TRUST, []);
    expect([...subject.labels].sort()).toEqual([
      ["env", "dev"],
      ["tier", "back"],
    ]);
    expect(policy.rates).toMatchObject({
      ingress: { bytesPerSecond: 10_000_000 },
      egress: { bytesPerSecond: 2_000_000 },
    });
  });

  it("orders equals by their names, whichever carrier they come from", () => {
    const { policy } = readPolicy(
      { "hyperion.ingress.b": "deny" },
      container({ "hyperion.ingress.a": "deny" }),
      TRUST,
      [],
    );
    expect(policy.rules.toSorted(compareRules).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("refuses one rule in two carriers (E140), but not one name in two directions", () => {
    const { problems } = readPolicy(
      { "hyperion.ingress.a": "allow", "hyperion.ingress.b": "allow" },
      container({ "hyperion.ingress.a": "allow", "hyperion.egress.b": "allow" }),
      TRUST,
      [],
    );
    expect(problems.map(({ code, carrier, label }) => [code, carrier, label])).toEqual([
      ["E140", "label", "hyperion.ingress.a"],
    ]);
  });

  it("refuses service:N without a project (E131), and marks it", () => {
    const text = "allow tcp/1 from any, service:api";
    const rule = { "hyperion.ingress.a": text };
    const [problem] = readPolicy({}, container(rule), TRUST, []).problems;
    expect(problem).toMatchObject({ code: "E131", label: "hyperion.ingress.a" });
    expect(text.slice(problem?.span?.start, problem?.span?.end)).toBe("service:api");
    const placed = container({ ...rule, ...composeLabels("p", "s") });
    expect(readPolicy({}, placed, TRUST, []).problems).toEqual([]);
    const named = { "hyperion.ingress.a": "allow from service:p/api" };
    expect(readPolicy({}, container(named), TRUST, []).problems).toEqual([]);
  });
});

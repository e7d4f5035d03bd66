import { describe, expect, it } from "vitest";
import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import type { ContainerId } from "../../../src/model/ids.ts";
import { parseInterfaceAddress, parseIp } from "../../../src/model/ip.ts";
import type { PolicyRow, Row } from "../../../src/model/rows.ts";
import type { WhyAnswer } from "../../../src/observe/admin-view.ts";
import { endpointDocuments } from "../../../src/observe/endpoint-document.ts";
import { endpointsCalled, networkCalled } from "../../../src/observe/endpoint-search.ts";
import { ruleDocuments } from "../../../src/observe/rule-documents.ts";
import { ANSWERS_MAX, explainLive } from "../../../src/observe/why/why.ts";
import { Compiler } from "../../../src/pipeline/index.ts";
import type { RuleCounter } from "../../../src/platform/dataplane/dataplane.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "../pipeline/facts.ts";

const placed = (project: string, service: string, number: number, labels: Record<string, string> = {}) => ({
  ...container(`${project}-${service}-${number}`, {
    "com.docker.compose.project": project,
    "com.docker.compose.service": service,
    "com.docker.compose.config-hash": "1",
    ...labels,
  }),
  id: `${project}${service}${number}`.padEnd(64, "f") as ContainerId,
});

const front = { ...network("front"), id: "ffff0000" as never, index: 1 };
const back = { ...network("back", { gateway: "none" }), id: "bbbb0000" as never, index: 2 };

const DB = { "hyperion.ingress.sql": "allow tcp/5432 from service:web log", "hyperion.mode": "audit" };
const WEB = placed("shop", "web", 1);
const DB1 = placed("shop", "db", 1, DB);
const DB2 = placed("shop", "db", 2, DB);
const BLOG = placed("blog", "web", 1);
const TOOL = container("tool", { "hyperion.egress.none": "deny tcp/5432" });
const WRONG = placed("shop", "bad", 1, { "hyperion.ingress.x": "alow tcp" });

const ENDPOINTS = [
  endpoint(1, back, WEB),
  endpoint(2, back, DB1),
  endpoint(3, back, DB2),
  endpoint(4, front, WEB),
  endpoint(5, front, BLOG),
  endpoint(6, back, TOOL),
  endpoint(7, back, WRONG),
  endpoint(8, back, undefined, { ipv4: undefined, ipv6: parseInterfaceAddress("fd00::8/64") }),
];

/** By the number in its name. */
const at = (index: number) => ENDPOINTS[index - 1] as EndpointFacts;

const GATEWAY = 900;
const FACTS: Facts = {
  ...facts([front, back], ENDPOINTS),
  gateways: new Map([
    [at(1).id, GATEWAY],
    [at(4).id, GATEWAY],
  ]),
  hostAddresses: new Set(["127.0.0.1", "192.0.2.1"].map((ip) => parseIp(ip))),
};

const compile = (some: Facts) => new Compiler(SETTINGS).compile(some, numbering());
const DESIRED = compile(FACTS);
const policyOf = (index: number) => DESIRED.endpoints.get(at(index).id)?.policy ?? 0;
const ROWS = [...DESIRED.groups.values()].flat();
const called = (text: string) => endpointsCalled(text, FACTS, DESIRED).map(({ index }) => index);

describe("endpointsCalled", () => {
  it.each([
    ["tool", [6]],
    ["shop-web-1", [1, 4]],
    ["shop/db", [2, 3]],
    ["db", [2, 3]],
    ["shop/bad", [7]],
    ["10.1.0.5", [5]],
    ["fd00::8", [8]],
    ["shopweb1", [1, 4]],
    ["id-t", [6]],
  ])("finds %s", (text, indices) => {
    expect(called(text)).toEqual(indices);
  });

  it.each([
    ["web", "E191", '"web" may be any of blog/web, shop/web'],
    ["shop", "E191", '"shop" may be any of shop-bad-1, shop-db-1, shop-db-2, shop-web-1'],
    [
      "toll",
      "E190",
      'nothing that Hyperion knows is called "toll"; did you mean tool? (only what runs is known)',
    ],
    ["zzzzzzzzzz", "E190", "see: hyperion endpoints (only what runs is known)"],
    ["id", "E190", "see: hyperion endpoints"],
  ])("does not take %s for anybody", (text, code, message) => {
    expect(() => called(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("finds networks by name and ID", () => {
    expect([networkCalled("back", FACTS), networkCalled("ffff", FACTS)]).toEqual([back, front]);
    expect(() => networkCalled("bb", FACTS)).toThrow(expect.objectContaining({ code: "E190" }));
  });
});

describe("ruleDocuments", () => {
  const counters: RuleCounter[] = [
    {
      policy: policyOf(2),
      rule: 1,
      direction: "ingress",
      packets: 3,
      bytes: 180,
    },
    {
      policy: policyOf(2),
      rule: 0,
      direction: "ingress",
      packets: 2,
      bytes: 120,
    },
    { policy: 999, rule: 0, direction: "ingress", packets: 7, bytes: 7 },
  ];
  const of = (...wanted: EndpointFacts[]) => ruleDocuments(FACTS, DESIRED, counters, wanted);

  it("have names, texts and counts, and all who share them", () => {
    const found = of(at(2));
    const sharers = ["shop-db-1", "shop-db-2"].map((name) => ({
      container: name,
      service: "shop/db",
      network: "back",
    }));
    expect(found).toEqual([
      {
        sharers,
        direction: "ingress",
        tier: "container",
        rule: "sql",
        text: "allow tcp/5432 from service:web log",
        posture: null,
        packets: 3,
        bytes: 180,
      },
      {
        sharers,
        direction: "ingress",
        tier: null,
        rule: null,
        text: null,
        posture: "default-deny (nothing states a posture, and rule sql allows something)",
        packets: 2,
        bytes: 120,
      },
      {
        sharers,
        direction: "egress",
        tier: null,
        rule: null,
        text: null,
        posture: "default-allow (the daemon's default)",
        packets: 0,
        bytes: 0,
      },
    ]);
  });

  it("leave out who is in quarantine", () => {
    expect(of(at(7))).toEqual([]);
    expect(
      of(...ENDPOINTS)
        .flatMap(({ sharers }) => sharers)
        .map(({ container }) => container),
    ).not.toContain("shop-bad-1");
  });
});

describe("endpointDocuments", () => {
  it("say who governs the way out, what was ignored, and why nothing passes", () => {
    const image = { ...TOOL, inherited: ["hyperion.egress.none"] };
    const some = {
      ...FACTS,
      endpoints: new Map([...FACTS.endpoints, [at(6).id, endpoint(6, back, image)]]),
    } as Facts;
    const documents = endpointDocuments(some, compile(some), []);
    expect(documents.map(({ wayOut }) => wayOut)).toEqual([
      { port: GATEWAY, governs: false },
      null,
      null,
      { port: GATEWAY, governs: true },
      ...Array(4).fill(null),
    ]);
    expect(documents.map(({ service }) => service)).toEqual([
      "shop/web",
      "shop/db",
      "shop/db",
      "shop/web",
      "blog/web",
      null,
      "shop/bad",
      null,
    ]);
    expect(documents[5]?.warnings[0]).toMatch(/^W401 tool: label hyperion\.egress\.none\n/);
    expect(documents[6]?.problems[0]).toMatch(
      /^E102 shop-bad-1: label hyperion\.ingress\.x\n {2}alow tcp\n {2}\^{4} /,
    );
    expect(documents.map(({ offload }) => offload).slice(5)).toEqual(["prefer", null, null]);
  });
});

describe("explainLive", () => {
  const ask = (
    from: string,
    to: string,
    more: {
      probe?: string;
      network?: string;
      rows?: readonly Row[];
      facts?: Facts;
      counters?: RuleCounter[];
    } = {},
  ) => {
    const some = more.facts ?? FACTS;
    const question = { from, to, probe: more.probe ?? "tcp/5432", network: more.network };
    const desired = more.facts === undefined ? DESIRED : compile(some);
    const rows = more.rows ?? [...desired.groups.values()].flat();
    return explainLive(question, {
      facts: some,
      desired,
      rows,
      counters: more.counters ?? [],
      settled: true,
    });
  };
  const only = (document: ReturnType<typeof ask>) => {
    expect(document.answers).toHaveLength(1);
    return document.answers[0] as WhyAnswer;
  };

  it("answers from the tables, with the policies' reasons", () => {
    const policy = policyOf(2);
    const counters: RuleCounter[] = [{ policy, rule: 1, direction: "ingress", packets: 4, bytes: 9 }];
    const answer = only(ask("shop/web", "shop-db-1", { counters }));
    expect(answer).toMatchObject({
      network: "back",
      from: "shop-web-1",
      to: "shop-db-1",
      verdict: "allow",
      audit: false,
      egress: {
        verdict: "allow",
        by: "posture",
        text: "default-allow (the daemon's default)",
        remedy: { on: "shop-web-1", action: "set" },
        packets: 0,
      },
      ingress: { verdict: "allow", by: "rule:sql", text: "allow tcp/5432 from service:web log", packets: 4 },
      quarantine: [],
      mismatches: [],
    });
    // It audits: a rule of its own that denies would not keep anything out.
    expect(answer.ingress.remedy).toBeNull();
    expect(answer.explanation).toContain("To deny it:\n  set on shop-web-1  ");
    expect(answer.explanation).toContain("shop-web-1 -> shop-db-1 tcp/5432 on back: allow\n");
  });

  it("has one answer for each pair", () => {
    const { answers, notes } = ask("shop/web", "shop/db", { probe: "tcp/22" });
    expect(answers.map(({ to, verdict, audit }) => [to, verdict, audit])).toEqual([
      ["shop-db-1", "allow", true],
      ["shop-db-2", "allow", true],
    ]);
    expect([answers.flatMap(({ mismatches }) => mismatches), notes]).toEqual([[], []]);
  });

  it("says which side denies, and the label that would change it", () => {
    const answer = only(ask("tool", "shop-web-1"));
    expect(answer).toMatchObject({
      verdict: "deny",
      egress: { verdict: "deny", by: "rule:none" },
      mismatches: [],
    });
    expect(answer.explanation).toContain("hyperion.egress.");
  });

  it("asks who governs the way out about what is outside", () => {
    const out = only(ask("shop-web-1", "world:203.0.113.7"));
    expect(out).toMatchObject({
      network: "front",
      to: "world:203.0.113.7",
      verdict: "allow",
      ingress: { by: null },
      mismatches: [],
    });
    const host = only(ask("host", "10.1.0.1"));
    expect(host).toMatchObject({
      network: "front",
      from: "host:192.0.2.1",
      egress: { by: null },
      mismatches: [],
    });
    expect(only(ask("192.0.2.1", "shop-web-1")).from).toBe("host:192.0.2.1");
    expect(ask("tool", "203.0.113.7")).toMatchObject({
      answers: [],
      notes: ["tool has no way out: nothing passes between it and what is outside"],
    });
  });

  it("says where nobody meets", () => {
    expect(ask("blog/web", "shop/db").notes).toEqual([
      "they are on no network together: nothing passes between them",
    ]);
    expect(ask("shop-web-1", "shop/web").notes).toEqual([
      "they are one container: what it says to itself stays inside",
    ]);
    expect(ask("host", "203.0.113.7").notes).toEqual(["both are outside: Hyperion has no say in it"]);
    expect(ask("shop/web", "shop/db", { network: "front" }).notes).toEqual([
      "they do not meet on network front",
    ]);
    expect(ask("shop-web-1", "blog/web", { network: "front" }).answers).toHaveLength(1);
  });

  it("says why one is quarantined, and that nothing passes", () => {
    const wrong = only(ask("shop/web", "shop/bad"));
    expect(wrong).toMatchObject({
      verdict: "deny",
      explanation: null,
      ingress: { by: null },
      mismatches: [],
    });
    expect(wrong.quarantine).toEqual([expect.stringMatching(/^shop-bad-1 is quarantined: E102 /)]);
    const unknown = only(ask("fd00::8", "tool"));
    expect(unknown).toMatchObject({ verdict: "deny", from: "e8" });
    expect(unknown.quarantine[0]).toContain("Docker has not said yet which container this is");
  });

  it.each([
    ["world", "E192"],
    ["world:10.1.0.2", "E192"],
    ["world:x", "E205"],
    ["web", "E191"],
  ])("does not take %s for an end", (text, code) => {
    expect(() => ask("tool", text)).toThrow(expect.objectContaining({ code }));
    expect(() => ask(text, "tool")).toThrow(expect.objectContaining({ code }));
  });

  it("refuses what is no probe, and a network that nobody knows", () => {
    expect(() => ask("tool", "shop/db", { probe: "tcp" })).toThrow(expect.objectContaining({ code: "E181" }));
    expect(() => ask("tool", "shop/db", { network: "x" })).toThrow(expect.objectContaining({ code: "E190" }));
  });

  it("takes the probe's family from whoever is asked about", () => {
    const six = endpoint(9, back, container("six"), {
      ipv4: undefined,
      ipv6: parseInterfaceAddress("fd00::9/64"),
    });
    const more = container("more", {
      "hyperion.ingress.ping": "allow icmp6/128",
      "hyperion.policy": "default-deny",
    });
    const some = facts([front, back], [...ENDPOINTS, six, endpoint(10, back, more)]);
    expect(only(ask("six", "more", { probe: "icmp", facts: some })).ingress.by).toBe("rule:ping");
    expect(only(ask("tool", "more", { probe: "icmp", facts: some })).ingress.by).toBe("posture");
  });

  it("answers so many pairs and counts the rest", () => {
    const many = Array.from({ length: 12 }, (_, n) => endpoint(n + 20, back, placed("big", "a", n)));
    const document = ask("big/a", "big/a", { facts: facts([back], many) });
    expect([document.answers.length, document.more]).toEqual([ANSWERS_MAX, 12 * 11 - ANSWERS_MAX]);
  });

  describe("where the tables are not what they should be", () => {
    const isSql = (row: Row): row is PolicyRow => row.table === "policy" && row.port === 5432 && row.log;

    it("says what they say, and what they should", () => {
      expect(ROWS.some(isSql)).toBe(true);
      const lost = only(ask("shop/web", "shop-db-1", { rows: ROWS.filter((row) => !isSql(row)) }));
      expect(lost.mismatches).toEqual([
        "ingress of shop-db-1: the tables say allow (would deny) by posture, the policy says allow by rule:sql",
      ]);
      const turned = ROWS.map((row) => (isSql(row) ? { ...row, rule: 9 } : row));
      expect(only(ask("shop/web", "shop-db-1", { rows: turned })).mismatches).toEqual([
        "ingress of shop-db-1: the tables say allow by an unknown rule (9), the policy says allow by rule:sql",
      ]);
    });

    it("says that an endpoint is not in them", () => {
      const rows = ROWS.filter((row) => row.table !== "endpoint" || row.endpoint !== 2);
      expect(only(ask("shop/web", "shop-db-1", { rows }))).toMatchObject({
        verdict: "deny",
        mismatches: ["ingress of shop-db-1: the data plane has no row of this endpoint"],
      });
    });

    it("says that they let quarantine pass", () => {
      const rows = ROWS.map(
        (row): Row =>
          row.table === "endpoint" && row.endpoint === 7
            ? { ...row, mode: "enforce", ingressDeny: false }
            : row,
      );
      expect(only(ask("shop/web", "shop/bad", { rows })).mismatches).toEqual([
        "ingress of shop-bad-1: it is quarantined, and the tables let it pass",
      ]);
    });

    it("says that nobody decides on the way out", () => {
      const rows = ROWS.filter((row) => row.table !== "port" || row.kind !== "gateway");
      expect(only(ask("shop-web-1", "203.0.113.7", { rows })).mismatches).toEqual([
        `the data plane decides nothing on port ${GATEWAY}, the way out of shop-web-1`,
      ]);
    });
  });
});

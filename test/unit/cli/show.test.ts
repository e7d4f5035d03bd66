import { describe, expect, it } from "vitest";
import type { AccessDocument } from "../../../src/admin/index.ts";
import { formatDrops } from "../../../src/cli/show/drops.ts";
import { formatBytes, formatEndpoints } from "../../../src/cli/show/endpoints.ts";
import { formatEvent } from "../../../src/cli/show/events.ts";
import { formatFlows } from "../../../src/cli/show/flows.ts";
import { formatNetworks } from "../../../src/cli/show/networks.ts";
import { formatApplied, formatPlan, formatPolicies } from "../../../src/cli/show/policies.ts";
import { formatRules } from "../../../src/cli/show/rules.ts";
import { formatDuration, formatStatus } from "../../../src/cli/show/status.ts";
import { formatWhy } from "../../../src/cli/show/why.ts";
import { formatTable } from "../../../src/cli/table.ts";
import type { EndpointDocument, NetworkDocument, NicDocument } from "../../../src/observe/admin-view.ts";
import { ANSWER, FLOW, NIC, RULE, STATUS } from "./documents.ts";

describe("a table", () => {
  it("is as wide as its widest cells, with nothing after the last", () => {
    expect(formatTable(["A", "LONG"], [["longer", "x"], ["b"]])).toBe("A       LONG\nlonger  x\nb\n");
  });

  it("may have any number of rows", () => {
    const rows = Array.from({ length: 300_000 }, () => ["xx"]);
    expect(formatTable(["A"], rows)).toHaveLength(2 + 3 * rows.length);
  });

  it("counts columns, and not characters", () => {
    expect(
      formatTable(
        ["A", "B"],
        [
          ["网络", "x"],
          ["e\u0301", "y"],
        ],
      ),
    ).toBe("A     B\n网络  x\ne\u0301     y\n");
  });

  it("without rows is its header", () => {
    expect(formatTable(["A", "B"], [])).toBe("A  B\n");
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.00 kB"],
    [1_236, "1.24 kB"],
    [999_499, "999 kB"],
    [999_999, "1.00 MB"],
    [123_456_789, "123 MB"],
    [Number.MAX_SAFE_INTEGER, "9.01 PB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [-5, "0s"],
    [999, "0s"],
    [61_000, "1m 1s"],
    [3_600_000, "1h 0m"],
    [90_061_000, "1d 1h"],
    [59_000, "59s"],
  ])("%i ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("status", () => {
  it("fits on a screen", () => {
    expect(formatStatus(STATUS, 62_000)).toBe(`daemon:      version 0.1.0, pid 7, up 1m 2s
data plane:  ebpf, tables adopted, up to date
connections: 3 of 1024
docker:      unix:///var/run/docker.sock, engine 29.1.0
networks:    1
endpoints:   2
policies:    1
flows:       12 learned
VFs:         2 used, 16 warm, limit 4096
events lost: 0
`);
  });

  const withNic = (more: Partial<NicDocument>) => {
    const dataplane = { ...STATUS.dataplane, backend: "doca", nic: { ...NIC, ...more } };
    return formatStatus({ ...STATUS, dataplane }, 0).split("\n")[3];
  };

  it("says what a NIC does, where there is one", () => {
    expect(withNic({})).toBe(
      "NIC:         312 entries, 120 of connections; 4 210 packets decided in software, 0 lost",
    );
  });

  it("says when a NIC is full or refuses", () => {
    expect(withNic({ connectionsRefused: 1_234_567, failed: 2 })).toMatch(
      / 0 lost; FULL: 1 234 567 times no room; 2 operations refused$/,
    );
  });

  it("is loud about what is not well", () => {
    const text = formatStatus(
      {
        ...STATUS,
        quarantined: 1,
        reconciled: false,
        docker: { host: "tcp://192.0.2.1:2375", connected: false, version: null },
      },
      0,
    );
    expect(text).toContain("BEHIND: see the log");
    expect(text).toContain("tcp://192.0.2.1:2375, NOT CONNECTED: new containers stay quarantined");
    expect(text).toContain("endpoints:   2, 1 quarantined");
  });

  it("says when Docker is not used, and when its version is not known", () => {
    const docker = { host: null, connected: false, version: null };
    expect(formatStatus({ ...STATUS, docker }, 0)).toContain("docker:      not used");
    const silent = { host: "unix:///d.sock", connected: true, version: null };
    expect(formatStatus({ ...STATUS, docker: silent }, 0)).toContain("unix:///d.sock, connected");
  });
});

const ENDPOINT = {
  id: "e1".padEnd(64, "0"),
  networkId: "a1".padEnd(64, "0"),
  networkName: null,
  container: null,
  mode: "quarantine",
  problems: ["Docker has not said yet which container this is"],
  warnings: [],
  wayOut: null,
  mac: "02:42:0a:01:00:02",
  ipv4: "10.1.0.2",
  ipv6: null,
  vf: "hyv1",
  representor: "hyr1",
  identity: null,
  sentPackets: 0,
  sentBytes: 1_500,
  receivedPackets: 0,
  receivedBytes: 0,
} as unknown as EndpointDocument;

describe("endpoints", () => {
  it("show IDs where names are not known, and why one is quarantined", () => {
    const lines = formatEndpoints([ENDPOINT]).split("\n");
    expect(lines[1]).toMatch(
      /^\(e10000000000\) +a10000000000 +10\.1\.0\.2 +- +02:42:0a:01:00:02 +hyv1 +quarantine +- +- +1\.50 kB +0 B$/,
    );
    expect(lines.slice(3, 5)).toEqual([
      "e10000000000 is quarantined:",
      "Docker has not said yet which container this is",
    ]);
  });
});

describe("endpoints that run", () => {
  const line = (more: Partial<EndpointDocument>) =>
    formatEndpoints([{ ...ENDPOINT, mode: "learn", problems: [], ...more }]).split("\n");

  it("show whether they govern the way out, and labels that were ignored", () => {
    expect(line({ wayOut: { port: 9, governs: true } })[1]).toMatch(/ learn +yes /);
    expect(line({ wayOut: { port: 9, governs: false } })[1]).toMatch(/ learn +other /);
    expect(line({ warnings: ["W401 web: label x\n  comes from the image"] }).slice(2)).toEqual([
      "",
      "W401 web: label x",
      "  comes from the image",
      "",
    ]);
  });
});

describe("what labels say", () => {
  it("lets no control character through", () => {
    const evil = 'allow comment "\u001b[2J"';
    const shown = [
      formatRules([{ ...RULE, text: evil }]),
      formatWhy({
        from: "a",
        to: "b",
        probe: "tcp/80",
        answers: [{ ...ANSWER, explanation: `${evil}\n` }],
        more: 0,
        notes: [],
        settled: true,
      }),
      formatEndpoints([{ ...ENDPOINT, warnings: [evil] }]),
      formatEvent({ event: "log", timeMs: 0, message: evil }),
      formatRules([{ ...RULE, sharers: [{ container: "a", service: evil, network: "n" }] }]),
      formatFlows([{ ...FLOW, owner: { ...FLOW.owner, service: evil } }]),
      formatPlan({
        name: "p",
        base: 0,
        unchanged: false,
        access: {
          lost: 1,
          gained: 0,
          pairs: [{ network: "n", from: evil, to: "b", change: "loses", what: "any" }],
          skipped: [],
        },
      }),
    ];
    for (const text of shown) {
      expect(text).not.toContain("\u001b");
      expect(text).toContain("\\u001b[2J");
    }
  });
});

describe("rules", () => {
  it("show who shares them, tiers but the containers' own, and what made the posture so", () => {
    const [first] = RULE.sharers;
    const sharers = ["a", "b", "c"].map((container) => ({ container, service: null, network: container }));
    const posture = { ...RULE, tier: null, rule: null, text: null, posture: "default-deny (label x)" };
    const lines = formatRules([
      RULE,
      { ...RULE, tier: "admin", sharers: first === undefined ? [] : [first] },
      { ...posture, sharers },
    ]).split("\n");
    expect(lines[1]).toMatch(
      /^shop\/db +shop_default +ingress +sql +3 +180 B +allow tcp\/5432 from service:api$/,
    );
    expect(lines[2]).toMatch(/^shop\/db +shop_default +ingress +admin:sql /);
    expect(lines[3]).toMatch(/^a and 2 more +a,b,c +ingress +posture .* default-deny \(label x\)$/);
  });
});

describe("flows", () => {
  it("show services, containers and addresses", () => {
    const icmp = {
      ...FLOW,
      peer: { address: "192.0.2.1", host: true },
      protocol: "icmp",
      port: 0x800,
    } as const;
    const other = {
      ...FLOW,
      peer: { address: "203.0.113.7", host: false },
      protocol: "other",
      port: 0,
    } as const;
    const lines = formatFlows([FLOW, icmp, other]).split("\n");
    expect(lines[1]).toMatch(
      /^shop\/db +ingress +tool +tcp\/5432 +3 +1970-01-01T00:00:00\.000Z +1970-01-01T00:01:00/,
    );
    expect(lines[2]).toMatch(/ host:192\.0\.2\.1 +icmp\/8:0 /);
    expect(lines[3]).toMatch(/ world:203\.0\.113\.7 +other /);
  });

  it("that were forgotten are said in the status", () => {
    expect(formatStatus({ ...STATUS, flows: { known: 9, forgotten: 2 } }, 0)).toContain(
      "flows:       9 learned, 2 FORGOTTEN for want of room\n",
    );
  });
});

describe("why", () => {
  const document = {
    from: "a",
    to: "b",
    probe: "tcp/80",
    answers: [ANSWER],
    more: 0,
    notes: [],
    settled: true,
  };

  it("shows the explanation and how often it was decided so", () => {
    expect(formatWhy(document)).toBe(`${ANSWER.explanation}Decided so: egress 0, ingress 3 times.\n`);
    const outside = { ...ANSWER, egress: { ...ANSWER.egress, by: null } };
    expect(formatWhy({ ...document, answers: [outside] })).toContain("Decided so: ingress 3 times.\n");
  });

  it("is loud about tables that are not as they should be", () => {
    const wrong = { ...ANSWER, verdict: "deny" as const, mismatches: ["ingress of b: no row"] };
    expect(formatWhy({ ...document, answers: [wrong] })).toMatch(
      /: allow\n[\s\S]*\nIn the data plane: deny\nNOT AS THE POLICIES SAY: ingress of b: no row\n$/,
    );
    expect(formatWhy({ ...document, answers: [wrong], settled: false })).toMatch(
      /tried again: see the log\n$/,
    );
    expect(formatWhy({ ...document, settled: false })).not.toContain("see the log");
  });

  it("says who is quarantined, what is left out and who meets nobody", () => {
    const silent = {
      ...ANSWER,
      explanation: null,
      verdict: "deny" as const,
      quarantine: ["b is quarantined: x"],
    };
    expect(formatWhy({ ...document, answers: [silent] })).toContain(
      "shop-web-1 -> shop-db-1 on shop_default: deny\nDecided so: egress 0, ingress 3 times.\nb is quarantined: x\n",
    );
    expect(formatWhy({ ...document, more: 2, notes: ["a has no way out"] })).toMatch(
      /\n… and 2 more pairs; name one container of each\n\na has no way out\n$/,
    );
  });
});

describe("admin policies", () => {
  const access = { lost: 0, gained: 0, pairs: [], skipped: [] };
  const plan = (more: Partial<AccessDocument>) =>
    formatPlan({ name: "base", base: 0, unchanged: false, access: { ...access, ...more } });
  const pair = { network: "n", from: "a", to: "b", change: "loses", what: "tcp/23" } as const;

  it("show who loses and who gains", () => {
    expect(plan({})).toBe("nobody who runs loses or gains access\n");
    expect(plan({ lost: 1, pairs: [pair] })).toBe(
      "1 pair loses access\n   NETWORK  FROM  TO  WHAT\n-  n        a     b   tcp/23\n",
    );
    expect(plan({ lost: 2, gained: 1, pairs: [pair, { ...pair, change: "gains" }] })).toBe(
      "2 pairs lose, 1 pair gains access\n   NETWORK  FROM  TO  WHAT\n-  n        a     b   tcp/23\n+  n        a     b   tcp/23\n… and 1 more\n",
    );
    expect(plan({ skipped: ["big"] })).toContain("not compared, as too many are on it: big\n");
  });

  it("say when they are not in force everywhere", () => {
    const applied = { name: "base", version: 2, changed: true, pending: null };
    expect(formatApplied(applied, "applied")).toBe("base is applied: version 2\n");
    expect(formatApplied({ ...applied, pending: "no room" }, "applied")).toContain("NOT IN FORCE EVERYWHERE");
  });

  it("are listed", () => {
    const policy = { name: "base", version: 2, tier: "admin", rules: [], appliedAtMs: 0 } as const;
    expect(formatPolicies([policy]).split("\n")[1]).toBe(
      "base    2        admin  0      1970-01-01T00:00:00.000Z",
    );
  });
});

describe("networks", () => {
  it("show what is set and a dash for what is not", () => {
    const network = {
      id: "a1".padEnd(64, "0"),
      name: "shop",
      subnets: [{ prefix: "10.1.0.0/24" }, { prefix: "fd00::/64" }],
      internal: true,
      gateway: "docker",
      mtuBytes: 1500,
      posture: null,
      multicast: true,
      endpoints: 2,
    } as unknown as NetworkDocument;
    expect(formatNetworks([network]).split("\n")[1]).toMatch(
      /^shop +a10000000000 +10\.1\.0\.0\/24,fd00::\/64 +1500 +internal +- +on +2$/,
    );
  });
});

describe("drops", () => {
  it("come with most packets first", () => {
    const drop = (containerName: string | null, packets: number) => ({
      endpointId: null,
      containerName,
      reason: "POLICY_INGRESS" as never,
      packets,
      bytes: 60,
    });
    const lines = formatDrops([drop("web", 1), drop(null, 3)]).split("\n");
    expect(lines[1]).toMatch(/^- .* 3 /);
    expect(lines[2]).toMatch(/^web .* 1 /);
  });

  it("as events have their time, their kind and what is known", () => {
    expect(formatEvent({ event: "drop", timeMs: 0, reason: "SPOOF", rule: null, port: 80 })).toBe(
      "1970-01-01T00:00:00.000Z drop  reason=SPOOF port=80",
    );
  });
});

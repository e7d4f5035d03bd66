import { describe, expect, it } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import {
  type Direction,
  decide,
  decidePosture,
  outsideAt,
  type Probe,
  type Remote,
} from "../../../src/policy/index.ts";
import { composeLabels, ownerOf, subject } from "./subjects.ts";

/** Labels as people write them, and what they come to. */
interface Example {
  readonly labels: Readonly<Record<string, string>>;
  readonly ingress: "allow" | "deny";
  readonly egress: "allow" | "deny";
  /** What passes, and what does not. */
  readonly passes: readonly [Direction, string, Remote][];
  readonly drops: readonly [Direction, string, Remote][];
}

const at = (address: string) => outsideAt(parseIp(address), new Set([parseIp("192.0.2.1")]));
const API = subject({ project: "shop", service: "api", groups: new Set(["app"]) });
const OTHER_API = subject({ project: "blog", service: "api" });
const FRONT = subject({ labels: new Map([["tier", "front"]]) });
const DEV = subject({
  labels: new Map([
    ["tier", "front"],
    ["env", "dev"],
  ]),
});

const EXAMPLES: Readonly<Record<string, Example>> = {
  "a web tier": {
    labels: {
      "hyperion.group": "web",
      "hyperion.ingress.https": "allow tcp/443 from world",
      "hyperion.ingress.ssh": "allow tcp/22 from 10.20.0.0/16 log",
    },
    ingress: "deny",
    egress: "allow",
    passes: [
      ["ingress", "tcp/443", at("203.0.113.9")],
      ["ingress", "tcp/22", at("10.20.5.1")],
      ["egress", "tcp/22", API],
    ],
    drops: [
      ["ingress", "tcp/443", at("192.0.2.1")],
      ["ingress", "tcp/443", API],
      ["ingress", "tcp/22", at("10.21.0.1")],
      ["ingress", "tcp/80", at("203.0.113.9")],
    ],
  },
  "a database: only the api service of the same project": {
    labels: { "hyperion.policy": "default-deny", "hyperion.ingress.sql": "allow tcp/5432 from service:api" },
    ingress: "deny",
    egress: "deny",
    passes: [["ingress", "tcp/5432", API]],
    drops: [
      ["ingress", "tcp/5432", OTHER_API],
      ["ingress", "tcp/5432", at("10.0.0.1")],
      ["ingress", "tcp/22", API],
      ["egress", "tcp/443", at("203.0.113.9")],
    ],
  },
  "closed egress, DNS and one partner": {
    labels: {
      "hyperion.policy": "default-deny-egress",
      "hyperion.egress.dns": "allow udp/53,tcp/53 to world",
      "hyperion.egress.partner": "allow tcp/443 to 203.0.113.0/24",
    },
    ingress: "allow",
    egress: "deny",
    passes: [
      ["egress", "udp/53", at("9.9.9.9")],
      ["egress", "tcp/53", at("2620:fe::fe")],
      ["egress", "tcp/443", at("203.0.113.77")],
      ["ingress", "tcp/1", API],
    ],
    drops: [
      ["egress", "udp/53", at("192.0.2.1")],
      ["egress", "tcp/443", at("203.0.114.1")],
      ["egress", "tcp/443", API],
    ],
  },
  "memcached: the CVE-2016-8704 case": {
    labels: {
      "hyperion.ingress.app": "allow tcp/11211 from group:app",
      "hyperion.ingress.udp": 'deny udp from any prio 10 log comment "no amplification"',
    },
    ingress: "deny",
    egress: "allow",
    passes: [["ingress", "tcp/11211", API]],
    drops: [
      ["ingress", "udp/11211", API],
      ["ingress", "udp/11211", at("203.0.113.9")],
      ["ingress", "udp/1", undefined],
      ["ingress", "tcp/11211", OTHER_API],
    ],
  },
  "trying before enforcing": {
    labels: {
      "hyperion.mode": "audit",
      "hyperion.ingress.rpc": 'allow tcp/7000-7100 from tier in("front","batch") & env!=dev',
    },
    ingress: "deny",
    egress: "allow",
    passes: [
      ["ingress", "tcp/7000", FRONT],
      ["ingress", "tcp/7100", FRONT],
    ],
    drops: [
      ["ingress", "tcp/7101", FRONT],
      ["ingress", "tcp/7000", DEV],
      ["ingress", "tcp/7000", API],
    ],
  },
};

function probe(text: string): Probe {
  const [protocol, port] = text.split("/");
  return { protocol: protocol as Probe["protocol"], port: Number(port) };
}

describe.each(Object.entries(EXAMPLES))("%s", (_, { labels, ingress, egress, passes, drops }) => {
  const owner = ownerOf({ ...composeLabels("shop", "x"), ...labels });

  it("leads to the postures", () => {
    expect(decidePosture(owner, "ingress").verdict).toBe(ingress);
    expect(decidePosture(owner, "egress").verdict).toBe(egress);
  });

  it.each(passes)("passes %s %s", (direction, text, remote) => {
    expect(decide(owner, direction, remote, probe(text)).verdict).toBe("allow");
  });

  it.each(drops)("drops %s %s", (direction, text, remote) => {
    expect(decide(owner, direction, remote, probe(text)).verdict).toBe("deny");
  });
});

import { expect, it } from "vitest";
import type { ContainerId } from "../../../src/model/ids.ts";
import { decidePosture, readPolicy } from "../../../src/policy/index.ts";
import { composeLabels, TRUST } from "./subjects.ts";

/** Labels as people write them, with the postures of ingress and egress that they lead to. */
it.each([
  [
    "a web tier",
    {
      "hyperion.group": "web",
      "hyperion.ingress.https": "allow tcp/443 from world",
      "hyperion.ingress.ssh": "allow tcp/22 from 10.20.0.0/16 log",
    },
    "deny",
    "allow",
  ],
  [
    "a database: only the api service of the same project",
    { "hyperion.policy": "default-deny", "hyperion.ingress.sql": "allow tcp/5432 from service:api" },
    "deny",
    "deny",
  ],
  [
    "closed egress, DNS and one partner",
    {
      "hyperion.policy": "default-deny-egress",
      "hyperion.egress.dns": "allow udp/53,tcp/53 to world",
      "hyperion.egress.partner": "allow tcp/443 to 203.0.113.0/24",
    },
    "allow",
    "deny",
  ],
  [
    "memcached without amplification",
    {
      "hyperion.ingress.app": "allow tcp/11211 from group:app",
      "hyperion.ingress.udp": 'deny udp from any prio 10 log comment "no amplification"',
    },
    "deny",
    "allow",
  ],
  [
    "trying before enforcing",
    {
      "hyperion.mode": "audit",
      "hyperion.ingress.rpc": 'allow tcp/7000-7100 from tier in("front","batch") & env!=dev',
    },
    "deny",
    "allow",
  ],
])("reads %s", (_, labels, ingress, egress) => {
  const project = composeLabels("shop", "x");
  const container = { id: "c" as ContainerId, name: "c", labels: { ...project, ...labels }, inherited: [] };
  const { policy, subject, problems } = readPolicy({}, container, TRUST, []);
  expect(problems).toEqual([]);
  const network = { name: "shop_default", compose: undefined, posture: undefined };
  const owner = { policy, subject, network, defaultPosture: "default-allow" } as const;
  expect(decidePosture(owner, "ingress").verdict).toBe(ingress);
  expect(decidePosture(owner, "egress").verdict).toBe(egress);
});

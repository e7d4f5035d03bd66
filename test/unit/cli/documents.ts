import type {
  FlowDocument,
  NicDocument,
  RuleDocument,
  StatusDocument,
  WhyAnswer,
} from "../../../src/observe/admin-view.ts";

export const STATUS: StatusDocument = {
  version: "0.1.0",
  pid: 7,
  startedAtMs: 0,
  dataplane: {
    backend: "ebpf",
    adopted: true,
    connections: 3,
    connectionsMax: 1024,
    eventsLost: 0,
    nic: null,
  },
  docker: { host: "unix:///var/run/docker.sock", connected: true, version: "29.1.0" },
  networks: 1,
  endpoints: 2,
  quarantined: 0,
  policies: 1,
  flows: { known: 12, forgotten: 0 },
  vfs: { used: 2, warm: 16, limit: 4096 },
  reconciled: true,
  reconcile: { passes: 1, steps: 0, failures: 0, rows: 9 },
};

export const NIC: NicDocument = {
  entries: 312,
  connections: 120,
  added: 400,
  updated: 10,
  removed: 88,
  failed: 0,
  connectionsAdded: 200,
  connectionsRefused: 0,
  carried: 1_000_000,
  punted: 4_210,
  lost: 0,
};

export const RULE: RuleDocument = {
  sharers: [
    { container: "shop-db-1", service: "shop/db", network: "shop_default" },
    { container: "shop-db-2", service: "shop/db", network: "shop_default" },
  ],
  direction: "ingress",
  tier: "container",
  rule: "sql",
  text: "allow tcp/5432 from service:api",
  posture: null,
  packets: 3,
  bytes: 180,
};

export const FLOW: FlowDocument = {
  owner: { container: null, project: "shop", service: "db", groups: [] },
  direction: "ingress",
  peer: { container: "tool", project: null, service: null, groups: ["ops"] },
  protocol: "tcp",
  port: 5432,
  packets: 3,
  firstSeenMs: 0,
  lastSeenMs: 60_000,
};

export const ANSWER: WhyAnswer = {
  network: "shop_default",
  from: "shop-web-1",
  to: "shop-db-1",
  verdict: "allow",
  audit: false,
  egress: { verdict: "allow", audit: false, by: "posture", text: null, remedy: null, packets: 0 },
  ingress: {
    verdict: "allow",
    audit: false,
    by: "rule:sql",
    text: "allow tcp/5432 from service:web",
    remedy: {
      action: "set",
      label: "hyperion.ingress.web",
      value: "deny tcp/5432 from service:web",
      on: "shop-db-1",
    },
    packets: 3,
  },
  explanation: "shop-web-1 -> shop-db-1 tcp/5432 on shop_default: allow\n",
  quarantine: [],
  mismatches: [],
};

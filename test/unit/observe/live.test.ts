import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { parseIp } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import type { EndpointRow } from "../../../src/model/rows.ts";
import type { AdminView } from "../../../src/observe/admin-view.ts";
import type { PacketEvent } from "../../../src/platform/dataplane/dataplane.ts";
import { idOf, World } from "../../world.ts";

/*
 * What a person asks of a daemon that runs: the whole engine on a machine made of memory, whose data
 * plane counts and reports what the test says.
 */

const NET = idOf<NetworkId>("n1");
const CONTAINERS = [
  ["web", { "hyperion.mode": "learn" }],
  ["db", { "hyperion.ingress.sql": "allow tcp/5432 from service:web" }],
] as const;

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.createNetwork(NET, ["10.1.0.0/16"], { name: "shop_default" });
  for (const [n, [service, labels]] of CONTAINERS.entries()) {
    const container = idOf<ContainerId>(`c${n}`);
    world.docker?.addContainer({
      id: container,
      name: `shop-${service}-1`,
      labels: {
        ...labels,
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.config-hash": "1",
      },
    });
    await world.createEndpoint(NET, idOf<EndpointId>(`e${n}`), { Address: `10.1.0.${n + 2}/16` });
    await world.joinContainer(NET, idOf<EndpointId>(`e${n}`), container);
  }
  await expect.poll(async () => (await world.status()).quarantined).toBe(0);
});

afterEach(() => world.stop());

const view = (): AdminView => world.life.engine.view;

/** The endpoint rows of web and db. */
function rows(): readonly EndpointRow[] {
  return [...world.rows("endpoint")].sort((a, b) => (String(a.ipv4) < String(b.ipv4) ? -1 : 1));
}

function flow(over: Partial<PacketEvent> = {}): PacketEvent {
  const [web, db] = rows();
  return {
    type: "flow",
    timeNs: 0n,
    reason: "NONE",
    network: web?.network ?? 0,
    endpoint: web?.endpoint ?? 0,
    peer: db?.endpoint ?? 0,
    policy: web?.policy ?? 0,
    rule: 0,
    bytes: 74,
    etherType: 0x0800,
    protocol: 6,
    direction: "egress",
    source: parseIp("10.1.0.2"),
    destination: parseIp("10.1.0.3"),
    sourcePort: 40000,
    destinationPort: 5432,
    sourceMac: parseMac("02:42:0a:01:00:02"),
    ...over,
  };
}

describe("flows", () => {
  it("of a learning container are remembered, over a restart too, and can be forgotten", async () => {
    const outside = { peer: 0, destination: parseIp("203.0.113.7"), destinationPort: 443 };
    world.tables.events.push(flow(), flow(), flow(outside));
    await expect.poll(() => view().flows().length).toBe(2);
    const web = { container: null, project: "shop", service: "web", groups: [] };
    expect(view().flows()).toMatchObject([
      {
        owner: web,
        direction: "egress",
        peer: { address: "203.0.113.7", host: false },
        port: 443,
        packets: 1,
      },
      { owner: web, peer: { project: "shop", service: "db" }, protocol: "tcp", port: 5432, packets: 2 },
    ]);
    expect((await world.status()).flows).toEqual({ known: 2, forgotten: 0 });
    expect(
      view()
        .recentEvents()
        .filter(({ event }) => event === "flow"),
    ).toMatchObject([
      { container: "shop-web-1", peer: "shop-db-1", network: "shop_default", direction: "egress" },
      { peer: "shop-db-1" },
      { peer: "203.0.113.7" },
    ]);
    expect(world.log.filter(({ event }) => event.startsWith("packet."))).toEqual([]);
    await world.stop();
    await world.start();
    expect(view().flows()).toHaveLength(2);
    await view().clearFlows();
    expect([view().flows(), world.keys("flows/")]).toEqual([[], []]);
  });

  it("are still there when the store does not let them be forgotten", async () => {
    world.tables.events.push(flow());
    await expect.poll(() => world.keys("flows/").length).toBe(1);
    world.life.store.failNth(1);
    await expect(view().clearFlows()).rejects.toMatchObject({ code: "E709" });
    expect(view().flows()).toHaveLength(1);
  });
});

describe("rules", () => {
  it("have the data plane's counts, admin policies included", async () => {
    const rules = [{ name: "no-telnet", applies: "containers", ingress: "deny tcp/23" }];
    await world.life.engine.policies.put("base", { tier: "admin", rules }, 0);
    const [, db] = rows();
    const counter = { policy: db?.policy ?? 0, direction: "ingress", packets: 5, bytes: 300 } as const;
    world.tables.ruleCounters.set("1", { ...counter, rule: 1 });
    world.tables.ruleCounters.set("2", { ...counter, rule: 2, packets: 7 });
    const found = (await view().rules("shop/db")).filter(({ direction }) => direction === "ingress");
    expect(found.map(({ tier, rule, packets }) => [tier, rule, packets])).toEqual([
      ["admin", "no-telnet", 5],
      ["container", "sql", 7],
      [null, null, 0],
    ]);
    await expect(view().rules("nobody")).rejects.toMatchObject({ code: "E190" });
    expect((await view().rules(undefined)).length).toBeGreaterThan(found.length);
    expect((await world.status()).policies).toBe(1);
  });
});

describe("why", () => {
  const ask = (from: string, to: string, probe = "tcp/5432") =>
    view().why({ from, to, probe, network: undefined });

  it("is answered from what the data plane holds", async () => {
    const [allowed] = (await ask("shop/web", "shop/db")).answers;
    expect(allowed).toMatchObject({ verdict: "allow", ingress: { by: "rule:sql" }, mismatches: [] });
    const [denied] = (await ask("shop/web", "shop/db", "tcp/22")).answers;
    expect(denied).toMatchObject({ verdict: "deny", ingress: { by: "posture" }, mismatches: [] });
    const rules = [{ name: "no-sql", applies: "service:shop/db", ingress: "deny tcp/5432" }];
    await world.life.engine.policies.put("base", { tier: "admin", rules }, 0);
    const [overruled] = (await ask("shop/web", "shop/db")).answers;
    expect(overruled).toMatchObject({ verdict: "deny", ingress: { by: "admin:no-sql" }, mismatches: [] });
    expect(overruled?.explanation).toContain("no label can; an admin policy decides");
  });

  it("finds what does not belong into the tables, and what is missing there", async () => {
    const policy = world.tables.rows.policy;
    const [key, row] = [...policy].find(([, row]) => row.table === "policy" && row.verdict === "allow") ?? [];
    policy.delete(key ?? "");
    const [lost] = (await ask("shop/web", "shop/db")).answers;
    expect(lost).toMatchObject({
      verdict: "deny",
      mismatches: [expect.stringContaining("the tables say deny by posture")],
    });
    policy.set(key ?? "", { ...row, verdict: "deny" } as never);
    const [turned] = (await ask("shop/web", "shop/db")).answers;
    expect(turned?.mismatches).toEqual([expect.stringContaining("the policy says allow by rule:sql")]);
    // What was found wrong is put right, and said.
    expect((await ask("shop/web", "shop/db")).answers[0]).toMatchObject({ verdict: "allow", mismatches: [] });
    expect(world.log.filter(({ event }) => event === "dataplane.differs")).toHaveLength(2);
  });

  it("says when the tables are behind", async () => {
    world.life.operations.failRows(({ row }) => row.table === "policy");
    const rules = [{ name: "no-sql", applies: "containers", ingress: "deny tcp/5432" }];
    expect(await world.life.engine.policies.put("base", { tier: "admin", rules }, 0)).toMatchObject({
      pending: expect.stringContaining("policy"),
    });
    const behind = await ask("shop/web", "shop/db");
    expect(behind.settled).toBe(false);
    expect(behind.answers[0]?.mismatches).toHaveLength(1);
    world.life.operations.heal();
    await expect.poll(async () => (await ask("shop/web", "shop/db")).settled).toBe(true);
    expect((await ask("shop/web", "shop/db")).answers[0]).toMatchObject({ verdict: "deny", mismatches: [] });
  });
});

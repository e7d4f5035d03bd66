import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PolicyAdministration } from "../../../src/admin/index.ts";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { idOf, World } from "../../world.ts";

const NET = idOf<NetworkId>("n1");

const DOCUMENT = {
  tier: "admin",
  rules: [{ name: "no-telnet", applies: "containers", ingress: "deny tcp/23 from any log" }],
};

let world: World;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-policies-"));
});
afterEach(async () => {
  await world.stop();
  rmSync(directory, { recursive: true });
});

const policies = (): PolicyAdministration => world.life.engine.policies;
const fails = (code: string) => expect.objectContaining({ code });

/** Two containers of a project on one network, in force. */
async function twoContainers(): Promise<void> {
  await world.createNetwork(NET, ["10.1.0.0/16"], {
    name: "shop_default",
    options: { "hyperion.gateway": "none" },
  });
  for (const [n, service] of ["web", "db"].entries()) {
    const container = idOf<ContainerId>(`c${n}`);
    const endpoint = idOf<EndpointId>(`e${n}`);
    world.docker?.addContainer({
      id: container,
      name: `shop-${service}-1`,
      labels: {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.config-hash": "1",
      },
    });
    await world.createEndpoint(NET, endpoint, { Address: `10.1.0.${n + 2}/16` });
    await world.joinContainer(NET, endpoint, container);
  }
  await expect.poll(async () => (await world.status()).quarantined).toBe(0);
}

const deniesTelnet = () =>
  world.rows("policy").some((row) => row.direction === "ingress" && row.verdict === "deny" && row.log);

describe("admin policies", () => {
  it("are in the data plane when the answer comes, and gone when it is no more", async () => {
    world = await World.open();
    await twoContainers();
    const applied = await policies().put("base", DOCUMENT, 0);
    expect(applied).toEqual({ name: "base", version: 1, changed: true, pending: null });
    expect(deniesTelnet()).toBe(true);
    expect(await policies().put("base", DOCUMENT, 1)).toMatchObject({ version: 1, changed: false });
    expect(await policies().remove("base", 1)).toMatchObject({ version: 2, pending: null });
    expect(deniesTelnet()).toBe(false);
    expect(world.log.filter(({ event }) => event === "policy.changed")).toHaveLength(2);
  });

  it("say before who loses and who gains", async () => {
    world = await World.open();
    await twoContainers();
    const plan = policies().plan("base", DOCUMENT);
    const pair = (from: string, to: string) => ({
      network: "shop_default",
      from,
      to,
      change: "loses",
      what: "tcp/23",
    });
    expect(plan).toEqual({
      name: "base",
      base: 0,
      unchanged: false,
      access: {
        lost: 2,
        gained: 0,
        pairs: expect.arrayContaining([pair("shop/web", "shop/db"), pair("shop/db", "shop/web")]),
        skipped: [],
      },
    });
    await policies().put("base", DOCUMENT, plan.base);
    expect(policies().plan("base", DOCUMENT)).toMatchObject({ base: 1, unchanged: true });
    expect(policies().plan("base", undefined).access).toMatchObject({ lost: 0, gained: 2 });
    const other = { ...DOCUMENT, rules: [{ ...DOCUMENT.rules[0], ingress: "deny tcp/24" }] };
    expect(
      policies()
        .plan("base", other)
        .access.pairs.map(({ change, what }) => [change, what]),
    ).toEqual([
      ["loses", "tcp/24"],
      ["gains", "tcp/23"],
      ["loses", "tcp/24"],
      ["gains", "tcp/23"],
    ]);
    // Nothing was changed by asking.
    expect(
      policies()
        .list()
        .map(({ version }) => version),
    ).toEqual([1]);
  });

  it("refuse what is wrong, with the place, before anything changes", async () => {
    world = await World.open();
    const wrong = { ...DOCUMENT, rules: [{ ...DOCUMENT.rules[0], ingress: "deny tcp/23 form any" }] };
    for (const attempt of [() => policies().plan("base", wrong), () => policies().put("base", wrong, 0)]) {
      await expect((async () => attempt())()).rejects.toMatchObject({
        code: "E102",
        message: expect.stringContaining("admin policy no-telnet.ingress\n  deny tcp/23 form any\n"),
      });
    }
    await expect(policies().put("Base!", DOCUMENT, 0)).rejects.toEqual(fails("E175"));
    await expect(policies().put("base", { ...DOCUMENT, name: "other" }, 0)).rejects.toEqual(fails("E175"));
    await expect(policies().put("base", undefined, 0)).rejects.toEqual(fails("E176"));
    await policies().put("base", DOCUMENT, 0);
    expect(() => policies().plan("more", DOCUMENT)).toThrow(fails("E171"));
    await expect(policies().put("more", DOCUMENT, 0)).rejects.toEqual(fails("E171"));
    expect(() => policies().plan("more", undefined)).toThrow(fails("E173"));
    await expect(policies().remove("more", 0)).rejects.toEqual(fails("E173"));
    expect(policies().list()).toHaveLength(1);
  });

  it("let one of two through that were shown the same", async () => {
    world = await World.open();
    const { base } = policies().plan("base", DOCUMENT);
    const other = { ...DOCUMENT, tier: "baseline" };
    const outcomes = await Promise.allSettled([
      policies().put("base", DOCUMENT, base),
      policies().put("base", other, base),
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "E172" } },
    ]);
    expect(policies().list()[0]?.tier).toBe("admin");
  });

  it("outlive the daemon, with their versions", async () => {
    world = await World.open();
    await twoContainers();
    await policies().put("base", DOCUMENT, 0);
    await policies().put("base", { ...DOCUMENT, tier: "baseline" }, 1);
    const rows = world.allRows();
    world.kill();
    await world.start();
    expect(world.allRows()).toEqual(rows);
    const known = await policies().get("base", undefined);
    expect([known.tier, known.version, known.versions.map(({ version }) => version)]).toEqual([
      "baseline",
      2,
      [2, 1],
    ]);
    expect((await policies().get("base", 1)).tier).toBe("admin");
    await expect(policies().get("base", 3)).rejects.toEqual(fails("E173"));
    await expect(policies().get("other", undefined)).rejects.toEqual(fails("E173"));
  });

  it("change nothing when the store refuses", async () => {
    world = await World.open();
    await twoContainers();
    await policies().put("base", DOCUMENT, 0);
    const rows = world.allRows();
    world.life.store.failNth(1);
    await expect(policies().remove("base", 1)).rejects.toEqual(fails("E709"));
    world.life.store.failNth(1);
    await expect(policies().put("base", { ...DOCUMENT, tier: "baseline" }, 1)).rejects.toEqual(fails("E709"));
    expect(policies().list()).toMatchObject([{ version: 1, tier: "admin" }]);
    expect(world.allRows()).toEqual(rows);
  });

  it("say what the data plane did not take, and try it again", async () => {
    world = await World.open();
    await twoContainers();
    world.life.operations.failRows(({ row }) => row.table === "policy");
    const applied = await policies().put("base", DOCUMENT, 0);
    expect(applied).toMatchObject({
      version: 1,
      changed: true,
      pending: expect.stringContaining("table policy"),
    });
    expect(deniesTelnet()).toBe(false);
    expect(world.log.map(({ event }) => event)).toContain("policy.pending");
    world.life.operations.heal();
    await expect.poll(deniesTelnet).toBe(true);
  });
});

describe("policy files", () => {
  const file = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const TEXT = `tier: admin
rules:
  - name: no-telnet
    applies: containers
    ingress: deny tcp/23 from any log
`;
  const open = async (...policyFiles: string[]) => {
    world = await World.open({ config: { policyFiles } });
  };

  it("are in force from the start, under their names, and at each start anew", async () => {
    const path = file("base.yaml", TEXT);
    await open(path, file("x.yaml", `name: other\n${TEXT.replace("no-telnet", "also")}`));
    expect(
      policies()
        .list()
        .map(({ name, version }) => [name, version]),
    ).toEqual([
      ["base", 1],
      ["other", 1],
    ]);
    await policies().remove("other", 1);
    file("base.yaml", TEXT.replace("tcp/23", "tcp/24"));
    await world.stop();
    await world.start();
    expect(
      policies()
        .list()
        .map(({ name, version }) => [name, version]),
    ).toEqual([
      ["base", 2],
      ["other", 3],
    ]);
  });

  it.each([
    ["is not there", undefined, /no such file/],
    ["is no YAML", "tier: [", /wrong\.yaml:1/],
    ["is no policy", "tier: low\nrules: []\n", /wrong\.yaml:1:7.*"admin" or "baseline"/s],
    ["has a rule that is wrong", TEXT.replace("from", "form"), /wrong\.yaml:5:26.*\n {14}\^{4} .*"from"/s],
    ["is too large", `# ${"x".repeat(1_048_576)}\n${TEXT}`, /larger than 1048576 bytes/],
    ["has the same name as another", `name: base\n${TEXT}`, /policy base is in .*base\.yaml, too/],
    ["has a rule's name of another", TEXT, /also in admin policy "base"/],
  ])("keep the daemon from starting where one %s", async (_, text, reason) => {
    await open();
    await world.stop();
    const base = file("base.yaml", TEXT);
    const wrong = text === undefined ? join(directory, "wrong.yaml") : file("wrong.yaml", text);
    const starting = World.open({ config: { policyFiles: [base, wrong] } });
    await expect(starting).rejects.toMatchObject({
      code: "E170",
      message: expect.stringMatching(reason),
    });
    await world.start();
  });
});

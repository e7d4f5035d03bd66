import { constants } from "node:os";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContainerId, EndpointId, NetworkId } from "../../../src/model/ids.ts";
import { idOf, World } from "../../world.ts";

const N1 = idOf<NetworkId>("n1");
const WEB = idOf<EndpointId>("e1");
const DB = idOf<EndpointId>("e2");
const LATE = idOf<EndpointId>("e3");
const DENY = { "hyperion.ingress.no": "deny tcp/5432 from group:web" };

let world: World;

beforeEach(async () => {
  world = await World.open();
  await world.createNetwork(N1, ["10.1.0.0/24"]);
});

afterEach(() => world.stop());

async function start(id: EndpointId, name: string, address: string, labels: Record<string, string>) {
  const container = idOf<ContainerId>(`c${name}`);
  world.docker?.addContainer({ id: container, name, labels });
  await world.createEndpoint(N1, id, { Address: address });
  await world.joinContainer(N1, id, container);
}

const row = (ipv4: string) => world.rows("endpoint").find((each) => each.ipv4 === ipv4);
const untilEnforced = (ipv4: string) => vi.waitFor(() => expect(row(ipv4)?.mode).toBe("enforce"));

/** From now on no rule finds room; everything else does. */
function fillPolicyTable(): void {
  world.life.operations.failRows(({ verb, row: { table } }) => verb === "upsert" && table === "policy");
}

describe("a rule that the data plane has no room for", () => {
  it("keeps the endpoint that has it in quarantine, and says why", async () => {
    await start(WEB, "web", "10.1.0.2/24", { "hyperion.group": "web" });
    await untilEnforced("10.1.0.2");
    fillPolicyTable();
    await start(DB, "db", "10.1.0.3/24", DENY);
    await vi.waitFor(() =>
      expect(world.log).toContainEqual(expect.objectContaining({ event: "endpoint.refused" })),
    );
    expect(world.log.find(({ event }) => event === "endpoint.refused")?.message).toMatch(
      /^db stays quarantined: the data plane has no room: table policy/,
    );
    expect(row("10.1.0.3")).toMatchObject({ mode: "quarantine" });
    expect(row("10.1.0.2")).toMatchObject({ mode: "enforce" });
    expect((await world.status()).reconciled).toBe(false);
  });

  it("keeps in quarantine who the rule is about", async () => {
    await start(DB, "db", "10.1.0.3/24", DENY);
    await untilEnforced("10.1.0.3");
    fillPolicyTable();
    await start(LATE, "late", "10.1.0.4/24", { "hyperion.group": "web" });
    await vi.waitFor(() =>
      expect(world.log).toContainEqual(
        expect.objectContaining({ event: "endpoint.refused", message: expect.stringMatching(/^late stays/) }),
      ),
    );
    expect(row("10.1.0.4")).toMatchObject({ mode: "quarantine" });
    expect(row("10.1.0.3")).toMatchObject({ mode: "enforce" });
  });

  it("holds up nobody else, and the endpoint follows once there is room", async () => {
    fillPolicyTable();
    await start(WEB, "web", "10.1.0.2/24", { "hyperion.group": "web" });
    await start(DB, "db", "10.1.0.3/24", DENY);
    await start(LATE, "late", "10.1.0.4/24", {});
    await untilEnforced("10.1.0.4");
    expect(row("10.1.0.3")).toMatchObject({ mode: "quarantine" });
    world.life.operations.heal();
    await untilEnforced("10.1.0.3");
    expect(world.rows("policy")).toMatchObject([{ verdict: "deny", port: 5432 }]);
    await vi.waitFor(async () => expect((await world.status()).reconciled).toBe(true));
  });

  it("refuses the endpoint in the reply where the rule is known in time", async () => {
    await world.stop();
    world = await World.open({ docker: false });
    await world.createNetwork(N1, ["10.1.0.0/24"]);
    fillPolicyTable();
    const options = { "hyperion.ingress.no": "deny tcp/5432 from any" };
    const work = world.createEndpoint(N1, DB, { Address: "10.1.0.3/24" }, options);
    await expect(work).rejects.toMatchObject({
      code: "E510",
      message: "the data plane has no room: table policy: it needs 1 row more, 0 are free",
    });
    expect(world.rows("endpoint")).toEqual([]);
    expect((await world.status()).vfs.used).toBe(0);
  });

  it("is no reason for a status that stays behind after its endpoint went", async () => {
    await start(WEB, "web", "10.1.0.2/24", { "hyperion.group": "web" });
    fillPolicyTable();
    await start(DB, "db", "10.1.0.3/24", DENY);
    await vi.waitFor(async () => expect((await world.status()).reconcile.failures).toBeGreaterThan(4), 3_000);
    await world.call("NetworkDriver.DeleteEndpoint", { NetworkID: N1, EndpointID: DB });
    expect(await world.status()).toMatchObject({ reconciled: true });
  });
});

describe("a data plane that refuses a row for another reason", () => {
  it("is named in the reply, and what was done is undone", async () => {
    const refuse = constants.errno.EINVAL;
    world.life.operations.failRows(({ row: { table } }) => table === "neighbour", refuse);
    const work = world.createEndpoint(N1, WEB, { Address: "10.1.0.2/24" });
    await expect(work).rejects.toMatchObject({
      code: "E501",
      message: `the data plane refused a row of table neighbour: errno ${refuse}`,
    });
    world.life.operations.heal();
    await vi.waitFor(async () => expect((await world.status()).reconciled).toBe(true));
    expect(world.allRows().map(({ table }) => table)).toEqual(["network"]);
  });
});

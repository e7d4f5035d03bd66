import { expect, it } from "vitest";
import { World } from "../../world.ts";
import { NIC } from "../cli/documents.ts";

it("shows what the NIC does, and null where there is none", async () => {
  const world = await World.open();
  expect((await world.status()).dataplane.nic).toBeNull();
  world.tables.nicCounters = NIC;
  expect((await world.status()).dataplane.nic).toEqual(NIC);
  await world.stop();
});

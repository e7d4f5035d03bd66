import { describe, expect, it } from "vitest";
import { decodeEndpoint, decodeNetwork, encodeEndpoint, encodeNetwork } from "../../../src/driver/records.ts";
import type { ContainerFacts, EndpointFacts, NetworkFacts } from "../../../src/model/facts.ts";
import { parseInterfaceAddress, parseIp } from "../../../src/model/ip.ts";
import { parseMac } from "../../../src/model/mac.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import type { Json } from "../../../src/platform/store/store.ts";
import { idOf } from "../../world.ts";

const network: NetworkFacts = {
  id: idOf("n1"),
  index: 7,
  name: "shop_front",
  compose: { project: "shop", key: "front" },
  options: { mtuBytes: 1450, gateway: "none", posture: "default-deny", multicast: true },
  internal: true,
  subnets: [{ prefix: parsePrefix("10.1.0.0/24"), gateway: parseIp("10.1.0.1") }],
  createdAtMs: 1,
};
const container: ContainerFacts = {
  id: idOf("c1"),
  name: "web",
  labels: { "hyperion.group": "web" },
  inherited: ["hyperion.group"],
};
const endpoint: EndpointFacts = {
  id: idOf("e1"),
  networkId: network.id,
  index: 3,
  mac: parseMac("02:42:0a:01:00:02"),
  macGiven: false,
  ipv4: parseInterfaceAddress("10.1.0.2/24"),
  ipv6: undefined,
  vf: "hyv1",
  representor: "hyr1",
  port: 9,
  driverOptions: { "hyperion.policy": "default-deny" },
  container,
  bootId: "00000000-0000-4000-8000-000000000001",
  createdAtMs: 2,
};

/** As it comes back from the disk. */
const stored = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;
/** As an earlier version wrote it. */
const without = (value: Json, field: string): Json => {
  const { [field]: _, ...rest } = value as Record<string, Json>;
  return rest;
};

describe("a record", () => {
  it("comes back as it was written", () => {
    for (const one of [network, { ...network, name: undefined, compose: undefined }]) {
      expect(decodeNetwork(stored(encodeNetwork(one)))).toEqual(one);
    }
    const unknowable = { ...endpoint, container: { ...container, inherited: undefined } };
    for (const one of [endpoint, unknowable, { ...endpoint, container: undefined }]) {
      expect(decodeEndpoint(stored(encodeEndpoint(one)))).toEqual(one);
    }
  });

  it("of an earlier version says nothing of what that did not know", () => {
    expect(decodeNetwork(without(stored(encodeNetwork(network)), "compose")).compose).toBeUndefined();
    const record = stored(encodeEndpoint(endpoint)) as Record<string, Json>;
    const older = { ...record, container: without(record.container ?? null, "inherited") };
    expect(decodeEndpoint(older).container).toEqual({ ...container, inherited: undefined });
  });

  it("that makes no sense is refused", () => {
    const record = stored(encodeNetwork(network)) as Record<string, Json>;
    expect(() => decodeNetwork({ ...record, compose: { project: "shop" } })).toThrow("key is not text");
    const other = stored(encodeEndpoint(endpoint)) as Record<string, Json>;
    const wrong = { ...(other.container as Record<string, Json>), inherited: [7] };
    expect(() => decodeEndpoint({ ...other, container: wrong })).toThrow("inherited holds what is not text");
  });
});

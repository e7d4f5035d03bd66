import request from "supertest";
import { beforeEach, describe, expect, it } from "vitest";
import { METHOD_NAMES } from "../../src/protocol/methods.ts";
import { createPluginApp } from "../../src/server/plugin-app.ts";
import { RecordingDrivers, recordingLog } from "./recording-drivers.ts";

const NETWORK = "a".repeat(64);
const ENDPOINT = "b".repeat(64);
const REF = { NetworkID: NETWORK, EndpointID: ENDPOINT };
const OUR_REF = { networkId: NETWORK, endpointId: ENDPOINT };

let drivers: RecordingDrivers;

beforeEach(() => {
  drivers = new RecordingDrivers();
});

/** One call as the engine makes it: without a Content-Type. */
async function call(method: string, body?: unknown) {
  const app = createPluginApp({ drivers, log: recordingLog() });
  const post = request(app).post(`/${method}`).unset("Content-Type");
  const response = await (body === undefined ? post : post.serialize(String).send(JSON.stringify(body)));
  return { status: response.status, body: JSON.parse(response.text), headers: response.headers };
}

interface Case {
  readonly method: string;
  readonly what: string;
  readonly body?: unknown;
  readonly request?: unknown;
  readonly reply: unknown;
}

const OPTIONS = {
  "com.docker.network.generic": { "hyperion.mtu": "1400" },
  "com.docker.network.enable_ipv4": true,
  "com.docker.network.enable_ipv6": true,
  "com.docker.network.internal": true,
  "com.docker.network.of_a_later_engine": [1],
};
const OUR_OPTIONS = {
  options: { "hyperion.mtu": "1400" },
  internal: true,
  enableIpv4: true,
  enableIpv6: true,
};
const POOL4 = {
  AddressSpace: "LocalDefault",
  Pool: "10.1.0.0/16",
  Gateway: "10.1.0.1/16",
  AuxAddresses: { printer: "10.1.0.5/16" },
};
const OUR_POOL4 = {
  prefix: "10.1.0.0/16",
  gateway: { ip: "10.1.0.1", bits: 16 },
  auxAddresses: { printer: { ip: "10.1.0.5", bits: 16 } },
};
const PORTS = { "com.docker.network.portmap": [{ Proto: 6, Port: 80, HostPort: 8080 }] };

const CASES: readonly Case[] = [
  {
    method: "Plugin.Activate",
    what: "names both drivers",
    reply: { Implements: ["NetworkDriver", "IpamDriver"] },
  },
  {
    method: "NetworkDriver.GetCapabilities",
    what: "answers an empty body",
    reply: { Scope: "local", ConnectivityScope: "local", GwAllocChecker: true },
  },
  {
    method: "NetworkDriver.GwAllocCheck",
    what: "takes the network's options",
    body: { Options: OPTIONS },
    request: OUR_OPTIONS,
    reply: { SkipIPv4: true, SkipIPv6: false },
  },
  {
    method: "NetworkDriver.AllocateNetwork",
    what: "takes flat options and gives those of the workers",
    body: { NetworkID: NETWORK, Options: { a: "b" }, IPv4Data: [POOL4], IPv6Data: null },
    request: { networkId: NETWORK, options: { a: "b" }, ipv4: [OUR_POOL4], ipv6: [] },
    reply: { Options: { a: "b", vni: "7" } },
  },
  {
    method: "NetworkDriver.FreeNetwork",
    what: "takes a network",
    body: { NetworkID: NETWORK },
    request: NETWORK,
    reply: {},
  },
  {
    method: "NetworkDriver.CreateNetwork",
    what: "takes options and pools",
    body: { NetworkID: NETWORK, Options: OPTIONS, IPv4Data: [POOL4], IPv6Data: [{ Pool: "fd00:1::/64" }] },
    request: {
      networkId: NETWORK,
      ...OUR_OPTIONS,
      ipv4: [OUR_POOL4],
      ipv6: [{ prefix: "fd00:1::/64", gateway: undefined, auxAddresses: {} }],
    },
    reply: {},
  },
  {
    method: "NetworkDriver.CreateNetwork",
    what: "takes nil for every map and slice, as an engine < 28 without options sends it",
    body: { NetworkID: "tb3hx9bwh8xklx2kj1yiu4qdo", Options: null, IPv4Data: null, IPv6Data: null },
    request: {
      networkId: "tb3hx9bwh8xklx2kj1yiu4qdo",
      options: {},
      internal: false,
      enableIpv4: true,
      enableIpv6: false,
      ipv4: [],
      ipv6: [],
    },
    reply: {},
  },
  {
    method: "NetworkDriver.CreateNetwork",
    what: "takes the null IPAM's pool as none, and a gateway that is no address as none",
    body: {
      NetworkID: NETWORK,
      IPv4Data: [{ Pool: "0.0.0.0/0" }, { Pool: "10.1.0.0/16", Gateway: "<nil>" }],
    },
    request: expect.objectContaining({
      ipv4: [
        { prefix: undefined, gateway: undefined, auxAddresses: {} },
        { prefix: "10.1.0.0/16", gateway: undefined, auxAddresses: {} },
      ],
    }),
    reply: {},
  },
  {
    method: "NetworkDriver.DeleteNetwork",
    what: "takes a network",
    body: { NetworkID: NETWORK },
    request: NETWORK,
    reply: {},
  },
  {
    method: "NetworkDriver.CreateEndpoint",
    what: "does not repeat what the engine gave",
    body: {
      ...REF,
      Interface: { Address: "10.1.0.9/16", AddressIPv6: "", MacAddress: "02:42:0A:01:00:09" },
      Options: { "hyperion.service": "db", ...PORTS },
    },
    request: {
      ...OUR_REF,
      ipv4: { ip: "10.1.0.9", bits: 16 },
      ipv6: undefined,
      mac: "02:42:0a:01:00:09",
      options: { "hyperion.service": "db", ...PORTS },
    },
    reply: { Interface: { AddressIPv6: "fd00:1::2/64" } },
  },
  {
    method: "NetworkDriver.CreateEndpoint",
    what: "fills in all that the engine left open",
    body: { ...REF, Interface: null, Options: null },
    request: { ...OUR_REF, ipv4: undefined, ipv6: undefined, mac: undefined, options: {} },
    reply: {
      Interface: { Address: "10.1.0.2/16", AddressIPv6: "fd00:1::2/64", MacAddress: "02:42:0a:01:00:02" },
    },
  },
  {
    method: "NetworkDriver.CreateEndpoint",
    what: "leaves Interface out when the engine gave everything",
    body: {
      ...REF,
      Interface: { Address: "10.1.0.9/16", AddressIPv6: "fd00:1::9/64", MacAddress: "02:42:0a:01:00:09" },
    },
    request: expect.objectContaining({ ipv6: { ip: "fd00:1::9", bits: 64 } }),
    reply: {},
  },
  {
    method: "NetworkDriver.EndpointOperInfo",
    what: "takes an endpoint",
    body: REF,
    request: OUR_REF,
    reply: { Value: { "hyperion.vf": "hyv1" } },
  },
  {
    method: "NetworkDriver.DeleteEndpoint",
    what: "takes an endpoint",
    body: REF,
    request: OUR_REF,
    reply: {},
  },
  {
    method: "NetworkDriver.Join",
    what: "names the device, the gateway and both kinds of route",
    body: { ...REF, SandboxKey: "/var/run/docker/netns/0123456789ab", Options: PORTS },
    request: { ...OUR_REF, sandboxKey: "/var/run/docker/netns/0123456789ab", options: PORTS },
    reply: {
      InterfaceName: { SrcName: "hyv1", DstPrefix: "eth" },
      Gateway: "10.1.0.1",
      StaticRoutes: [
        { Destination: "10.2.0.0/16", RouteType: 0, NextHop: "10.1.0.254" },
        { Destination: "10.3.0.0/16", RouteType: 1 },
      ],
      DisableGatewayService: false,
    },
  },
  { method: "NetworkDriver.Leave", what: "takes an endpoint", body: REF, request: OUR_REF, reply: {} },
  {
    method: "NetworkDriver.DiscoverNew",
    what: "takes a node",
    body: { DiscoveryType: 1, DiscoveryData: { Address: "192.168.1.11", BindAddress: "", Self: true } },
    request: { address: "192.168.1.11", bindAddress: undefined, self: true },
    reply: {},
  },
  {
    method: "NetworkDriver.DiscoverDelete",
    what: "takes a node",
    body: { DiscoveryType: 1, DiscoveryData: { Address: "fd00::1", BindAddress: "fd00::2", Self: false } },
    request: { address: "fd00::1", bindAddress: "fd00::2", self: false },
    reply: {},
  },
  {
    method: "NetworkDriver.ProgramExternalConnectivity",
    what: "takes an endpoint and its ports",
    body: { ...REF, Options: PORTS },
    request: { ...OUR_REF, options: PORTS },
    reply: {},
  },
  {
    method: "NetworkDriver.RevokeExternalConnectivity",
    what: "takes an endpoint",
    body: REF,
    request: OUR_REF,
    reply: {},
  },
  {
    method: "IpamDriver.GetCapabilities",
    what: "answers an empty body",
    reply: { RequiresMACAddress: true, RequiresRequestReplay: false },
  },
  {
    method: "IpamDriver.GetDefaultAddressSpaces",
    what: "answers an empty body",
    reply: { LocalDefaultAddressSpace: "hyperion-local", GlobalDefaultAddressSpace: "hyperion-global" },
  },
  {
    method: "IpamDriver.RequestPool",
    what: "takes a subnet and a range, host bits cleared",
    body: {
      AddressSpace: "hyperion-local",
      Pool: "10.1.2.3/16",
      SubPool: "10.1.5.0/24",
      Options: null,
      V6: false,
    },
    request: {
      addressSpace: "hyperion-local",
      pool: "10.1.0.0/16",
      subPool: "10.1.5.0/24",
      v6: false,
      options: {},
    },
    reply: { PoolID: "pool-1", Pool: "10.1.0.0/16", Data: {} },
  },
  {
    method: "IpamDriver.RequestPool",
    what: "chooses a pool, with its gateway",
    body: { AddressSpace: "hyperion-local", Pool: "", SubPool: "", Options: { a: "b" }, V6: true },
    request: {
      addressSpace: "hyperion-local",
      pool: undefined,
      subPool: undefined,
      v6: true,
      options: { a: "b" },
    },
    reply: {
      PoolID: "pool-1",
      Pool: "10.9.0.0/24",
      Data: { "com.docker.network.gateway": "10.9.0.1/24" },
    },
  },
  {
    method: "IpamDriver.RequestPool",
    what: "knows an IPv6 subnet though Swarm's manager never says V6",
    body: { AddressSpace: "hyperion-global", Pool: "fd00:1::/64", V6: false },
    request: expect.objectContaining({ pool: "fd00:1::/64", v6: true }),
    reply: { PoolID: "pool-1", Pool: "fd00:1::/64", Data: {} },
  },
  {
    method: "IpamDriver.ReleasePool",
    what: "takes a pool",
    body: { PoolID: "pool-1" },
    request: "pool-1",
    reply: {},
  },
  {
    method: "IpamDriver.RequestAddress",
    what: "tells a gateway",
    body: {
      PoolID: "pool-1",
      Address: "",
      Options: { RequestAddressType: "com.docker.network.gateway" },
    },
    request: {
      poolId: "pool-1",
      address: undefined,
      purpose: "gateway",
      endpointName: undefined,
      mac: undefined,
      options: { RequestAddressType: "com.docker.network.gateway" },
    },
    reply: { Address: "10.9.0.2/24", Data: {} },
  },
  {
    method: "IpamDriver.RequestAddress",
    what: "tells an auxiliary address by its having no options",
    body: { PoolID: "pool-1", Address: "10.9.0.5", Options: null },
    request: {
      poolId: "pool-1",
      address: "10.9.0.5",
      purpose: "auxiliary",
      endpointName: undefined,
      mac: undefined,
      options: {},
    },
    reply: { Address: "10.9.0.5/24", Data: {} },
  },
  {
    method: "IpamDriver.RequestAddress",
    what: "tells an endpoint, its MAC and its container's name",
    body: {
      PoolID: "pool-1",
      Address: "10.9.0.7",
      Options: {
        "com.docker.network.endpoint.macaddress": "02:42:0A:09:00:07",
        "com.docker.network.endpoint.name": "web",
      },
    },
    request: expect.objectContaining({
      address: "10.9.0.7",
      purpose: "endpoint",
      endpointName: "web",
      mac: "02:42:0a:09:00:07",
    }),
    reply: { Address: "10.9.0.7/24", Data: {} },
  },
  {
    method: "IpamDriver.RequestAddress",
    what: "takes no address and no options as an endpoint's",
    body: { PoolID: "pool-1", Address: "", Options: null },
    request: expect.objectContaining({ address: undefined, purpose: "endpoint" }),
    reply: { Address: "10.9.0.2/24", Data: {} },
  },
  {
    method: "IpamDriver.ReleaseAddress",
    what: "takes an address",
    body: { PoolID: "pool-1", Address: "10.9.0.7" },
    request: { poolId: "pool-1", address: "10.9.0.7" },
    reply: {},
  },
  {
    method: "IpamDriver.ReleaseAddress",
    what: "takes the empty pool of an address that the network driver chose",
    body: { PoolID: "", Address: "fd00:1::2" },
    request: { poolId: "", address: "fd00:1::2" },
    reply: {},
  },
];

describe("the protocol's methods", () => {
  it.each(CASES)("$method $what", async ({ method, body, request: expected, reply }) => {
    const answer = await call(method, body);
    expect(answer.body).toEqual(reply);
    expect(answer.status).toBe(200);
    expect(drivers.requests).toEqual(expected === undefined ? [] : [expected]);
  });

  it("are all tried above", () => {
    expect([...new Set(CASES.map(({ method }) => method))].sort()).toEqual([...METHOD_NAMES].sort());
  });

  it("reply with Docker's own content type", async () => {
    const { headers } = await call("Plugin.Activate");
    expect(headers["content-type"]).toBe("application/vnd.docker.plugins.v1.2+json");
  });

  it("leaves out discoveries of anything but nodes", async () => {
    expect(await call("NetworkDriver.DiscoverNew", { DiscoveryType: 2, DiscoveryData: "?" })).toMatchObject({
      status: 200,
      body: {},
    });
    expect(drivers.requests).toEqual([]);
  });

  it("ignore a body where there are no arguments", async () => {
    expect(await call("Plugin.Activate", { anything: [1] })).toMatchObject({ status: 200 });
    expect(await call("IpamDriver.GetCapabilities", null)).toMatchObject({ status: 200 });
  });
});

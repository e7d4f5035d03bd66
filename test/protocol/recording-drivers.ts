import type { Log } from "../../src/base/log.ts";
import { parseInterfaceAddress, parseIp } from "../../src/model/ip.ts";
import { parseMac } from "../../src/model/mac.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import type { AddressRequest, IpamDriver } from "../../src/protocol/ipam-driver.ts";
import type { Drivers } from "../../src/protocol/methods.ts";
import type { NetworkDriver } from "../../src/protocol/network-driver.ts";

/** Drivers that keep what they are asked and give fixed answers: what is tested is the way in and out. */
export class RecordingDrivers implements Drivers {
  readonly requests: unknown[] = [];
  /** Runs in place of the answer of the next calls. */
  fault: (() => Promise<never>) | undefined;

  readonly network: NetworkDriver = {
    capabilities: { scope: "local", connectivityScope: "local", checksGateway: true },
    checkGateway: (request) => this.#answer(request, { skipIpv4: true, skipIpv6: false }),
    allocateNetwork: (request) => this.#answer(request, { ...request.options, vni: "7" }),
    freeNetwork: (request) => this.#answer(request, undefined),
    createNetwork: (request) => this.#answer(request, undefined),
    deleteNetwork: (request) => this.#answer(request, undefined),
    createEndpoint: (request) =>
      this.#answer(request, {
        mac: parseMac("02:42:0a:01:00:02"),
        ipv4: parseInterfaceAddress("10.1.0.2/16"),
        ipv6: parseInterfaceAddress("fd00:1::2/64"),
      }),
    deleteEndpoint: (request) => this.#answer(request, undefined),
    endpointInfo: (request) => this.#answer(request, { "hyperion.vf": "hyv1" }),
    join: (request) =>
      this.#answer(request, {
        vf: "hyv1",
        interfacePrefix: "eth",
        gateway4: parseIp("10.1.0.1"),
        staticRoutes: [
          { destination: parsePrefix("10.2.0.0/16"), nextHop: parseIp("10.1.0.254") },
          { destination: parsePrefix("10.3.0.0/16"), nextHop: undefined },
        ],
        disableGatewayService: false,
      }),
    leave: (request) => this.#answer(request, undefined),
    programExternalConnectivity: (request) => this.#answer(request, undefined),
    revokeExternalConnectivity: (request) => this.#answer(request, undefined),
    discoverNew: (request) => this.#answer(request, undefined),
    discoverDelete: (request) => this.#answer(request, undefined),
  };

  readonly ipam: IpamDriver = {
    capabilities: { requiresMacAddress: true, requiresRequestReplay: false },
    addressSpaces: { local: "hyperion-local", global: "hyperion-global" },
    requestPool: (request) =>
      this.#answer(request, {
        poolId: "pool-1",
        pool: request.pool ?? parsePrefix("10.9.0.0/24"),
        gateway: request.pool === undefined ? parseInterfaceAddress("10.9.0.1/24") : undefined,
      }),
    releasePool: (request) => this.#answer(request, undefined),
    requestAddress: (request: AddressRequest) =>
      this.#answer(request, { address: parseInterfaceAddress(`${request.address ?? "10.9.0.2"}/24`) }),
    releaseAddress: (request) => this.#answer(request, undefined),
  };

  #answer<Reply>(request: unknown, reply: Reply): Promise<Reply> {
    this.requests.push(request);
    return this.fault === undefined ? Promise.resolve(reply) : this.fault();
  }
}

export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its entries. */
export function recordingLog(): Log & { readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at =
    (level: LogEntry["level"]): Log["info"] =>
    (event, message, fields = {}) => {
      entries.push({ level, event, message, fields });
    };
  return { entries, info: at("info"), warn: at("warn"), error: at("error") };
}

import { fileURLToPath } from "node:url";
import type { Row } from "../../../src/model/rows.ts";
import { Wire } from "../lab/wire.ts";
import { ip, Station } from "./station.ts";
import {
  CONTAINER_MTU,
  CONTAINERS,
  type Container,
  EAST,
  endpointOf,
  neighboursOf,
  networkOf,
  policyOf,
  THIRD,
  UNDERLAY_MTU,
  type Underlay,
  VNI,
  vtepRow,
  WEST,
} from "./who.ts";

/*
 *   container ─ VF ─ representor ┐                        ┌ representor ─ VF ─ container
 *                                ├ host ─ uplink ─ bridge ┤ …
 *   container ─ VF ─ representor ┘                   │
 *                                               third party
 */

const WIRE = fileURLToPath(new URL("../../../native/build/wire", import.meta.url));

const UPLINK = "uplink";
const REPRESENTORS = "hyr*";

/** A host's data plane. */
export class HostStation {
  readonly underlay: Underlay;
  readonly station: Station;
  /** By container. */
  readonly #ports: ReadonlyMap<Container, number>;
  readonly #uplink: number;

  constructor(at: Underlay, station: Station, uplink: number, ports: ReadonlyMap<Container, number>) {
    this.underlay = at;
    this.station = station;
    this.#uplink = uplink;
    this.#ports = ports;
  }

  portOf(who: Container): number {
    return this.#ports.get(who) ?? 0;
  }

  open(): Promise<boolean> {
    return this.station.call("openDataplane", UPLINK, REPRESENTORS);
  }

  /** Serves the ports, and writes all rows. */
  async fill(): Promise<void> {
    for (const port of this.#ports.values()) await this.station.call("attach", port);
    await this.upsert(this.rows());
  }

  async upsert(rows: readonly Row[]): Promise<void> {
    await this.station.call(
      "apply",
      rows.map((row) => ({ verb: "upsert", row })),
    );
  }

  async remove(rows: readonly Row[]): Promise<void> {
    await this.station.call(
      "apply",
      rows.map((row) => ({ verb: "delete", row })),
    );
  }

  rows(): readonly Row[] {
    const at = this.underlay;
    const network = networkOf(at);
    const { ipv4, mac } = at;
    return [
      { table: "network", network, multicast: false, mtuBytes: CONTAINER_MTU, members: 0, vni: VNI },
      { table: "uplink", port: this.#uplink, ipv4, mac, mtuBytes: UNDERLAY_MTU },
      vtepRow(at),
      ...[...this.#ports].flatMap(([who, port]): Row[] => [
        ...policyOf(who).rows,
        endpointOf(who, port, who.endpoint),
        { table: "port", port, endpoint: who.endpoint, kind: "vf" },
      ]),
      ...CONTAINERS.flatMap((who) => neighboursOf(who, at)),
    ];
  }

  /** Drops by "endpoint reason". What stacks say to groups by themselves is left out. */
  async drops(): Promise<ReadonlyMap<string, number>> {
    const counters = await this.station.call("dropCounters");
    return new Map(
      counters
        .filter(({ reason }) => reason !== "MULTICAST_OFF" && reason !== "NEIGHBOUR_CONSUMED")
        .map(({ endpoint, reason, packets }) => [`${endpoint} ${reason}`, packets]),
    );
  }
}

/** Two hosts with two containers each, and the underlay between them. */
export class Site {
  readonly wire: Wire;
  readonly east: HostStation;
  readonly west: HostStation;
  readonly #containers: ReadonlyMap<Container, Station>;

  private constructor(
    wire: Wire,
    east: HostStation,
    west: HostStation,
    containers: ReadonlyMap<Container, Station>,
  ) {
    this.wire = wire;
    this.east = east;
    this.west = west;
    this.#containers = containers;
  }

  static async open(): Promise<Site> {
    const names = ["host east", "host west", ...CONTAINERS.map(({ ipv4 }) => `container ${ipv4}`)];
    const [east, west, ...others] = await Promise.all(names.map((name) => Station.open(name)));
    if (east === undefined || west === undefined) throw new Error("no hosts");
    const containers = new Map<Container, Station>();
    CONTAINERS.forEach((who, i) => {
      const station = others[i];
      if (station !== undefined) containers.set(who, station);
    });
    // The underlay is in the namespace of the wire, whose one end is the third party's.
    const wire = await Wire.open(WIRE, "third", 1, (pid) => makeUnderlay(pid, [east.pid, west.pid]));
    const [eastern, western] = await Promise.all([
      makeHost(EAST, east, containers),
      makeHost(WEST, west, containers),
    ]);
    return new Site(wire, eastern, western, containers);
  }

  in(who: Container): Station {
    const station = this.#containers.get(who);
    if (station === undefined) throw new Error(`${who.ipv4} is nowhere`);
    return station;
  }

  async close(): Promise<void> {
    const stations = [this.east.station, this.west.station, ...this.#containers.values()];
    await Promise.all([this.wire.close(), ...stations.map((station) => station.close())]);
  }
}

function makeUnderlay(pid: number, hosts: readonly number[]): void {
  const macs = [EAST.mac, WEST.mac];
  ip(pid, [
    `link add bridge mtu ${UNDERLAY_MTU} type bridge mcast_snooping 0`,
    ...hosts.map(
      (host, i) =>
        `link add port${i} mtu ${UNDERLAY_MTU} type veth peer name ${UPLINK} mtu ${UNDERLAY_MTU} address ${macs[i]} netns ${host}`,
    ),
    `link add port2 mtu ${UNDERLAY_MTU} type veth peer name third1 mtu ${UNDERLAY_MTU} address ${THIRD.mac}`,
    ...["port0", "port1", "port2"].map((port) => `link set ${port} master bridge up`),
    "link set bridge up",
  ]);
}

async function makeHost(
  at: Underlay,
  station: Station,
  containers: ReadonlyMap<Container, Station>,
): Promise<HostStation> {
  const ports = new Map<Container, number>();
  for (const [who, where] of containers) {
    if (who.home !== at) continue;
    const vf = `hyv${who.endpoint}`;
    ports.set(who, await station.call("createVf", vf, `hyr${who.endpoint}`, CONTAINER_MTU));
    ip(station.pid, [`link set ${vf} netns ${where.pid} name eth0 address ${who.mac}`]);
    ip(where.pid, [
      `addr add ${who.ipv4}/24 dev eth0`,
      `addr add ${who.ipv6}/64 dev eth0 nodad`,
      "link set eth0 up",
    ]);
  }
  ip(station.pid, [
    `addr add ${at.ipv4}/24 dev ${UPLINK}`,
    `addr add ${at.ipv6}/64 dev ${UPLINK} nodad`,
    `link set ${UPLINK} up`,
  ]);
  const uplink = await station.call("indexOf", UPLINK);
  return new HostStation(at, station, uplink, ports);
}

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ip } from "../../src/model/ip.ts";
import type { Row } from "../../src/model/rows.ts";
import type { PacketEvent } from "../../src/platform/dataplane/dataplane.ts";
import { lacksNativeLibrary, lacksRoot } from "../skip.ts";
import { TCP } from "./build/transport.ts";
import { vxlan } from "./build/tunnel.ts";
import { FAMILIES, type Family, tcpFrame, udpFrame } from "./cases/frames.ts";
import { type HostStation, Site } from "./two-hosts/site.ts";
import {
  CONTAINER_MTU,
  type Container,
  E1,
  E2,
  EAST,
  endpointOf,
  NO_EGRESS_PORT,
  NO_INGRESS_PORT,
  neighboursOf,
  THIRD,
  UNDERLAY_MTU,
  VNI,
  vtepRow,
  W1,
  W2,
  WEST,
} from "./two-hosts/who.ts";

const ECHO = 7;
const TUNNEL_PORT = 4789;
/** Of a program of the host's, which is not the tunnel's. */
const HOST_PORT = 4790;
const BULK_BYTES = 8 * 1024 * 1024;
/** Long enough for a packet and its answer; shorter than the time after which TCP says a SYN again. */
const SILENCE_MS = 500;
/** After which TCP has acknowledged what it has heard. Else its other end would say it again, and so open the
 * connection from there. */
const ACKNOWLEDGED_MS = 100;

let generation = 100;
/** One that no endpoint has had. */
function newGeneration(): number {
  generation += 1;
  return generation;
}

const skipped = lacksRoot() || lacksNativeLibrary();

/** Those that may speak with each other, both ways. */
const PAIRS: readonly (readonly [Container, Container])[] = [
  [E1, W1],
  [W1, E1],
  [E2, W2],
  [W2, E2],
];
const WAYS = PAIRS.flatMap(([from, to]) =>
  FAMILIES.map((family) => ({ from, to, family, name: `${from[family]} → ${to[family]}` })),
);

describe.skipIf(skipped)("two hosts, softnic in each", () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
    for (const host of [site.east, site.west]) {
      expect(await host.open()).toBe(false);
      await host.fill();
      await host.station.call("udpServe", HOST_PORT);
      await host.station.call("tcpServe", ECHO);
    }
    for (const who of [E1, E2, W1, W2]) {
      await site.in(who).call("udpServe", ECHO);
      for (const port of [ECHO, NO_EGRESS_PORT, NO_INGRESS_PORT]) await site.in(who).call("tcpServe", port);
    }
  });

  afterAll(async () => {
    await site?.close();
  });

  /** By how much drops grew meanwhile, by host, as "endpoint reason count". */
  async function dropsDuring(what: () => Promise<unknown>): Promise<{ east: string[]; west: string[] }> {
    const hosts: readonly HostStation[] = [site.east, site.west];
    const before = await Promise.all(hosts.map((host) => host.drops()));
    await what();
    const [east = [], west = []] = await Promise.all(
      hosts.map(async (host, i) => {
        const now = [...(await host.drops())];
        return now.flatMap(([name, packets]) => {
          const grown = packets - (before[i]?.get(name) ?? 0);
          return grown === 0 ? [] : [`${name} ${grown}`];
        });
      }),
    );
    return { east, west };
  }

  const homeOf = (who: Container): HostStation => (who.home === EAST ? site.east : site.west);

  /** What a container's host has counted of it; nothing before its first packet. */
  async function traffic(who: Container): Promise<{ sentBytes: number; receivedBytes: number }> {
    const counters = await homeOf(who).station.call("endpointCounters");
    const { sentBytes = 0, receivedBytes = 0 } =
      counters.find(({ endpoint }) => endpoint === who.endpoint) ?? {};
    return { sentBytes, receivedBytes };
  }

  /** Nothing answers a TCP SYN; what its one drop is reported as, by the host of `at`. */
  async function deniedAt(
    at: Container,
    [from, to]: readonly [Container, Container],
    family: Family,
    port: number,
  ): Promise<Partial<PacketEvent>> {
    await homeOf(at).station.call("events");
    await silence(from, to, family, port);
    const events = await homeOf(at).station.call("events");
    const mine = events.filter(({ destination, destinationPort }) => {
      return destination === to[family] && destinationPort === port;
    });
    expect(mine).toHaveLength(1);
    const { type, reason, endpoint, peer, policy, rule, direction, source } = mine[0] as PacketEvent;
    return { type, reason, endpoint, peer, policy, rule, direction, source };
  }

  /** Nothing answers a TCP SYN. */
  async function silence(from: Container, to: Container, family: Family, port: number): Promise<void> {
    expect(await site.in(from).call("tcpTry", to[family], port, SILENCE_MS)).toBe("silence");
  }

  /** Says it on a connection; whether it comes back. */
  async function says(who: Container, id: number, text: string, timeoutMs?: number): Promise<boolean> {
    await site.in(who).call("tcpSay", id, text);
    return site.in(who).call("tcpHears", id, text, timeoutMs);
  }

  describe("containers of different hosts", () => {
    it.each(WAYS)("ping, up to the MTU and not beyond: $name", async ({ from, to, family }) => {
      const drops = await dropsDuring(async () => {
        expect(await site.in(from).call("ping", to[family])).toBe(true);
        expect(await site.in(from).call("ping", to[family], CONTAINER_MTU)).toBe(true);
        expect(await site.in(from).call("ping", to[family], CONTAINER_MTU + 1)).toBe(false);
      });
      expect(drops).toEqual({ east: [], west: [] });
    });

    it.each(WAYS)("UDP, small, of the MTU and in fragments: $name", async ({ from, to, family }) => {
      const headers = family === "ipv4" ? 28 : 48;
      const drops = await dropsDuring(async () => {
        for (const bytes of [1, 100, CONTAINER_MTU - headers, CONTAINER_MTU, 8000]) {
          expect({ bytes, back: await site.in(from).call("udpAsk", to[family], ECHO, bytes) }).toEqual({
            bytes,
            back: true,
          });
        }
      });
      expect(drops).toEqual({ east: [], west: [] });
    });

    it.each(WAYS)("TCP in bulk, there and back at once: $name", async ({ from, to, family }) => {
      const before = [await traffic(from), await traffic(to)];
      expect(await site.in(from).call("tcpBulk", to[family], ECHO, BULK_BYTES)).toBe("same");
      for (const [i, now] of [await traffic(from), await traffic(to)].entries()) {
        expect(now.sentBytes - (before[i]?.sentBytes ?? 0)).toBeGreaterThan(BULK_BYTES);
        expect(now.receivedBytes - (before[i]?.receivedBytes ?? 0)).toBeGreaterThan(BULK_BYTES);
      }
    });

    it("all at once", async () => {
      const results = WAYS.map(({ from, to, family }) =>
        site.in(from).call("tcpBulk", to[family], ECHO, BULK_BYTES / 4),
      );
      expect(await Promise.all(results)).toEqual(WAYS.map(() => "same"));
    });
  });

  describe("policy", () => {
    it.each(FAMILIES)("%s: what may not leave is denied where it is sent", async (family) => {
      const drops = await dropsDuring(async () => {
        expect(await deniedAt(E1, [E1, W1], family, NO_EGRESS_PORT)).toEqual({
          type: "drop",
          reason: "POLICY_EGRESS",
          endpoint: E1.endpoint,
          peer: 0,
          policy: E1.endpoint,
          rule: 1,
          direction: "egress",
          source: E1[family],
        });
      });
      expect(drops).toEqual({ east: [`${E1.endpoint} POLICY_EGRESS 1`], west: [] });
      expect(await site.in(W1).call("tcpTry", E1[family], NO_EGRESS_PORT)).toBe("open");
    });

    it.each(FAMILIES)("%s: what may not come is denied where it arrives", async (family) => {
      const drops = await dropsDuring(async () => {
        expect(await deniedAt(W2, [E2, W2], family, NO_INGRESS_PORT)).toEqual({
          type: "drop",
          reason: "POLICY_INGRESS",
          endpoint: W2.endpoint,
          peer: 0,
          policy: W2.endpoint,
          rule: 1,
          direction: "ingress",
          source: E2[family],
        });
      });
      expect(drops).toEqual({ east: [], west: [`${W2.endpoint} POLICY_INGRESS 1`] });
      expect(await site.in(W2).call("tcpTry", E2[family], NO_INGRESS_PORT)).toBe("open");
    });

    it.each(FAMILIES)("%s: asks for the identity of who is behind the tunnel", async (family) => {
      const drops = await dropsDuring(async () => {
        await silence(E2, W1, family, ECHO);
        expect(await site.in(E2).call("ping", W1[family], 84, SILENCE_MS)).toBe(false);
        expect(await site.in(E2).call("udpAsk", W1[family], ECHO, 100, SILENCE_MS)).toBe(false);
      });
      expect(drops).toEqual({ east: [], west: [`${W1.endpoint} POLICY_INGRESS 3`] });
    });

    it.each(FAMILIES)("%s: replies need no rule", async (family) => {
      expect(await site.in(W1).call("tcpTry", E2[family], ECHO)).toBe("open");
      expect(await site.in(W1).call("udpAsk", E2[family], ECHO, 100)).toBe(true);
    });
  });

  describe("a connection", () => {
    it.each(FAMILIES)("%s: stays when rows change that allow it still", async (family) => {
      const { east, west } = site;
      const id = await site.in(E1).call("tcpKeep", W1[family], ECHO);
      const drops = await dropsDuring(async () => {
        expect(await says(E1, id, "begin")).toBe(true);
        const changes: readonly (readonly [string, HostStation, readonly Row[]])[] = [
          ["sender", east, [endpointOf(E1, east.portOf(E1), newGeneration())]],
          ["receiver", west, [endpointOf(W1, west.portOf(W1), newGeneration())]],
          ["VTEP of the receiver", east, [vtepRow(EAST)]],
          ["VTEP of the sender", west, [vtepRow(WEST)]],
          ["another neighbour", west, neighboursOf(E2, WEST, W2.identity)],
          ["it again", west, neighboursOf(E2, WEST)],
          ["all", east, east.rows()],
        ];
        for (const [what, host, rows] of changes) {
          await host.upsert(rows);
          expect({ what, heard: await says(E1, id, what) }).toEqual({ what, heard: true });
        }
      });
      expect(drops).toEqual({ east: [], west: [] });
    });

    it.each(FAMILIES)("%s: is cut when the other becomes somebody else", async (family) => {
      const { west } = site;
      const id = await site.in(E1).call("tcpKeep", W1[family], ECHO);
      expect(await says(E1, id, "before")).toBe(true);
      await sleep(ACKNOWLEDGED_MS);
      const drops = await dropsDuring(async () => {
        await west.upsert(neighboursOf(E1, WEST, E2.identity));
        expect(await says(E1, id, "meanwhile", SILENCE_MS)).toBe(false);
        await silence(E1, W1, family, ECHO);
        await west.upsert(neighboursOf(E1, WEST));
      });
      expect(drops).toEqual({
        east: [],
        west: [expect.stringMatching(`^${W1.endpoint} POLICY_INGRESS \\d+$`)],
      });
      expect(await site.in(E1).call("tcpHears", id, "meanwhile")).toBe(true);
    });
  });

  describe("a container that is gone", () => {
    it.each(FAMILIES)("%s: is not sent to any more, until it is back", async (family) => {
      const { east } = site;
      const id = await site.in(E1).call("tcpKeep", W1[family], ECHO);
      expect(await says(E1, id, "before")).toBe(true);
      await sleep(ACKNOWLEDGED_MS);
      const drops = await dropsDuring(async () => {
        await east.remove(neighboursOf(W1, EAST));
        expect(await says(E1, id, "meanwhile", SILENCE_MS)).toBe(false);
        await east.upsert(neighboursOf(W1, EAST));
      });
      expect(drops).toEqual({
        east: [expect.stringMatching(`^${E1.endpoint} NO_ROUTE \\d+$`)],
        west: [],
      });
      expect(await site.in(E1).call("tcpHears", id, "meanwhile")).toBe(true);
    });
  });

  describe("the underlay", () => {
    const hosts = () => [
      { from: site.east, to: WEST },
      { from: site.west, to: EAST },
    ];

    it.each(FAMILIES)("%s: hosts ping each other", async (family) => {
      for (const { from, to } of hosts()) {
        expect(await from.station.call("ping", to[family])).toBe(true);
        expect(await from.station.call("ping", to[family], UNDERLAY_MTU)).toBe(true);
      }
    });

    it.each(FAMILIES)("%s: and their programs speak", async (family) => {
      const drops = await dropsDuring(async () => {
        for (const { from, to } of hosts()) {
          expect(await from.station.call("tcpBulk", to[family], ECHO, BULK_BYTES)).toBe("same");
          expect(await from.station.call("tcpTry", to[family], ECHO + 1)).toBe("ECONNREFUSED");
          for (const bytes of [1, 1400, 8000])
            expect(await from.station.call("udpAsk", to[family], HOST_PORT, bytes)).toBe(true);
        }
      });
      expect(drops).toEqual({ east: [], west: [] });
    });
  });

  it("what comes to the tunnel's port and is no tunnel packet is nobody's", async () => {
    const drops = await dropsDuring(async () => {
      expect(await site.west.station.call("udpAsk", EAST.ipv4, TUNNEL_PORT, 4, SILENCE_MS)).toBe(false);
    });
    expect(drops).toEqual({ east: ["0 MALFORMED 1"], west: [] });
  });

  describe("a third party", () => {
    /** A datagram that W1 might have sent to E1. */
    const datagram = udpFrame(W1, E1, [4000, ECHO]);
    const asWest = { ...WEST, mac: THIRD.mac };

    /** Puts it on the underlay. Waits until it is dropped, or `delivered`. */
    async function forges(frame: Uint8Array, drop?: string): Promise<void> {
      const heard = await site.in(E1).call("udpHeard", ECHO);
      const drops = await dropsDuring(async () => {
        site.wire.send(1, frame);
        await sleep(100);
      });
      expect(drops).toEqual({ east: drop === undefined ? [] : [drop], west: [] });
      expect((await site.in(E1).call("udpHeard", ECHO)) - heard).toBe(drop === undefined ? 1 : 0);
    }

    it("is believed when it knows all, as VXLAN has no secrets", async () => {
      await forges(vxlan(asWest, EAST, VNI, datagram));
    });

    it("no network at all", async () => {
      await forges(vxlan(asWest, EAST, VNI, datagram, { flags: 0 }), "0 MALFORMED 1");
    });

    it("no other host of ours", async () => {
      await forges(vxlan(THIRD, EAST, VNI, datagram), "0 UNKNOWN_VTEP 1");
    });

    it("no network of ours", async () => {
      await forges(vxlan(asWest, EAST, VNI + 1, datagram), "0 UNKNOWN_VNI 1");
    });

    it("somebody who is not there", async () => {
      const spoofed = "0 SPOOFED_TUNNEL_SOURCE 1";
      for (const from of [E2, { ...W1, mac: W2.mac }, { ...W1, ipv4: "10.1.0.9" as Ip }])
        await forges(vxlan(asWest, EAST, VNI, udpFrame(from, E1, [4000, ECHO])), spoofed);
    });

    it("into connections that the NIC carries", async () => {
      const far = await site.in(E1).call("tcpKeep", W1.ipv4, ECHO);
      const near = await site.in(E1).call("tcpKeep", E2.ipv4, ECHO);
      for (const word of ["one", "two", "three"]) {
        expect(await says(E1, far, word)).toBe(true);
        expect(await says(E1, near, word)).toBe(true);
      }
      const answer = async (from: Container, id: number): Promise<Uint8Array> =>
        tcpFrame(from, E1, [ECHO, await site.in(E1).call("tcpPort", id)], TCP.ack);
      await forges(vxlan(THIRD, EAST, VNI, await answer(W1, far)), "0 UNKNOWN_VTEP 1");
      await forges(vxlan(asWest, EAST, VNI + 1, await answer(W1, far)), "0 UNKNOWN_VNI 1");
      await forges(vxlan(asWest, EAST, VNI, await answer(E2, near)), "0 SPOOFED_TUNNEL_SOURCE 1");
      expect(await says(E1, far, "four")).toBe(true);
      expect(await says(E1, near, "four")).toBe(true);
    });
  });

  describe("the agent", () => {
    it("goes on when the daemon does not", async () => {
      const id = await site.in(E1).call("tcpKeep", W1.ipv4, ECHO);
      await site.east.station.call("closeDataplane");
      expect(await says(E1, id, "nobody is there")).toBe(true);
      expect(await site.in(W2).call("ping", E2.ipv6)).toBe(true);
      expect(await site.east.open()).toBe(true);
      expect(await site.east.station.call("dump")).toHaveLength(site.east.rows().length);
      expect(await says(E1, id, "somebody is there")).toBe(true);
    });

    it("is killed: nothing passes until another one has the rows, then all does", async () => {
      const { east } = site;
      const id = await site.in(E1).call("tcpKeep", W1.ipv4, ECHO);
      expect(await says(E1, id, "before")).toBe(true);
      await east.station.call("killAgent");
      await expect(east.station.call("dropCounters")).rejects.toThrow("lost hyperion-agent");
      expect(await site.in(E1).call("ping", W1.ipv4, 84, SILENCE_MS)).toBe(false);
      expect(await site.in(E1).call("ping", E2.ipv4, 84, SILENCE_MS)).toBe(false);

      expect(await east.station.call("dump")).toEqual([]);
      expect(await site.in(E1).call("ping", W1.ipv4, 84, SILENCE_MS)).toBe(false);
      expect(await east.station.call("ping", WEST.ipv4)).toBe(true);

      await east.fill();
      for (const { from, to, family } of WAYS) {
        expect(await site.in(from).call("ping", to[family])).toBe(true);
        expect(await site.in(from).call("tcpBulk", to[family], ECHO, BULK_BYTES / 8)).toBe("same");
      }
      expect(await says(E1, id, "after")).toBe(true);
      await silence(E1, W1, "ipv4", NO_EGRESS_PORT);
    });
  });
});

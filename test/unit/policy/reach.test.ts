import { describe, expect, it } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import { accessChanges, outsideAt, type Reach, reach } from "../../../src/policy/index.ts";
import { adminPolicy, network, partyOf, shop } from "./parties.ts";

const shown = (found: Reach) => found.map(({ protocol, first, last }) => `${protocol}/${first}-${last}`);

function between(web: Record<string, string>, db: Record<string, string>): readonly string[] {
  const population = shop({ "shop/web": web, "shop/db": db });
  return shown(reach(partyOf(population, "shop/web"), partyOf(population, "shop/db")));
}

const ALL = ["tcp/0-65535", "udp/0-65535", "sctp/0-65535", "icmp/0-65535", "icmp6/0-65535", "other/0-0"];

describe("reach", () => {
  it("is everything where nobody says anything", () => {
    expect(between({}, {})).toEqual(ALL);
  });

  it("is what both sides allow", () => {
    const web = { "hyperion.egress.out": "allow tcp/1-100,200 to any" };
    const db = { "hyperion.ingress.in": "allow tcp/50-300,udp/53 from any" };
    expect(between(web, db)).toEqual(["tcp/50-100", "tcp/200-200"]);
  });

  it("puts deny before allow, and the lower prio before both", () => {
    const db = {
      "hyperion.ingress.all": "allow tcp from any",
      "hyperion.ingress.low": "deny tcp/1-1023 from any",
      "hyperion.ingress.web": "allow tcp/80 from any prio 10",
    };
    expect(between({}, db)).toEqual(["tcp/0-0", "tcp/80-80", "tcp/1024-65535"]);
  });

  it("lets pass what a denial only audits", () => {
    const db = { "hyperion.ingress.in": "deny tcp/22 from any", "hyperion.mode": "learn" };
    expect(between({}, db)).toEqual(ALL);
  });

  it("tells ICMP types and codes apart", () => {
    const db = {
      "hyperion.ingress.ping": "allow icmp/8 from any",
      "hyperion.ingress.frag": "allow icmp/3:4 from any",
    };
    expect(between({}, db)).toEqual(["icmp/772-772", "icmp/2048-2303"]);
  });

  it("carries each family's ICMP to its own addresses", () => {
    const population = shop({ "shop/web": { "hyperion.ingress.ping": "allow icmp from world" } });
    const from = (address: string) =>
      shown(reach(outsideAt(parseIp(address), new Set()), partyOf(population, "shop/web")));
    expect(from("203.0.113.7")).toEqual(["icmp/0-65535"]);
    expect(from("2001:db8::7")).toEqual(["icmp6/0-65535"]);
  });
});

describe("changes of access", () => {
  const SERVICES = {
    "shop/web": {},
    "shop/db": { "hyperion.ingress.sql": "allow tcp/5432 from service:web" },
  };

  it("are none where nothing changes", () => {
    expect(accessChanges(shop(SERVICES), shop(SERVICES))).toEqual([]);
  });

  it("are what an admin policy takes, pair by pair, the outside included", () => {
    const { policy } = adminPolicy({
      tier: "admin",
      rules: [{ name: "no-telnet", applies: "service:shop/web", ingress: "deny tcp/23 from any" }],
    });
    const lost = [{ protocol: "tcp", first: 23, last: 23 }];
    const change = (from: string) => ({ network: "shop_default", from, to: "shop/web", lost, gained: [] });
    expect(accessChanges(shop(SERVICES), shop(SERVICES, [policy]))).toEqual([
      change("shop/db"),
      change("world"),
      change("host"),
    ]);
    const back = accessChanges(shop(SERVICES, [policy]), shop(SERVICES));
    expect(back.map(({ from, lost, gained }) => ({ from, lost, gained }))).toEqual(
      ["shop/db", "world", "host"].map((from) => ({ from, lost: [], gained: lost })),
    );
  });

  it("tell apart outside what rules tell apart", () => {
    const open = { "hyperion.policy": "default-allow" };
    const before = shop({ "shop/web": open });
    const after = shop({ "shop/web": { ...open, "hyperion.ingress.bad": "deny from 198.51.100.0/24" } });
    expect(accessChanges(before, after).map(({ from, to }) => `${from} ${to}`)).toEqual([
      "world:198.51.100.0/24 shop/web",
    ]);
    // Of a machine with an address in it, that address counts too.
    const here = [parseIp("198.51.100.9"), parseIp("10.0.0.1")];
    expect(accessChanges(before, after, here).map(({ from }) => from)).toEqual([
      "world:198.51.100.0/24",
      "host",
    ]);
  });

  it("do not speak of a prefix of which nothing is left", () => {
    const halves = {
      "hyperion.ingress.a": "allow from 0.0.0.0/1",
      "hyperion.ingress.b": "allow from 128.0.0.0/1, ::/0",
    };
    const closed = { ...halves, "hyperion.ingress.c": "deny tcp/1 from world prio 1" };
    const names = accessChanges(shop({ "shop/web": halves }), shop({ "shop/web": closed })).map(
      ({ from }) => from,
    );
    expect(names).toEqual(["world:0.0.0.0/1", "world:128.0.0.0/1", "world"]);
    const open = { ...halves, "hyperion.policy": "default-allow" };
    const closed4 = { ...open, "hyperion.ingress.c": "deny tcp/1 from world & 0.0.0.0/0 prio 1" };
    const names4 = accessChanges(shop({ "shop/web": open }), shop({ "shop/web": closed4 })).map(
      ({ from }) => from,
    );
    expect(names4).toEqual(["world:0.0.0.0/1", "world:128.0.0.0/1"]);
  });

  it("count who is new, and who is gone, with all that they reach", () => {
    const one = { networks: [network("shop_default", { "shop/web": {} })] };
    const two = { networks: [network("shop_default", { "shop/web": {}, "shop/api": {} })] };
    const gained = accessChanges(one, two);
    const shownPairs = gained.map(({ from, to, lost }) => `${from} ${to} ${lost.length}`);
    expect(shownPairs.sort()).toEqual([
      "host shop/api 0",
      "shop/api host 0",
      "shop/api shop/web 0",
      "shop/api world 0",
      "shop/web shop/api 0",
      "world shop/api 0",
    ]);
    expect(accessChanges(two, one).every(({ lost, gained }) => lost.length > 0 && gained.length === 0)).toBe(
      true,
    );
  });
});

import { describe, expect, it } from "vitest";
import {
  type Explanation,
  explain,
  findEnd,
  formatExplanation,
  meetings,
  type Population,
  parseProbe,
  probeBetween,
} from "../../../src/policy/index.ts";
import { adminPolicy, network, shop } from "./parties.ts";

function ask(population: Population, from: string, to: string, probe: string): Explanation {
  const [meeting] = meetings(population, findEnd(population, from), findEnd(population, to));
  if (meeting === undefined) throw new Error("they do not meet");
  return explain(meeting.from, meeting.to, probeBetween(parseProbe(probe), meeting.from, meeting.to));
}

function text(population: Population, from: string, to: string, probe: string): string {
  const [meeting] = meetings(population, findEnd(population, from), findEnd(population, to));
  const explanation = ask(population, from, to, probe);
  return formatExplanation({ from, to, probe, network: meeting?.network ?? "" }, explanation);
}

const SQL = { "hyperion.ingress.sql": "allow tcp/5432 from service:api" };

describe("explain", () => {
  it("names the rule and the posture that decide, and what made the posture so", () => {
    const { verdict, audit, egress, ingress } = ask(
      shop({ "shop/api": {}, "shop/db": SQL }),
      "api",
      "db",
      "tcp/5432",
    );
    expect({ verdict, audit }).toEqual({ verdict: "allow", audit: false });
    expect(egress).toMatchObject({ verdict: "allow", by: "posture", posture: { by: "daemon" } });
    expect(ingress).toMatchObject({
      verdict: "allow",
      by: "rule:sql",
      rule: { tier: "container", name: "sql" },
    });
  });

  it("says that a posture closed because a rule allows something", () => {
    const { verdict, ingress } = ask(shop({ "shop/web": {}, "shop/db": SQL }), "web", "db", "tcp/5432");
    expect(verdict).toBe("deny");
    expect(ingress).toMatchObject({ verdict: "deny", by: "posture" });
    expect(ingress.posture).toEqual({ verdict: "deny", by: "allow-rule", tier: "container", rule: "sql" });
  });

  it("names the label that would allow what a posture denies", () => {
    const { ingress, egress } = ask(shop({ "shop/web": {}, "shop/db": SQL }), "web", "db", "tcp/22");
    expect(ingress.remedy).toEqual({
      action: "set",
      label: "hyperion.ingress.web",
      value: "allow tcp/22 from service:web",
      on: "shop/db",
    });
    expect(egress.remedy).toMatchObject({ label: "hyperion.egress.db", value: "deny tcp/22 to service:db" });
  });

  it("puts the remedy before the rule that denies, and takes a name that is free", () => {
    const labels = {
      "hyperion.ingress.web": "deny tcp from project prio 20",
      "hyperion.ingress.web-2": "allow udp from any",
    };
    const { ingress } = ask(shop({ "shop/web": {}, "shop/db": labels }), "web", "db", "tcp/22");
    expect(ingress.by).toBe("rule:web");
    expect(ingress.remedy).toMatchObject({
      label: "hyperion.ingress.web-3",
      value: "allow tcp/22 from service:web prio 19",
    });
  });

  it("needs no prio before a rule that comes late anyway", () => {
    const labels = { "hyperion.ingress.late": "deny tcp from any prio 900" };
    const { ingress } = ask(shop({ "shop/web": {}, "shop/db": labels }), "web", "db", "tcp/22");
    expect(ingress.remedy).toMatchObject({ value: "allow tcp/22 from service:web" });
  });

  it("removes a rule before which nothing can come", () => {
    const labels = { "hyperion.ingress.first": "deny tcp from any prio 0" };
    const { ingress } = ask(shop({ "shop/web": {}, "shop/db": labels }), "web", "db", "tcp/22");
    expect(ingress.remedy).toEqual({
      action: "remove",
      label: "hyperion.ingress.first",
      value: "deny tcp from any prio 0",
      on: "shop/db",
    });
  });

  it("says when the first allow rule of a direction closes it to all else", () => {
    const services = { "shop/web": {}, "shop/db": { "hyperion.ingress.ssh": "deny tcp/22" } };
    expect(ask(shop(services), "web", "db", "tcp/22").ingress.remedy).toMatchObject({
      value: "allow tcp/22 from service:web prio 499",
      closes: true,
    });
    expect(text(shop(services), "web", "db", "tcp/22")).toContain(
      "This closes ingress of shop/db to all else",
    );
    const open = {
      "shop/web": {},
      "shop/db": { ...services["shop/db"], "hyperion.policy": "default-allow" },
    };
    expect(ask(shop(open), "web", "db", "tcp/22").ingress.remedy).not.toHaveProperty("closes");
  });

  it("names no label to deny by where a denial would only audit", () => {
    const audits = { "hyperion.mode": "audit" };
    const one = shop({ "shop/web": {}, "shop/db": audits });
    expect(ask(one, "web", "db", "tcp/22").ingress.remedy).toBeUndefined();
    expect(text(one, "web", "db", "tcp/22")).toContain(
      "To deny it:\n  set on shop/web      hyperion.egress.db: deny tcp/22",
    );
    const both = shop({ "shop/web": audits, "shop/db": audits });
    expect(text(both, "web", "db", "tcp/22")).toContain("To deny it: no rule can, as hyperion.mode lets");
  });

  it("blames no admin policy for rules of labels that no single change gets past", () => {
    const labels = {
      "hyperion.ingress.a": "deny tcp from any prio 0",
      "hyperion.ingress.b": "deny tcp from any prio 0",
    };
    const found = text(shop({ "shop/web": {}, "shop/db": labels }), "web", "db", "tcp/22");
    expect(found).toContain("To allow it: no single label can.");
  });

  it("knows no label against an admin policy, and one against a baseline", () => {
    const rules = [{ name: "no-telnet", applies: "containers", ingress: "deny tcp/23 from any" }];
    const services = { "shop/web": {}, "shop/db": {} };
    const admin = adminPolicy({ tier: "admin", rules }).policy;
    const strict = ask(shop(services, [admin]), "web", "db", "tcp/23");
    expect(strict.ingress).toMatchObject({ verdict: "deny", by: "admin:no-telnet", remedy: undefined });
    expect(text(shop(services, [admin]), "web", "db", "tcp/23")).toContain("no label can");

    const baseline = adminPolicy({ tier: "baseline", rules }).policy;
    const mild = ask(shop(services, [baseline]), "web", "db", "tcp/23");
    expect(mild.ingress.by).toBe("baseline:no-telnet");
    expect(mild.ingress.remedy).toMatchObject({ action: "set", value: "allow tcp/23 from service:web" });
  });

  it("lets what is outside say allow, and names it by address", () => {
    const population = shop({
      "shop/web": { "hyperion.ingress.https": "allow tcp/443 from 203.0.113.0/24" },
    });
    const inside = ask(population, "world:203.0.113.7", "web", "tcp/443");
    expect(inside.egress).toEqual({
      verdict: "allow",
      by: "posture",
      audit: false,
      rule: undefined,
      posture: undefined,
      remedy: undefined,
    });
    expect(inside.ingress.by).toBe("rule:https");
    const { ingress } = ask(population, "198.51.100.1", "web", "tcp/443");
    expect(ingress.remedy).toMatchObject({
      label: "hyperion.ingress.198-51-100-1",
      value: "allow tcp/443 from 198.51.100.1",
    });
    expect(ask(population, "host", "web", "tcp/443").ingress.remedy?.value).toBe("allow tcp/443 from host");
  });

  it("lets a denial that audits pass, and the other side enforce", () => {
    const audited = { "hyperion.mode": "audit", "hyperion.policy": "default-deny-ingress" };
    const { verdict, audit, ingress } = ask(
      shop({ "shop/web": {}, "shop/db": audited }),
      "web",
      "db",
      "tcp/22",
    );
    expect({ verdict, audit }).toEqual({ verdict: "allow", audit: true });
    expect(ingress).toMatchObject({ verdict: "allow", audit: true, by: "posture" });

    const closed = { "hyperion.policy": "default-deny-egress" };
    const other = ask(shop({ "shop/web": closed, "shop/db": audited }), "web", "db", "tcp/22");
    expect(other).toMatchObject({ verdict: "deny", audit: false, ingress: { audit: true } });
  });

  it("audits by a rule's own word", () => {
    const labels = { "hyperion.ingress.rpc": "deny tcp/111 from any audit" };
    const found = ask(shop({ "shop/web": {}, "shop/db": labels }), "web", "db", "tcp/111");
    expect(found).toMatchObject({ verdict: "allow", audit: true, ingress: { by: "rule:rpc" } });
  });

  it("tells people", () => {
    expect(text(shop({ "shop/web": {}, "shop/db": SQL }), "shop/web", "shop/db", "tcp/22")).toBe(
      [
        "shop/web -> shop/db tcp/22 on shop_default: deny",
        "  egress of  shop/web  allow: no rule matches; default-allow (the daemon's default)",
        "  ingress of shop/db   deny: no rule matches; default-deny (nothing states a posture, and rule sql allows something)",
        "To allow it:",
        "  set on shop/db      hyperion.ingress.web: allow tcp/22 from service:web",
        "",
      ].join("\n"),
    );
  });
});

describe("who meets whom", () => {
  const front = network("shop_front", { "shop/web": {}, "shop/api": {} });
  const back = network("shop_back", { "shop/api": {}, "shop/db": {} });
  const population = { networks: [front, back] };
  const met = (from: string, to: string) =>
    meetings(population, findEnd(population, from), findEnd(population, to)).map((one) => one.network);

  it("meets on shared networks alone", () => {
    expect(met("web", "api")).toEqual(["shop_front"]);
    expect(met("web", "db")).toEqual([]);
  });

  it("goes out by the first network with a way out", () => {
    expect(met("api", "host")).toEqual(["shop_back"]);
    const shut = { networks: [front, { ...back, hasWayOut: false }] };
    const [only, ...others] = meetings(shut, findEnd(shut, "api"), findEnd(shut, "host"));
    expect([only?.network, others]).toEqual(["shop_front", []]);
    expect(meetings(shut, findEnd(shut, "db"), findEnd(shut, "host"))).toEqual([]);
  });

  it("takes a short name that fits one service, and refuses one that fits several or none", () => {
    const two = { networks: [network("corp", { "shop/web": {}, "blog/web": {}, "blog/db": {} })] };
    expect(findEnd(two, "db")).toEqual({ party: "blog/db" });
    expect(findEnd(two, "blog/web")).toEqual({ party: "blog/web" });
    expect(() => findEnd(two, "web")).toThrow(
      'there is no one service "web"; it may be blog/web or shop/web',
    );
    expect(() => findEnd(two, "wbe")).toThrow('there is no service "wbe"; did you mean web?');
    expect(() => findEnd(two, "world")).toThrow("name an address of it, like world:203.0.113.7");
    expect(() => findEnd(two, "world:nowhere")).toThrow('"nowhere" is not an IP address');
  });
});

describe("a probe", () => {
  it.each([
    ["tcp/80", "tcp/80", { protocol: "tcp", port: 80 }],
    [" UDP/053 ", "udp/53", { protocol: "udp", port: 53 }],
    ["sctp/9", "sctp/9", { protocol: "sctp", port: 9 }],
    ["icmp/8", "icmp/8", { protocol: "icmp", port: 0x0800 }],
    ["icmp/3:4", "icmp/3:4", { protocol: "icmp", port: 0x0304 }],
    ["icmp6/128", "icmp6/128", { protocol: "icmp6", port: 0x8000 }],
    ["icmp", "icmp", { protocol: "icmp", port: 0x0800 }],
  ])("reads %s", (written, shown, probe) => {
    expect(parseProbe(written).text).toBe(shown);
    expect(parseProbe(written).in(4)).toEqual(probe);
  });

  it("asks for an echo in the protocol of the addresses", () => {
    expect(parseProbe("icmp").in(6)).toEqual({ protocol: "icmp6", port: 0x8000 });
  });

  it.each(["any", "tcp", "tcp/0", "tcp/65536", "tcp/80:1", "icmp6", "icmp/256", "gre", "80", ""])(
    "refuses %j",
    (written) => {
      expect(() => parseProbe(written)).toThrow("is not a probe: tcp/80");
    },
  );
});

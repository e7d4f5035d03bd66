import { describe, expect, it } from "vitest";
import { type Direction, parseRule, printRule } from "../../../src/policy/index.ts";

function canonical(text: string, direction: Direction): string {
  const { rule, fault } = parseRule(text, direction);
  if (rule === undefined) throw new Error(`${fault.code}: ${fault.text}`);
  return printRule(rule, direction);
}

describe("parseRule", () => {
  it.each([
    ["ingress", "allow", "allow"],
    ["ingress", "  DENY  ", "deny"],
    ["ingress", "Allow TCP/80 From Any", "allow tcp/80 from any"],
    ["ingress", "allow any from any", "allow from any"],
    ["ingress", "allow tcp/80,any", "allow"],
    ["ingress", "allow tcp/80,443,7000-7100,udp/53 from any", "allow tcp/80,443,7000-7100,udp/53 from any"],
    ["ingress", "allow tcp/80, 443 , udp/53", "allow tcp/80,443,udp/53"],
    ["ingress", "allow tcp/80-80", "allow tcp/80"],
    ["ingress", "allow sctp", "allow sctp"],
    ["ingress", "allow icmp", "allow icmp"],
    ["ingress", "allow icmp/8,icmp/3:4,icmp6/128", "allow icmp/8,icmp/3:4,icmp6/128"],
    ["egress", "allow to containers, world,host", "allow to containers, world, host"],
    ["ingress", "allow from project,service", "allow from project, service"],
    ["ingress", "allow from service:api,service:shop/api", "allow from service:api, service:shop/api"],
    ["ingress", "allow from project:shop & !group:web", "allow from project:shop & !group:web"],
    ["ingress", "allow from CONTAINER:Db_1.x-y", "allow from container:Db_1.x-y"],
    ["ingress", "allow from 10.20.5.0/16, 10.0.0.1", "allow from 10.20.0.0/16, 10.0.0.1"],
    ["ingress", "allow from FD00::/8, ::1", "allow from fd00::/8, ::1"],
    [
      "ingress",
      'allow from tier in("front","ba tch") & env != dev',
      'allow from tier in(front,"ba tch") & env!=dev',
    ],
    ["ingress", "allow from HAS(tier), app.io/name=x", "allow from has(tier), app.io/name=x"],
    ["ingress", "allow from !env=dev", "allow from !env=dev"],
    ["ingress", "allow from container:a & container:a", "allow from container:a & container:a"],
    ["ingress", "allow from 10.0.0.0/8 & !10.1.0.0/16", "allow from 10.0.0.0/8 & !10.1.0.0/16"],
    ["ingress", "allow from any & group:x", "allow from any & group:x"],
    ["ingress", "allow from host & 10.0.0.0/8, world & !::/0", "allow from host & 10.0.0.0/8, world & !::/0"],
    ["ingress", "allow from !0.0.0.0/0 & !10.0.0.0/8", "allow from !0.0.0.0/0 & !10.0.0.0/8"],
    ["ingress", "allow from ::ffff:10.0.0.0/104, ::ffff:1.2.3.4", "allow from 10.0.0.0/8, 1.2.3.4"],
    ["ingress", "allow from a in(1,2) & a!=1 & has(a)", "allow from a in(1,2) & a!=1 & has(a)"],
    ["ingress", "allow from service:a/x & service:a/y", "allow from service:a/x & service:a/y"],
    [
      "egress",
      'DENY UDP/53 TO !GROUP:Dns ON Back PRIO 7 LOG AUDIT COMMENT "No"',
      'deny udp/53 to !group:Dns on Back prio 7 log audit comment "No"',
    ],
    ["ingress", "deny on back prio 0 log audit", "deny on back prio 0 log audit"],
    ["ingress", "deny audit log prio 1000 on back", "deny on back prio 1000 log audit"],
    ["ingress", "deny prio 500", "deny"],
    [
      "ingress",
      'deny on "my net" comment "say \\"no\\" \\\\ twice"',
      'deny on "my net" comment "say \\"no\\" \\\\ twice"',
    ],
  ] as const)("%s %s", (direction, text, expected) => {
    expect(canonical(text, direction)).toBe(expected);
    expect(canonical(expected, direction)).toBe(expected);
  });

  it.each([
    ["E102", "", "", 'expected "allow" or "deny"', undefined],
    ["E102", "alow tcp", "alow", 'expected "allow" or "deny"', "allow"],
    ["E102", "allow tcp/5432 form service:api", "form", 'expected "from", "to" or an option', "from"],
    ["E102", "allow form any", "form", 'expected a protocol, "from", "to" or an option', "from"],
    ["E102", "allow 80 from any", "80", 'expected a protocol, not "80"', "tcp/80"],
    ["E102", "allow tcp 80", "tcp 80", 'expected "/" before the ports', "tcp/80"],
    ["E102", "allow udp,53", "udp,53", 'expected "/" before the ports', "udp/53"],
    ["E102", "allow tcp:80", "tcp:80", 'expected a protocol, not "tcp:80"', "tcp/80"],
    [
      "E102",
      "allow tcp/http",
      "http",
      "expected a port or a range of ports, like 80 or 7000-7100",
      undefined,
    ],
    ["E102", "allow tcp/80,", "", "expected a protocol", undefined],
    ["E102", "allow icmp/300", "300", "ICMP type 300 is outside 0–255", undefined],
    ["E102", "allow icmp/8:256", "8:256", "ICMP code 256 is outside 0–255", undefined],
    ["E102", "allow icmp/echo", "echo", "expected an ICMP type, like icmp/8 or icmp/3:4", undefined],
    ["E102", "allow from", "", 'expected a selector, like "any" or "service:api"', undefined],
    ["E102", "allow from any,", "", 'expected a selector, like "any" or "service:api"', undefined],
    ["E102", "allow from service:", "", 'expected the name of a service after "service:"', undefined],
    ["E102", "allow from group:a/b", "a/b", 'expected the name of a group after "group:"', undefined],
    [
      "E102",
      "allow from 10.1.0.0/99",
      "10.1.0.0/99",
      '"10.1.0.0/99" is not a subnet, like 10.1.0.0/16',
      undefined,
    ],
    [
      "E102",
      "allow from ::/0::ffff:1.2.3.4",
      "::/0::ffff:1.2.3.4",
      '"::/0::ffff:1.2.3.4" is not a subnet, like 10.1.0.0/16',
      undefined,
    ],
    ["E102", "allow from 10.1.0", "10.1.0", '"10.1.0" is not an address', undefined],
    ["E102", "allow from a=", "", 'expected a value after "="', undefined],
    ["E102", "allow from a in(b", "", 'expected ")"', undefined],
    ["E102", 'allow from a="b', '"b', "the quoted text does not end", undefined],
    ["E102", "allow from any log from any", "from", '"from" may stand once, before the options', undefined],
    ["E102", "allow from any lgo", "lgo", "expected an option", "log"],
    ["E102", "allow log log", "log", '"log" is given twice', undefined],
    ["E102", "allow prio 1001", "1001", "expected a priority from 0 to 1000", undefined],
    ["E102", 'allow on ""', '""', "expected the name of a network", undefined],
    ["E102", "allow tcp/80 world", "world", 'expected "from", "to" or an option', "from world"],
    ["E102", "allow tcp group:web", "group:web", 'expected "from", "to" or an option', "from group:web"],
    ["E102", "allow comment hello", "hello", "expected a comment in quotation marks", undefined],
    ["E117", "allow tcp/70000", "70000", "port 70000 is outside 1–65535", undefined],
    ["E117", "allow tcp/0", "0", "port 0 is outside 1–65535", undefined],
    [
      "E117",
      "allow tcp/999999999999999999999",
      "999999999999999999999",
      "port 9999999999… is outside 1–65535",
      undefined,
    ],
    ["E117", "allow tcp/80,7100-7000", "7100-7000", "the range of ports is reversed", "7000-7100"],
    ["E121", "allow tcp/80 to any", "to", 'ingress rules take "from"', "from"],
    ["E121", "allow from world to any", "to", 'ingress rules take "from"', "from"],
    ["E130", "allow from grp:web", "grp:web", 'unknown kind of selector "grp:"', "group:web"],
    ["E130", "allow from zone:web", "zone:web", 'unknown kind of selector "zone:"', undefined],
    [
      "E130",
      "allow from api",
      "api",
      'unknown selector "api"; write service:api, group:api or container:api',
      undefined,
    ],
    ["E130", "allow from wolrd", "wolrd", 'unknown selector "wolrd"', "world"],
    [
      "E133",
      "allow from group:x & 10.0.0.0/8",
      "group:x & 10.0.0.0/8",
      '"group:x & 10.0.0.0/8" can match nothing',
      undefined,
    ],
    ["E133", "allow from !any", "!any", '"!any" can match nothing', undefined],
    ["E133", "allow from !containers", "!containers", '"!containers" can match nothing', undefined],
    [
      "E133",
      "allow from group:x & !group:x",
      "group:x & !group:x",
      '"group:x & !group:x" can match nothing',
      undefined,
    ],
    ["E133", "allow from world & host", "world & host", '"world & host" can match nothing', undefined],
    [
      "E133",
      "allow from 10.0.0.0/8 & 11.0.0.0/8",
      "10.0.0.0/8 & 11.0.0.0/8",
      '"10.0.0.0/8 & 11.0.0.0/8" can match nothing',
      undefined,
    ],
    ["E133", "allow from !world & !host", "!world & !host", '"!world & !host" can match nothing', undefined],
    [
      "E133",
      "allow from !0.0.0.0/0 & !::/0",
      "!0.0.0.0/0 & !::/0",
      '"!0.0.0.0/0 & !::/0" can match nothing',
      undefined,
    ],
    ["E133", "allow from ::1 & 10.0.0.1", "::1 & 10.0.0.1", '"::1 & 10.0.0.1" can match nothing', undefined],
    [
      "E133",
      "allow from 10.0.0.0/8 & !10.128.0.0/9 & !10.0.0.0/9",
      "10.0.0.0/8 & !10.128.0.0/9 & !10.0.0.0/9",
      '"10.0.0.0/8 & !10.128.0.0/9 & !10.0.0.0/9" can match nothing',
      undefined,
    ],
    [
      "E133",
      "allow from 10.0.0.1/32 & !10.0.0.1",
      "10.0.0.1/32 & !10.0.0.1",
      '"10.0.0.1/32 & !10.0.0.1" can match nothing',
      undefined,
    ],
    ["E133", "allow from a=1 & !has(a)", "a=1 & !has(a)", '"a=1 & !has(a)" can match nothing', undefined],
    [
      "E133",
      "allow from a in(1,2) & a!=1 & a!=2",
      "a in(1,2) & a!=1 & a!=2",
      '"a in(1,2) & a!=1 & a!=2" can match nothing',
      undefined,
    ],
    [
      "E133",
      "allow from container:a & container:b",
      "container:a & container:b",
      '"container:a & container:b" can match nothing',
      undefined,
    ],
    [
      "E133",
      "allow from service:a/x & project:b",
      "service:a/x & project:b",
      '"service:a/x & project:b" can match nothing',
      undefined,
    ],
    ["E133", "allow from env=a & env=b", "env=a & env=b", '"env=a & env=b" can match nothing', undefined],
  ] as const)("%s: %s", (code, text, marked, message, suggestion) => {
    const { fault } = parseRule(text, "ingress");
    expect(fault).toMatchObject({ code, text: message, suggestion });
    expect(text.slice(fault?.span?.start, fault?.span?.end)).toBe(marked);
  });

  it("refuses the other direction's word in egress, too (E121)", () => {
    expect(parseRule("allow from any", "egress").fault).toMatchObject({ code: "E121", suggestion: "to" });
  });

  it("refuses a rule that is too long", () => {
    expect(parseRule(`allow ${"x".repeat(20_000)}`, "ingress").fault?.code).toBe("E102");
  });

  it("knows where every node stands", () => {
    const text = "allow tcp/80,443 from service:api & !group:x, any log";
    const { rule } = parseRule(text, "ingress");
    const at = (node: { span: { start: number; end: number } } | undefined) =>
      text.slice(node?.span.start, node?.span.end);
    expect(at(rule)).toBe(text);
    expect(at(rule?.protocols[0])).toBe("tcp/80,443");
    expect(at(rule?.peer[0])).toBe("service:api & !group:x");
    expect(at(rule?.peer[0]?.terms[1])).toBe("!group:x");
    expect(at(rule?.peer[0]?.terms[1]?.atom)).toBe("group:x");
    expect(at(rule?.peer[1])).toBe("any");
  });
});

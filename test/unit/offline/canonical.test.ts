import { describe, expect, it } from "vitest";
import { formatRules } from "../../../src/offline/index.ts";
import { formatPlace } from "../../../src/yaml/index.ts";

const format = (text: string) => formatRules(text, "compose.yaml");

describe("the canonical form", () => {
  it("touches the texts of rules and nothing else", () => {
    const text = `# the shop
services:
  web:
    labels:   # who may come in
      hyperion.ingress.http:   "ALLOW TCP/8080,08443 FROM any"  # everybody
      hyperion.group: "  A B"
      other: ALLOW TCP
  db:
    labels:
      - hyperion.ingress.sql=Allow tcp/5432 from service:api,service:web PRIO 500
      - 'hyperion.egress.no=deny   to world'
    networks: { back: { driver_opts: { hyperion.ingress.x: 'allow UDP' } } }
x-more: [ 1,2 ]
`;
    const { text: formatted, spellings, rules } = format(text);
    expect(formatted).toBe(`# the shop
services:
  web:
    labels:   # who may come in
      hyperion.ingress.http:   "allow tcp/8080,8443 from any"  # everybody
      hyperion.group: "  A B"
      other: ALLOW TCP
  db:
    labels:
      - hyperion.ingress.sql=allow tcp/5432 from service:api, service:web
      - 'hyperion.egress.no=deny to world'
    networks: { back: { driver_opts: { hyperion.ingress.x: 'allow udp' } } }
x-more: [ 1,2 ]
`);
    expect(rules).toBe(4);
    expect(spellings.map(({ place, within, label }) => `${formatPlace(place)} ${within} ${label}`)).toEqual([
      "compose.yaml:5:32 services.web.labels hyperion.ingress.http",
      "compose.yaml:10:30 services.db.labels hyperion.ingress.sql",
      "compose.yaml:11:29 services.db.labels hyperion.egress.no",
      "compose.yaml:12:60 services.db.networks.back.driver_opts hyperion.ingress.x",
    ]);
  });

  it("has nothing more to do when it is done", () => {
    const once = format("services: { a: { labels: { hyperion.ingress.a: 'ALLOW tcp/1-1 , udp' } } }\n");
    expect(once.text).toContain("'allow tcp/1,udp'");
    expect(format(once.text)).toMatchObject({ text: once.text, spellings: [], rules: 1 });
  });

  it("writes a text that is used twice once, where it is written", () => {
    const text = `x-in: &in
  hyperion.ingress.a: ALLOW tcp
services:
  a: { labels: *in }
  b:
    labels:
      <<: *in
      hyperion.ingress.b: &b DENY udp
  c: { labels: { hyperion.ingress.c: *b } }
`;
    const { text: formatted, spellings } = format(text);
    expect(formatted).toBe(text.replace("ALLOW", "allow").replace("DENY", "deny"));
    expect(spellings).toHaveLength(2);
  });

  it("leaves alone what has variables, and tells of what cannot be read", () => {
    const text = `services:
  a:
    labels:
      hyperion.ingress.a: ALLOW tcp/\${PORT}
      hyperion.ingress.b: allow tpc
`;
    const { text: formatted, spellings, rules } = format(text);
    expect([formatted, rules]).toEqual([text, 1]);
    expect(spellings).toMatchObject([
      { label: "hyperion.ingress.b", canonical: undefined, fault: { code: "E102" } },
    ]);
  });

  it("formats admin policies", () => {
    const text = `tier: admin
rules:
  - name: a
    applies: group:x,group:y
    ingress: DENY tcp/23   # never
`;
    expect(format(text).text).toBe(
      text.replace("group:x,group:y", "group:x, group:y").replace("DENY", "deny"),
    );
  });

  it("formats every document of a file", () => {
    const services = (rule: string) => `services: { web: { labels: { hyperion.ingress.a: "${rule}" } } }\n`;
    const { text, spellings } = format(`${services("ALLOW tcp/80")}---\n${services("ALLOW tcp/81")}`);
    expect(text).toBe(`${services("allow tcp/80")}---\n${services("allow tcp/81")}`);
    expect(spellings.map(({ place }) => place.line)).toEqual([1, 3]);
  });

  it("refuses what is no YAML", () => {
    expect(() => format("services: [")).toThrow("compose.yaml:");
  });
});

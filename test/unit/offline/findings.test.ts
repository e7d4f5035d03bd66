import { describe, expect, it } from "vitest";
import { NETWORK_OPTIONS } from "../../../src/driver/network-options.ts";
import { NETWORK_VALUES } from "../../../src/offline/findings.ts";
import { errorsIn, findAll } from "../../../src/offline/index.ts";
import { formatPlace } from "../../../src/yaml/index.ts";
import { inputOf } from "./projects.ts";

async function found(text: string, policies: Readonly<Record<string, string>> = {}) {
  return findAll(await inputOf([text], policies)).map(
    ({ code, who, place }) => `${code} ${who} ${place === null ? "nowhere" : formatPlace(place)}`,
  );
}

const shop = (services: string, networks = "networks: { default: { driver: hyperion } }") =>
  `name: shop\nservices:\n${services}\n${networks}\n`;

describe("findings", () => {
  it("say code, service, label, place, caret and suggestion of an error", async () => {
    const text = shop(
      "  db:\n    image: x\n    labels:\n      hyperion.ingress.sql: allow tcp/5432 form service:api",
    );
    const [finding] = findAll(await inputOf([text]));
    expect(finding).toMatchObject({
      code: "E102",
      severity: "error",
      who: "shop/db",
      label: "hyperion.ingress.sql",
      suggestion: "from",
      place: { file: "compose.yaml", line: 6, column: 29 },
    });
    expect(finding?.message).toBe(
      [
        "E102 shop/db: label hyperion.ingress.sql (compose.yaml:6:29)",
        "  allow tcp/5432 form service:api",
        '                 ^^^^ expected "from", "to" or an option; did you mean "from"?',
      ].join("\n"),
    );
  });

  it.each([
    ["E101", "hyperion.polcy: default-deny"],
    ["E102", "hyperion.ingress.a: permit tcp"],
    ["E117", "hyperion.ingress.a: allow tcp/70000"],
    ["E121", "hyperion.ingress.a: allow tcp to any"],
    ["E130", "hyperion.ingress.a: allow from sevice:x"],
    ["E133", "hyperion.ingress.a: allow from group:a & 10.0.0.0/8"],
    ["E150", "hyperion.mode: enforced"],
  ])("%s is an error: %s", async (code, label) => {
    const [own] = await found(shop(`  a:\n    image: x\n    labels:\n      ${label}`));
    expect(own).toBe(`${code} shop/a compose.yaml:6:${9 + label.indexOf(":")}`);
  });

  it("E140: the same rule in driver options and labels, once", async () => {
    const text = shop(
      "  a:\n    image: x\n    labels: { hyperion.ingress.a: allow tcp }\n    networks:\n      default: { driver_opts: { hyperion.ingress.a: allow tcp } }",
    );
    const all = await found(text);
    expect(all.filter((one) => one.startsWith("E"))).toHaveLength(1);
    expect(all[0]).toMatch(/^E140 shop\/a compose\.yaml:/);
  });

  it("an error in labels is said once, however many networks there are", async () => {
    const text = shop(
      "  a: { image: x, labels: { hyperion.mode: x }, networks: [n, m] }",
      "networks: { n: { driver: hyperion }, m: { driver: hyperion } }",
    );
    expect(await found(text)).toEqual(["E150 shop/a compose.yaml:3:43"]);
  });

  it("an error in labels is said of services that are on no network of ours, too", async () => {
    const all = await found(shop("  a: { image: x, labels: { hyperion.mode: x }, network_mode: host }"));
    expect(all[0]).toBe("E150 shop/a compose.yaml:3:43");
  });

  it("options of a network that another driver makes are that driver's", async () => {
    const networks = "networks:\n  default:\n    driver: bridge\n    driver_opts: { hyperion.policy: deny }";
    expect(await found(shop("  a: { image: x }", networks))).toEqual([]);
  });

  it("an error in driver options stands where they do", async () => {
    const text = shop(
      "  a:\n    image: x\n    networks:\n      default:\n        driver_opts:\n          hyperion.mode: x",
    );
    expect(await found(text)).toEqual(["E150 shop/a compose.yaml:8:26"]);
  });

  it("an option that the driver refuses is an error of the network", async () => {
    const networks =
      "networks:\n  default:\n    driver: hyperion\n    driver_opts: { hyperion.policy: deny, hyperion.gateway: host }";
    expect(await found(shop("  a: { image: x }", networks))).toEqual([
      "E150 network shop_default compose.yaml:7:37",
      "E150 network shop_default compose.yaml:7:61",
    ]);
  });

  it("an option of ours that the driver does not know is an error of the network", async () => {
    const options = "{ hyperion.polcy: default-deny, hyperion.mtu: 9000, other.option: x }";
    const networks = `networks:\n  default:\n    driver: hyperion\n    driver_opts: ${options}`;
    const [only, ...more] = findAll(await inputOf([shop("  a: { image: x }", networks)]));
    expect(more).toEqual([]);
    expect(only).toMatchObject({ code: "E101", suggestion: "hyperion.policy", who: "network shop_default" });
    expect([...NETWORK_VALUES.keys()].sort()).toEqual(Object.keys(NETWORK_OPTIONS).sort());
  });

  it("W203: a CIDR overlaps a subnet of the files, or the daemon's pools", async () => {
    const networks =
      "networks: { default: { driver: hyperion, ipam: { config: [{ subnet: 10.77.0.0/24 }] } } }";
    const labels = (cidr: string) =>
      `  a:\n    image: x\n    labels:\n      hyperion.ingress.a: allow from ${cidr}`;
    expect(await found(shop(labels("10.77.0.128/25"), networks))).toEqual(["W203 shop/a compose.yaml:6:27"]);
    expect(await found(shop(labels("10.150.0.1"), networks))).toEqual(["W203 shop/a compose.yaml:6:27"]);
    expect(await found(shop(labels("10.78.0.0/24"), networks))).toEqual([]);
  });

  it("W204, W210, W211 and W305 stand where what causes them is written", async () => {
    const text = shop(`  a:
    image: x
    ports: ["127.0.0.1:81:81", "80:80", "[::1]:81:81"]
    labels:
      hyperion.policy: default-deny
      hyperion.ingress.in: allow tcp/22 from service:b
      hyperion.ingress.no: deny tcp/22 from any
      hyperion.ingress.lost: allow tcp/9 from group:gone
      hyperion.ingress.local: allow tcp/81 from host
  b: { image: x }`);
    expect(await found(text)).toEqual([
      "W211 shop/a compose.yaml:5:32",
      "W210 shop/a compose.yaml:7:24",
      "W204 shop/a compose.yaml:8:28",
      "W305 shop/a compose.yaml:10:30",
    ]);
  });

  it("speak of admin policies by their files", async () => {
    const text = shop("  a: { image: x }");
    const wrong = "tier: admin\nrules:\n  - name: x\n    applies: containers\n    ingress: deny tcp/99999\n";
    expect(await found(text, { house: wrong })).toEqual(["E117 house house.yaml:5:14"]);
    const idle = "tier: admin\nrules:\n  - name: x\n    applies: group:nobody\n    ingress: deny tcp/23\n";
    expect(await found(text, { house: idle })).toEqual(["W305 house house.yaml:4:14"]);
    const fine = "tier: admin\nrules:\n  - name: x\n    applies: containers\n    ingress: deny tcp/23\n";
    expect(await found(text, { house: fine, home: fine })).toEqual(["E171 home home.yaml:3:11"]);
  });

  it("pass on how the files are read", async () => {
    const text = shop(
      "  a: { image: x, labels: { hyperion.group: $NOBODY_SET_THIS a }, networks: [n, m] }",
      "networks: { n: {}, m: { driver: bridge } }",
    );
    const codes = (await found(text)).map((one) => one.slice(0, 4));
    expect(codes).toEqual(expect.arrayContaining(["W501", "W520", "W521"]));
  });

  it("W521: of a network that another project makes with another driver, too", async () => {
    const texts = [
      "name: a\nservices: { web: { image: x, networks: [n], labels: { hyperion.group: g } } }\nnetworks: { n: { external: true, name: shared } }",
      "name: b\nservices: { web: { image: x, networks: [m] } }\nnetworks: { m: { driver: bridge, name: shared } }",
    ];
    const all = findAll(await inputOf(texts));
    expect(all.map(({ code, who, text }) => [code, who, text])).toEqual([
      ["W521", "a/web", "policy does not govern network shared, which bridge makes"],
    ]);
  });

  it("put errors first, and know them apart", async () => {
    const input = await inputOf([
      shop(
        "  a: { image: x, labels: { hyperion.policy: default-deny } }\n  b: { image: x, labels: { hyperion.mode: x } }",
      ),
    ]);
    expect(findAll(input).map(({ code }) => code)).toEqual(["E150", "W210"]);
    expect(errorsIn(input).map(({ code }) => code)).toEqual(["E150"]);
  });

  it("have nothing to say of the quickstart but that names are not resolved", async () => {
    const text =
      shop(`  web: { image: x, labels: { hyperion.group: app, hyperion.ingress.http: allow tcp/8080 from any } }
  db: { image: x, labels: { hyperion.policy: default-deny, hyperion.ingress.sql: allow tcp/5432 from group:app } }`);
    expect(await found(text)).toEqual(["W210 shop/db compose.yaml:4:46"]);
  });
});

import { describe, expect, it } from "vitest";
import type { OfflineInput } from "../../../src/offline/index.ts";
import { decide, explain, findEnd, type Party, type Probe } from "../../../src/policy/index.ts";
import { inputOf } from "./projects.ts";

const SQL: Probe = { protocol: "tcp", port: 5432 };

function party({ offline }: OfflineInput, name: string, network?: string): Party {
  const found = offline.population.networks
    .filter((one) => network === undefined || one.name === network)
    .flatMap(({ parties }) => parties)
    .find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

const shape = ({ offline }: OfflineInput) =>
  offline.population.networks.map(
    ({ name, parties }) => `${name}: ${parties.map((one) => one.name).join(" ")}`,
  );

describe("compose files as a population", () => {
  it("puts services where compose and Docker would", async () => {
    const input = await inputOf([
      `
name: shop
services:
  web: { image: x, networks: [front] }
  db: { image: x, container_name: the-db, networks: [front, back], labels: { hyperion.group: data } }
networks:
  front: { driver: hyperion }
  back: { driver: "acme/hyperion:1.2", name: the-back }
`,
    ]);
    expect(shape(input)).toEqual(["shop_front: shop/db shop/web", "the-back: shop/db"]);
    expect(party(input, "shop/web").owner.subject).toMatchObject({
      project: "shop",
      service: "web",
      containerName: "shop-web-1",
    });
    expect(party(input, "shop/db").owner.subject.containerName).toBe("the-db");
    expect(party(input, "shop/db").owner.subject.groups).toEqual(new Set(["data"]));
    expect(party(input, "shop/db", "the-back").owner.network).toEqual({
      name: "the-back",
      compose: { project: "shop", key: "back" },
      posture: undefined,
    });
  });

  it("takes for Hyperion's what says so, what is somebody else's and what says nothing", async () => {
    const input = await inputOf([
      `
name: shop
services:
  a: { image: x, networks: [ours, tagged, other, theirs, silent] }
  b: { image: x, network_mode: host }
networks:
  ours: { driver: hyperion }
  tagged: { driver: "hyperion:latest" }
  other: { driver: bridge }
  theirs: { external: true, name: corp }
  silent: {}
`,
    ]);
    expect(shape(input)).toEqual([
      "corp: shop/a",
      "shop_ours: shop/a",
      "shop_silent: shop/a",
      "shop_tagged: shop/a",
    ]);
  });

  it("leaves alone a network that one project makes by another driver and another project is on", async () => {
    const input = await inputOf([
      "name: shop\nservices: { a: { image: x, networks: [n] } }\nnetworks: { n: { name: lan, driver: bridge } }",
      "name: blog\nservices: { b: { image: x, networks: [n] } }\nnetworks: { n: { name: lan, external: true } }",
    ]);
    expect(shape(input)).toEqual([]);
  });

  it("makes one network of those that have one name, and lets who makes it describe it", async () => {
    const input = await inputOf([
      `
name: blog
services: { web: { image: x, networks: [out] } }
networks: { out: { external: true, name: corp } }
`,
      `
name: shop
services: { db: { image: x, networks: [corp] } }
networks: { corp: { name: corp, driver: hyperion, internal: true, driver_opts: { hyperion.policy: default-deny } } }
`,
    ]);
    expect(shape(input)).toEqual(["corp: blog/web shop/db"]);
    const [network] = input.offline.population.networks;
    expect(network?.hasWayOut).toBe(false);
    const db = party(input, "shop/db");
    expect(db.owner.network.posture).toBe("default-deny");
    const { egress } = explain(party(input, "blog/web"), db, SQL);
    expect(egress).toMatchObject({ verdict: "deny", posture: { by: "network" } });
  });

  it.each([
    ["hyperion.gateway: none", "internal: false", false],
    ["hyperion.gateway: docker", "internal: false", true],
    ["hyperion.mtu: 1400", "internal: true", false],
  ])("knows whether there is a way out: %s, %s", async (option, internal, expected) => {
    const input = await inputOf([
      `
name: shop
services: { a: { image: x } }
networks: { default: { driver: hyperion, ${internal}, driver_opts: { ${option} } } }
`,
    ]);
    expect(input.offline.population.networks[0]?.hasWayOut).toBe(expected);
  });

  it("reads the driver options of an attachment for that attachment alone", async () => {
    const input = await inputOf([
      `
name: shop
services:
  db:
    image: x
    networks:
      front: { driver_opts: { hyperion.ingress.sql: deny tcp/5432 from any } }
      back:
networks: { front: { driver: hyperion }, back: { driver: hyperion } }
`,
    ]);
    const verdict = (network: string) =>
      decide(party(input, "shop/db", network).owner, "ingress", undefined, SQL).verdict;
    expect([verdict("shop_front"), verdict("shop_back")]).toEqual(["deny", "allow"]);
  });

  it("sees identity labels that the daemon is told of, and no others", async () => {
    const text = `
name: shop
services:
  web: { image: x, labels: { app: front } }
  db: { image: x, labels: { hyperion.ingress.sql: allow tcp/5432 from app=front } }
networks: { default: { driver: hyperion } }
`;
    const verdict = (input: OfflineInput) =>
      explain(party(input, "shop/web"), party(input, "shop/db"), SQL).verdict;
    expect(verdict(await inputOf([text], {}, { identityLabels: ["app"] }))).toBe("allow");
    expect(verdict(await inputOf([text]))).toBe("deny");
  });

  it("takes the daemon's default posture, and admin policies", async () => {
    const text = `
name: shop
services: { web: { image: x }, db: { image: x } }
networks: { default: { driver: hyperion } }
`;
    const asked = (input: OfflineInput) => explain(party(input, "shop/web"), party(input, "shop/db"), SQL);
    expect(asked(await inputOf([text], {}, { defaultPosture: "default-deny" })).verdict).toBe("deny");
    const policy =
      "tier: admin\nrules: [{ name: no-sql, applies: 'service:shop/db', ingress: deny tcp/5432 }]";
    expect(asked(await inputOf([text], { house: policy })).ingress.by).toBe("admin:no-sql");
  });

  it("lets replicas share a party, and knows them by name", async () => {
    const input = await inputOf([
      `
name: shop
services: { web: { image: x, scale: 3 } }
networks: { default: { driver: hyperion } }
`,
    ]);
    expect(shape(input)).toEqual(["shop_default: shop/web"]);
    expect(input.offline.services[0]?.containers).toEqual(["shop-web-1", "shop-web-2", "shop-web-3"]);
  });

  it("says of a service that nothing can be asked about why", async () => {
    const { population } = (
      await inputOf([
        `
name: shop
services:
  web: { image: x, networks: [ours] }
  side: { image: x, network_mode: "service:web" }
  agent: { image: x, network_mode: host }
  batch: { image: x, profiles: [batch] }
  old: { image: x, networks: [theirs] }
networks: { ours: { driver: hyperion }, theirs: { driver: bridge } }
`,
      ])
    ).offline;
    const why = (name: string) => () => findEnd(population, name);
    expect(why("web")).not.toThrow();
    expect(why("side")).toThrow(
      'there is no endpoint of service "side"; it shares that of service web; ask about web',
    );
    expect(why("shop/agent")).toThrow("it is on the machine's own network; ask about host");
    expect(why("batch")).toThrow("none of its profiles is active");
    expect(why("old")).toThrow("none of its networks is Hyperion's");
  });
});

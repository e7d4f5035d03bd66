import { describe, expect, it } from "vitest";
import { checkAssertion, type Population, readAssertion } from "../../../src/policy/index.ts";
import { network, shop } from "./parties.ts";

function check(population: Population, item: unknown) {
  const { assertion, reason } = readAssertion(item);
  if (assertion === undefined) throw new Error(reason);
  return checkAssertion(population, assertion);
}

const SHOP = shop({
  "shop/web": {},
  "shop/db": { "hyperion.ingress.sql": "allow tcp/5432 from service:web" },
});

describe("an assertion", () => {
  it.each([
    [{ allow: "web -> db tcp/5432" }, true],
    [{ deny: "web -> db tcp/22" }, true],
    [{ allow: "shop/web -> shop/db tcp/22" }, false],
    [{ deny: "web->db tcp/5432" }, false],
    [{ deny: "world:203.0.113.7 -> db tcp/5432" }, true],
    [{ allow: "db -> host icmp" }, true],
  ])("%j holds: %s", (item, holds) => {
    expect(check(SHOP, item).holds).toBe(holds);
  });

  it("is about passing: on any network that is shared, and on none where none is", () => {
    const closed = { "hyperion.ingress.in": "deny tcp/80 from any on shop_back" };
    const both = {
      networks: [
        network("shop_back", { "shop/web": {}, "shop/db": closed }),
        network("shop_front", { "shop/web": {}, "shop/db": closed }),
        network("shop_far", { "shop/far": {} }),
      ],
    };
    const { holds, found } = check(both, { allow: "web -> db tcp/80" });
    expect(holds).toBe(true);
    expect(found.map(({ network, explanation }) => `${network} ${explanation.verdict}`)).toEqual([
      "shop_back deny",
      "shop_front allow",
    ]);
    expect(check(both, { deny: "web -> db tcp/80" }).holds).toBe(false);
    expect(check(both, { allow: "web -> far tcp/80" })).toMatchObject({ holds: false, found: [] });
    expect(check(both, { deny: "web -> far tcp/80" }).holds).toBe(true);
  });

  it("counts a denial that only audits as passing", () => {
    const audited = shop({
      "shop/web": {},
      "shop/db": { "hyperion.mode": "audit", "hyperion.policy": "default-deny" },
    });
    expect(check(audited, { deny: "web -> db tcp/80" }).holds).toBe(false);
  });

  it("refuses a name that nobody has", () => {
    expect(() => check(SHOP, { allow: "web -> dbb tcp/1" })).toThrow(
      'there is no service "dbb"; did you mean db?',
    );
  });

  it.each([
    ["allow: web -> db tcp/80"],
    [{ permit: "web -> db tcp/80" }],
    [{ allow: "web -> db tcp/80", deny: "web -> db tcp/81" }],
    [{ allow: "web db tcp/80" }],
    [{ allow: "web -> db" }],
    [{ allow: 3 }],
    [null],
  ])("is not %j", (item) => {
    expect(readAssertion(item).reason).toContain('expected "allow: FROM -> TO PROBE"');
  });

  it("says what is wrong with its probe", () => {
    expect(readAssertion({ allow: "web -> db tcp" }).reason).toContain('"tcp" is not a probe');
  });
});

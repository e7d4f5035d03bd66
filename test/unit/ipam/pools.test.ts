import { describe, expect, test } from "vitest";
import { chooseDefaultPool, findOverlap } from "../../../src/ipam/pools.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";

const prefixes = (...texts: string[]) => texts.map(parsePrefix);

describe("chooseDefaultPool", () => {
  const defaults = [
    { base: parsePrefix("10.200.0.0/22"), bits: 24 },
    { base: parsePrefix("fd00:1::/48"), bits: 64 },
    { base: parsePrefix("10.210.0.0/23"), bits: 23 },
  ];
  const choose = (family: 4 | 6, ...taken: string[]) =>
    chooseDefaultPool(defaults, family, prefixes(...taken));

  test("takes the lowest free one of the family", () => {
    expect(choose(4)).toBe("10.200.0.0/24");
    expect(choose(6)).toBe("fd00:1::/64");
    expect(choose(4, "10.200.0.0/24", "10.200.2.0/24")).toBe("10.200.1.0/24");
    expect(choose(6, "fd00:1::/64")).toBe("fd00:1:0:1::/64");
  });

  test("stays clear of larger and smaller prefixes", () => {
    expect(choose(4, "10.200.0.0/23")).toBe("10.200.2.0/24");
    expect(choose(4, "10.200.0.128/26")).toBe("10.200.1.0/24");
  });

  test("goes on with the next default pool, and ends", () => {
    expect(choose(4, "10.200.0.0/16")).toBe("10.210.0.0/23");
    expect(choose(4, "10.200.0.0/16", "10.210.1.7/32")).toBeUndefined();
    expect(choose(4, "0.0.0.0/0")).toBeUndefined();
    expect(choose(6, "0.0.0.0/0")).toBe("fd00:1::/64");
  });

  test("does not step through what a huge prefix covers", () => {
    const wide = [{ base: parsePrefix("fc00::/7"), bits: 64 }];
    expect(chooseDefaultPool(wide, 6, prefixes("fc00::/8", "fd00::/9"))).toBe("fd80::/64");
  });

  test("passes over a default pool whose size makes no sense", () => {
    const wrong = [
      { base: parsePrefix("10.0.0.0/16"), bits: 8 },
      { base: parsePrefix("10.0.0.0/16"), bits: 33 },
    ];
    expect(chooseDefaultPool(wrong, 4, [])).toBeUndefined();
  });
});

test("findOverlap names the first that shares an address", () => {
  const others = prefixes("10.1.0.0/16", "10.2.0.0/24", "fd00::/64");
  expect(findOverlap(parsePrefix("10.2.0.128/25"), others)).toBe("10.2.0.0/24");
  expect(findOverlap(parsePrefix("10.0.0.0/8"), others)).toBe("10.1.0.0/16");
  expect(findOverlap(parsePrefix("10.3.0.0/16"), others)).toBeUndefined();
});

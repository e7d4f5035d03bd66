import { describe, expect, test } from "vitest";
import { assignableRange, pickAddress, prefixWithin, reservedRole } from "../../../src/ipam/pool.ts";
import { familyOf, ipFromBigInt, parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";

const range = (pool: string, subPool?: string) => {
  const { first, last } = assignableRange(parsePrefix(pool), subPool ? parsePrefix(subPool) : undefined);
  const family = familyOf(parseIp(pool.split("/")[0] ?? ""));
  return [ipFromBigInt(first, family), ipFromBigInt(last, family)];
};

describe("assignableRange", () => {
  test.each([
    ["10.1.0.0/24", undefined, "10.1.0.1", "10.1.0.254"],
    ["10.1.0.0/30", undefined, "10.1.0.1", "10.1.0.2"],
    ["10.1.0.0/31", undefined, "10.1.0.0", "10.1.0.1"],
    ["10.1.0.7/32", undefined, "10.1.0.7", "10.1.0.7"],
    ["10.1.0.0/16", "10.1.5.0/24", "10.1.5.0", "10.1.5.255"],
    ["10.1.0.0/16", "10.1.0.0/24", "10.1.0.1", "10.1.0.255"],
    ["10.1.0.0/16", "10.1.255.0/24", "10.1.255.0", "10.1.255.254"],
    ["10.1.0.0/24", "10.1.0.0/24", "10.1.0.1", "10.1.0.254"],
    ["fd00::/64", undefined, "fd00::1", "fd00::ffff:ffff:ffff:ffff"],
    ["fd00::/127", undefined, "fd00::", "fd00::1"],
    ["fd00::/128", undefined, "fd00::", "fd00::"],
    ["fd00::/64", "fd00::100/120", "fd00::100", "fd00::1ff"],
  ])("of %s with range %s is %s to %s", (pool, subPool, first, last) => {
    expect(range(pool, subPool)).toEqual([first, last]);
  });

  test("is empty for a range of nothing but a reserved address", () => {
    const { first, last } = assignableRange(parsePrefix("10.1.0.0/24"), parsePrefix("10.1.0.0/32"));
    expect(last < first).toBe(true);
    expect(pickAddress({ first, last }, first, 0, () => true)).toBeUndefined();
  });
});

test.each([
  ["10.1.0.0/24", "10.1.0.0", "network"],
  ["10.1.0.0/24", "10.1.0.255", "broadcast"],
  ["10.1.0.0/24", "10.1.0.1", undefined],
  ["10.1.0.0/31", "10.1.0.0", undefined],
  ["fd00::/64", "fd00::", "subnet-router anycast"],
  ["fd00::/64", "fd00::ffff:ffff:ffff:ffff", undefined],
  ["fd00::/127", "fd00::", undefined],
])("reservedRole in %s of %s is %s", (pool, ip, role) => {
  expect(reservedRole(parsePrefix(pool), parseIp(ip))).toBe(role);
});

test.each([
  ["10.1.0.0/16", "10.1.5.0/24", true],
  ["10.1.0.0/16", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.2.0.0/24", false],
  ["10.1.0.0/16", "10.0.0.0/8", false],
  ["10.1.0.0/16", "fd00::/64", false],
])("prefixWithin(%s, %s) is %s", (whole, part, expected) => {
  expect(prefixWithin(parsePrefix(whole), parsePrefix(part))).toBe(expected);
});

describe("pickAddress", () => {
  const range = { first: 10n, last: 13n };
  const pick = (cursor: bigint, taken: bigint[]) =>
    pickAddress(range, cursor, taken.length, (value) => !taken.includes(value));

  test("starts at the cursor and goes round", () => {
    expect(pick(12n, [])).toBe(12n);
    expect(pick(12n, [12n])).toBe(13n);
    expect(pick(12n, [12n, 13n])).toBe(10n);
    expect(pick(14n, [])).toBe(10n);
    expect(pick(3n, [])).toBe(10n);
  });

  test("finds the last free one and then none", () => {
    expect(pick(10n, [10n, 11n, 12n])).toBe(13n);
    expect(pick(10n, [10n, 11n, 12n, 13n])).toBeUndefined();
  });

  test("looks at no more addresses than are in use, and one", () => {
    const seen: bigint[] = [];
    const wide = { first: 0n, last: (1n << 64n) - 1n };
    pickAddress(wide, 0n, 5, (value) => {
      seen.push(value);
      return false;
    });
    expect(seen).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { ipFromBigInt, ipFromBytes16, ipToBigInt, ipToBytes16, parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";

const IPV4_MAPPED = 0xffffn;
/** With many zero groups, as it is they that the short form leaves out. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0n), fc.bigInt(0n, 0xffffn)), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((sum, group) => (sum << 16n) | group, 0n))
  .filter((value) => value >> 32n !== IPV4_MAPPED);
const ipv4 = fc.bigInt(0n, 0xffff_ffffn);

test("an address survives its integer and its bytes", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(ipv4, fc.constant(4 as const)), fc.tuple(ipv6, fc.constant(6 as const))),
      ([value, family]) => {
        const ip = ipFromBigInt(value, family);
        expect(ipToBigInt(ip)).toBe(value);
        expect(ipFromBytes16(ipToBytes16(ip))).toBe(ip);
        expect(parseIp(ip.toUpperCase())).toBe(ip);
      },
    ),
  );
});

test.each([
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["::ffff:0102:0304", "1.2.3.4"],
  ["::ffff:0:0", "0.0.0.0"],
  ["::1:ffff:102:304", "::1:ffff:102:304"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ["2001:DB8::1.2.3.4", "2001:db8::102:304"],
  ["::1.2.3.4", "::102:304"],
  ["1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:a00:1"],
])("%s is %s", (text, ip) => {
  expect(parseIp(text)).toBe(ip);
});

test.each(["::/0::ffff:1.2.3.4", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/8 ", "/8", "1.2.3/8"])(
  "%s is no subnet",
  (text) => {
    expect(() => parsePrefix(text)).toThrow(expect.objectContaining({ code: "E205" }));
  },
);

test.each([
  "1.2.3",
  "1.2.3.4/32",
  "",
  " ",
  "1.2.3.4.5",
  "::1::",
  "01.2.3.4x",
  "::1.2.3.256",
  "::1.2.3",
  "64:ff9b::01.2.3.4",
  "1:2:3:4:5:6:7:1.2.3.4",
])("%s is no address", (text) => {
  expect(() => parseIp(text)).toThrow(expect.objectContaining({ code: "E205" }));
});

test.each([
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ["::ffff:a01:203/112", "10.1.0.0/16"],
  ["::ffff:0:0/96", "0.0.0.0/0"],
  ["::ffff:1.2.3.4/96", "0.0.0.0/0"],
  ["::ffff:1.2.3.4/128", "1.2.3.4/32"],
  ["64:ff9b::192.0.2.7/120", "64:ff9b::c000:200/120"],
  ["64:ff9b::10.0.0.0/24", "64:ff00::/24"],
  ["::ffff:0:0/95", "::fffe:0:0/95"],
  ["10.1.2.3/08", "10.0.0.0/8"],
  ["::/0", "::/0"],
])("the subnet %s is %s", (text, prefix) => {
  expect(parsePrefix(text)).toBe(prefix);
});

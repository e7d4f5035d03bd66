import { describe, expect, it } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import { linkLocalOf } from "../../../src/model/link-local.ts";
import { parseMac } from "../../../src/model/mac.ts";

describe("linkLocalOf", () => {
  it.each([
    // RFC 4291 appendix A: the universal/local bit is inverted, ff:fe goes into the middle.
    ["34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde"],
    ["02:42:0a:01:00:02", "fe80::42:aff:fe01:2"],
    ["02:00:00:00:00:00", "fe80::ff:fe00:0"],
    ["00:00:00:00:00:01", "fe80::200:ff:fe00:1"],
  ])("%s → %s", (mac, expected) => {
    expect(linkLocalOf(parseMac(mac))).toBe(expected);
    expect(parseIp(expected)).toBe(expected);
  });
});

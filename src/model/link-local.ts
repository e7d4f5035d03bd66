import type { Ip } from "./ip.ts";
import { type MacAddress, macToBytes } from "./mac.ts";

/** The IPv6 link-local address that a host forms from its MAC (RFC 4291 appendix A), in RFC 5952 form. */
export function linkLocalOf(mac: MacAddress): Ip {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macToBytes(mac);
  const groups = [((a ^ 0x02) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  // A first group of zero belongs to the run of zeros that "::" stands for.
  const written = groups[0] === 0 ? groups.slice(1) : groups;
  return `fe80::${written.map((group) => group.toString(16)).join(":")}` as Ip;
}

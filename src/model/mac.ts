import type { Brand } from "./brand.ts";
import { HyperionError } from "./errors.ts";

/** A 48-bit IEEE 802 unicast or multicast address, lower case, colon separated: `02:42:0a:01:00:02`. */
export type MacAddress = Brand<"MacAddress">;

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Reads `aa:bb:cc:dd:ee:ff` or `aa-bb-…` in any case. Throws E205. */
export function parseMac(text: string): MacAddress {
  const canonical = text.trim().toLowerCase().replaceAll("-", ":");
  if (!MAC.test(canonical)) {
    throw new HyperionError("E205", { text: JSON.stringify(text), expected: "a MAC address" });
  }
  return canonical as MacAddress;
}

/** Six bytes in wire order. */
export function macToBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from(mac.split(":"), (octet) => Number.parseInt(octet, 16));
}

/** From six bytes in wire order. */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  return Array.from(bytes.subarray(0, 6), (b) => b.toString(16).padStart(2, "0")).join(":") as MacAddress;
}

/** True for addresses with the group bit, which no interface may carry (IEEE 802-2014 §8.2.2). */
export function isMulticastMac(mac: MacAddress): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** The locally administered unicast address made of the first 46 bits of `seed` (at least six bytes). */
export function localMac(seed: Uint8Array): MacAddress {
  const bytes = Uint8Array.from(seed.subarray(0, 6));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return macFromBytes(bytes);
}

import IpCidr from "ip-cidr";
import type { Brand } from "./brand.ts";
import { HyperionError } from "./errors.ts";

/** An IPv4 address in dotted form or an IPv6 address in RFC 5952 form. */
export type Ip = Brand<"Ip">;

export type IpFamily = 4 | 6;

/** An address with the length of its on-link prefix, as libnetwork writes interface addresses: `10.1.0.2/16`. */
export interface InterfaceAddress {
  readonly ip: Ip;
  readonly bits: number;
}

/** Reads one address. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) becomes IPv4. Throws E205. */
export function parseIp(text: string): Ip {
  const address = undotted(text);
  if (text.includes("/") || !IpCidr.isValidAddress(address)) {
    throw new HyperionError("E205", { text: JSON.stringify(text), expected: "an IP address" });
  }
  const ip = IpCidr.createAddress(address).correctForm() as Ip;
  return MAPPED.test(ip) ? ipFromBigInt(ipToBigInt(ip) & 0xffffffffn, 4) : ip;
}

/**
 * IPv6 with the last 32 bits in dotted form (RFC 4291 §2.2), `64:ff9b::192.0.2.1`, in hexadecimal
 * throughout: IpCidr takes those bits for the whole address. Other texts stay as they are.
 */
export function undotted(text: string): string {
  return text.replace(/(?<=:)\d[\d.]*\.\d+(?=$|\/)/, (tail) => {
    if (!IpCidr.isValidAddress(tail)) return tail;
    const bits = ipToBigInt(IpCidr.createAddress(tail).correctForm() as Ip);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
}

/** An IPv4-mapped address with its IPv4 part in hexadecimal. */
const MAPPED = /^::ffff:[0-9a-f]+:[0-9a-f]+$/;

/** Reads `address/bits`. Throws E205. */
export function parseInterfaceAddress(text: string): InterfaceAddress {
  const [address = "", bitsText = "", ...rest] = text.split("/");
  const ip = IpCidr.isValidAddress(undotted(address)) ? parseIp(address) : undefined;
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (ip === undefined || rest.length > 0 || !(bits <= bitsOf(familyOf(ip)))) {
    throw new HyperionError("E205", {
      text: JSON.stringify(text),
      expected: "an address with a prefix length, like 10.1.0.2/16",
    });
  }
  return { ip, bits };
}

export function formatInterfaceAddress(address: InterfaceAddress): string {
  return `${address.ip}/${address.bits}`;
}

export function familyOf(ip: Ip): IpFamily {
  return ip.includes(":") ? 6 : 4;
}

/** Length of an address in bits. */
export function bitsOf(family: IpFamily): number {
  return family === 4 ? 32 : 128;
}

export function ipToBigInt(ip: Ip): bigint {
  if (familyOf(ip) === 4) return BigInt(ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0));
  // Written out here because ip-cidr's integers are those of a library for engines without bigint.
  const [head = [], tail = []] = ip.split("::").map((side) => (side === "" ? [] : side.split(":")));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

/** The inverse of {@link ipToBigInt}. `value` must fit the family. */
export function ipFromBigInt(value: bigint, family: IpFamily): Ip {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn)).join(".") as Ip;
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  return IpCidr.createAddress(groups.join(":")).correctForm() as Ip;
}

/** Sixteen bytes in network order; IPv4 as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2), as the data plane keys addresses. */
export function ipToBytes16(ip: Ip): Uint8Array {
  const mapped = familyOf(ip) === 4 ? ipToBigInt(ip) | (0xffffn << 32n) : ipToBigInt(ip);
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number((mapped >> BigInt(120 - 8 * i)) & 0xffn);
  return bytes;
}

/** The inverse of {@link ipToBytes16}. */
export function ipFromBytes16(bytes: Uint8Array): Ip {
  const value = bytes.subarray(0, 16).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return value >> 32n === 0xffffn ? ipFromBigInt(value & 0xffffffffn, 4) : ipFromBigInt(value, 6);
}

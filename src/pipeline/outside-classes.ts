import { bitsOf, familyOf, type Ip, ipToBigInt } from "../model/ip.ts";
import { type Prefix, prefixBase, prefixBits, prefixFamily } from "../model/prefix.ts";
import { type Outside, prefixOfAddress } from "../policy/index.ts";

/** A prefix of the data plane's table, and the class that its addresses belong to, but for longer prefixes. */
export interface ClassedPrefix {
  readonly prefix: Prefix;
  readonly outside: Outside;
}

/** Everything of either family. Written as soon as anything is: `::/0` alone would hold of IPv4 too. */
const EVERYWHERE = ["0.0.0.0/0", "::/0"] as Prefix[];

/**
 * Divides what is outside into classes: two addresses are in one if the same prefixes of rules
 * contain them, and both are the machine's own or neither is.
 *
 * @param prefixes that rules tell apart.
 * @returns by prefix, each once, IPv4 first, ascending.
 */
export function classifyOutside(
  prefixes: ReadonlySet<Prefix>,
  hostAddresses: ReadonlySet<Ip>,
): readonly ClassedPrefix[] {
  const rows = new Map<Prefix, Outside>();
  for (const prefix of [...EVERYWHERE, ...prefixes]) rows.set(prefix, { prefix, host: false });
  const longest = new LongestPrefix(rows.keys());
  for (const address of hostAddresses) {
    rows.set(prefixOfAddress(address), { prefix: longest.of(address), host: true });
  }
  const sorted = [...rows].map(([prefix, outside]) => ({ prefix, outside, key: sortKey(prefix) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return sorted.map(({ prefix, outside }) => ({ prefix, outside }));
}

/** Finds the longest of some prefixes that contains an address. */
class LongestPrefix {
  /** Per family and length, prefixes by their bits. */
  readonly #byLength = new Map<string, Map<bigint, Prefix>>();

  constructor(prefixes: Iterable<Prefix>) {
    for (const prefix of prefixes) {
      const family = prefixFamily(prefix);
      const bits = prefixBits(prefix);
      const key = `${family}/${bits}`;
      const same = this.#byLength.get(key) ?? new Map();
      this.#byLength.set(
        key,
        same.set(ipToBigInt(prefixBase(prefix)) >> BigInt(bitsOf(family) - bits), prefix),
      );
    }
  }

  of(address: Ip): Prefix {
    const family = familyOf(address);
    const value = ipToBigInt(address);
    for (let bits = bitsOf(family); bits > 0; bits--) {
      const same = this.#byLength.get(`${family}/${bits}`);
      const found = same?.get(value >> BigInt(bitsOf(family) - bits));
      if (found !== undefined) return found;
    }
    return family === 4 ? ("0.0.0.0/0" as Prefix) : ("::/0" as Prefix);
  }
}

function sortKey(prefix: Prefix): string {
  const base = ipToBigInt(prefixBase(prefix)).toString(16).padStart(32, "0");
  return `${prefixFamily(prefix)} ${base} ${prefixBits(prefix).toString().padStart(3, "0")}`;
}

/** Ports whose upper `length` bits are those of `port`; the lower bits of `port` are zero. */
export interface PortPrefix {
  readonly port: number;
  readonly length: number;
}

/** Both ends inclusive, 0 to {@link PORT_LAST}. */
export interface PortInterval {
  readonly first: number;
  readonly last: number;
}

const PORT_BITS = 16;
export const PORT_LAST = 2 ** PORT_BITS - 1;

/** The fewest prefixes that cover exactly the interval, in ascending order: at most 30. */
export function toPrefixes({ first, last }: PortInterval): readonly PortPrefix[] {
  const prefixes: PortPrefix[] = [];
  let port = first;
  while (port <= last) {
    let hostBits = port === 0 ? PORT_BITS : 31 - Math.clz32(port & -port);
    while (port + 2 ** hostBits - 1 > last) hostBits -= 1;
    prefixes.push({ port, length: PORT_BITS - hostBits });
    port += 2 ** hostBits;
  }
  return prefixes;
}

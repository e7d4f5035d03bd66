/** Where a field lies in its struct: `count` integers of `width` bytes from `offset`. */
export interface Field {
  readonly offset: number;
  readonly width: 1 | 2 | 4 | 8;
  readonly count: number;
}

/** A C struct of the ABI, by its C name. Reserved fields are not listed: they are zero. */
export interface Layout<Name extends string = string> {
  readonly struct: string;
  readonly bytes: number;
  readonly fields: Readonly<Record<Name, Field>>;
}

export function layout<Name extends string>(
  struct: string,
  bytes: number,
  fields: Readonly<Record<Name, Field>>,
): Layout<Name> {
  return { struct, bytes, fields };
}

export const u8 = (offset: number, count = 1): Field => ({ offset, width: 1, count });
export const u16 = (offset: number, count = 1): Field => ({ offset, width: 2, count });
export const u32 = (offset: number, count = 1): Field => ({ offset, width: 4, count });
export const u64 = (offset: number, count = 1): Field => ({ offset, width: 8, count });

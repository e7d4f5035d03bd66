/** Joins pieces into one frame. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Big-endian integers of the given widths in bytes: `pack([2, 0x800], [1, 6])`. */
export function pack(...fields: readonly (readonly [bytes: number, value: number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let offset = 0;
  for (const [bytes, value] of fields) {
    for (let i = 0; i < bytes; i++) out[offset + i] = Math.floor(value / 256 ** (bytes - 1 - i)) & 0xff;
    offset += bytes;
  }
  return out;
}

/** `length` bytes of text that repeats. */
export function filler(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 0x61 + (i % 26));
}

/** A copy with some bytes changed at `offset`. */
export function patch(frame: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy.set(bytes, offset);
  return copy;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

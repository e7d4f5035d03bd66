import type { Field, Layout } from "./layout.ts";

/**
 * Memory that C may write to while JavaScript goes on: backed by an ArrayBuffer of its own, which V8
 * never moves, unlike the first bytes of a small typed array.
 */
export function nativeBytes(count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(count));
}

/** One struct in memory, read and written by field name. Integers are little endian, as is every host. */
export class StructView<Name extends string> {
  readonly #fields: Readonly<Record<Name, Field>>;
  readonly #memory: DataView;

  constructor(layout: Layout<Name>, bytes: Uint8Array, base = 0) {
    this.#fields = layout.fields;
    this.#memory = new DataView(bytes.buffer, bytes.byteOffset + base, layout.bytes);
  }

  /** Integer `index` of a field; exact up to 2^53. */
  get(name: Name, index = 0): number {
    const { offset, width } = this.#fields[name];
    const at = offset + index * width;
    switch (width) {
      case 1:
        return this.#memory.getUint8(at);
      case 2:
        return this.#memory.getUint16(at, true);
      case 4:
        return this.#memory.getUint32(at, true);
      case 8:
        return Number(this.#memory.getBigUint64(at, true));
    }
  }

  set(name: Name, value: number, index = 0): void {
    const { offset, width } = this.#fields[name];
    const at = offset + index * width;
    switch (width) {
      case 1:
        this.#memory.setUint8(at, value);
        return;
      case 2:
        this.#memory.setUint16(at, value, true);
        return;
      case 4:
        this.#memory.setUint32(at, value, true);
        return;
      case 8:
        this.#memory.setBigUint64(at, BigInt(Math.trunc(value)), true);
    }
  }

  big(name: Name): bigint {
    return this.#memory.getBigUint64(this.#fields[name].offset, true);
  }

  setBig(name: Name, value: bigint): void {
    this.#memory.setBigUint64(this.#fields[name].offset, value, true);
  }

  /** The field's memory itself, not a copy. */
  bytes(name: Name): Uint8Array {
    const { offset, width, count } = this.#fields[name];
    return new Uint8Array(this.#memory.buffer, this.#memory.byteOffset + offset, width * count);
  }

  /** A NUL-terminated string. */
  text(name: Name): string {
    const bytes = this.bytes(name);
    const end = bytes.indexOf(0);
    return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString("utf8");
  }
}

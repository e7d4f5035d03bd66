import { OPERATION } from "../../native/layouts.ts";
import { nativeBytes, StructView } from "../../native/struct-view.ts";
import type { Operation } from "../dataplane.ts";
import { codecOf } from "./row-codec.ts";

/** enum hyp_verb. */
const VERBS = { upsert: 1, delete: 2 } as const;

const ALIGNMENT = 8;

function bytesOf(operation: Operation): number {
  const { keyBytes, valueBytes } = codecOf(operation.row.table);
  const bytes = OPERATION.bytes + keyBytes + (operation.verb === "upsert" ? valueBytes : 0);
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Operations as `hyp_dataplane_apply` takes them: header, key, value, zero bytes up to a multiple of 8. */
export function encodeBatch(operations: readonly Operation[]): Uint8Array {
  const batch = nativeBytes(operations.reduce((sum, operation) => sum + bytesOf(operation), 0));
  let base = 0;
  for (const operation of operations) {
    const codec = codecOf(operation.row.table);
    const header = new StructView(OPERATION, batch, base);
    header.set("table", codec.table);
    header.set("verb", VERBS[operation.verb]);
    const key = base + OPERATION.bytes;
    codec.putKey(operation.row, batch, key);
    if (operation.verb === "upsert") codec.putValue(operation.row, batch, key + codec.keyBytes);
    base += bytesOf(operation);
  }
  return batch;
}

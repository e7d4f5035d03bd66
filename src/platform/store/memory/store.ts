import { HyperionError } from "../../../model/errors.ts";
import { encodeKey } from "../key.ts";
import type { Json, Store, StoreCompare, StoreEntry, StoreOperation } from "../store.ts";

interface Row {
  /** JSON text, so that nobody shares an object with the store. */
  readonly text: string;
  readonly version: number;
}

/** What a {@link MemoryStore} leaves behind when it closes: the next one can be opened on it. */
export class MemoryDisk {
  readonly rows = new Map<string, Row>();
  /** Number of the last transaction that wrote. */
  revision = 0;
}

/** The store without a disk: for tests and trials. It keeps the contract of {@link Store} except for outliving the process. */
export class MemoryStore implements Store {
  readonly #disk: MemoryDisk;
  #open = true;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    this.#demandOpen("read");
    encodeKey(key, "read");
    const row = this.#disk.rows.get(key);
    return row && entryOf(key, row);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    this.#demandOpen("list");
    return [...this.#disk.rows]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([key, row]) => entryOf(key, row));
  }

  async transaction(
    compares: readonly StoreCompare[],
    operations: readonly StoreOperation[],
  ): Promise<boolean> {
    this.#demandOpen("write");
    for (const { key } of [...compares, ...operations]) encodeKey(key, "write");
    const { rows } = this.#disk;
    const holds = compares.every(({ key, version }) => (rows.get(key)?.version ?? 0) === version);
    if (holds && operations.length > 0) {
      const version = ++this.#disk.revision;
      for (const operation of operations) {
        if (operation.verb === "delete") rows.delete(operation.key);
        else rows.set(operation.key, { text: JSON.stringify(operation.value), version });
      }
    }
    // A real disk answers in a later turn of the event loop; a caller that relies on less would fail there.
    await new Promise((resolve) => setImmediate(resolve));
    return holds;
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #demandOpen(operation: string): void {
    if (!this.#open) throw new HyperionError("E709", { operation, reason: "it is closed" });
  }
}

function entryOf(key: string, row: Row): StoreEntry {
  return { key, value: JSON.parse(row.text) as Json, version: row.version };
}

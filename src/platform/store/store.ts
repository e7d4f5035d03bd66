/** A value as it goes into the store: JSON, nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface StoreEntry {
  readonly key: string;
  readonly value: Json;
  /** Version of the key: grows with every write to it. */
  readonly version: number;
}

/** `version` 0 demands that the key is absent. */
export interface StoreCompare {
  readonly key: string;
  readonly version: number;
}

export type StoreOperation =
  | { readonly verb: "put"; readonly key: string; readonly value: Json }
  | { readonly verb: "delete"; readonly key: string };

/**
 * The door to what must survive the daemon. Keys are paths (`endpoints/<network>/<id>`), at most
 * 512 bytes. A call that resolves is on disk: it outlives `kill -9` and power loss. Throws E709.
 */
export interface Store {
  get(key: string): Promise<StoreEntry | undefined>;

  /** Every entry whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<readonly StoreEntry[]>;

  /**
   * Applies all operations or none. False when a comparison did not hold, and then nothing changed.
   * Later reads by this process see the writes as soon as this resolves.
   */
  transaction(compares: readonly StoreCompare[], operations: readonly StoreOperation[]): Promise<boolean>;

  /** Waits for what is under way, then closes. Later calls reject. */
  close(): Promise<void>;
}

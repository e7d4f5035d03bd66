import { HyperionError } from "../../src/model/errors.ts";
import type { Store, StoreCompare, StoreEntry, StoreOperation } from "../../src/platform/store/store.ts";

/**
 * What a failing transaction leaves behind: `nothing` is a full disk, `everything` is a commit whose
 * confirmation was lost. A caller has to cope with both, as it cannot tell them apart.
 */
export type Leaves = "nothing" | "everything";

/** A store whose transactions fail on demand; everything else goes to the store behind it. */
export class FaultyStore implements Store {
  readonly #behind: Store;
  /** Transactions seen since construction, failed ones included. */
  transactions = 0;
  #fails: (transaction: number) => Leaves | undefined = () => undefined;

  constructor(behind: Store) {
    this.#behind = behind;
  }

  /** The n-th transaction from now on (1: the next one) fails, and only that one. */
  failNth(n: number, leaves: Leaves = "nothing"): void {
    const failing = this.transactions + n;
    this.#fails = (transaction) => (transaction === failing ? leaves : undefined);
  }

  /** Every transaction fails until {@link heal}. */
  failAlways(leaves: Leaves = "nothing"): void {
    this.#fails = () => leaves;
  }

  heal(): void {
    this.#fails = () => undefined;
  }

  get(key: string): Promise<StoreEntry | undefined> {
    return this.#behind.get(key);
  }

  list(prefix: string): Promise<readonly StoreEntry[]> {
    return this.#behind.list(prefix);
  }

  async transaction(
    compares: readonly StoreCompare[],
    operations: readonly StoreOperation[],
  ): Promise<boolean> {
    this.transactions += 1;
    const leaves = this.#fails(this.transactions);
    if (leaves === undefined) return this.#behind.transaction(compares, operations);
    if (leaves === "everything") await this.#behind.transaction(compares, operations);
    throw new HyperionError("E709", { operation: "write", reason: "no space left on device" });
  }

  close(): Promise<void> {
    return this.#behind.close();
  }
}

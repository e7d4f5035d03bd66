import { HyperionError } from "../../../model/errors.ts";
import { encodeKey } from "../key.ts";
import type { Json, Store, StoreCompare, StoreEntry, StoreOperation } from "../store.ts";
import { type Database, openDatabase, systemReason, writeReason } from "./open.ts";

/** A transaction with its keys and values already in the form they are written in. */
interface Pending {
  readonly compares: readonly { readonly key: Buffer; readonly version: number }[];
  /** `text` undefined: delete. */
  readonly operations: readonly { readonly key: Buffer; readonly text: string | undefined }[];
  readonly resolve: (applied: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The store in one memory-mapped file (LMDB). One commit is under way at a time; transactions that
 * arrive meanwhile wait together and share the next commit and its one fdatasync. The version of a
 * key is the number of the commit that wrote it, so it never comes back, deleted or not.
 *
 * Opened by one process at a time: the daemon's lock on its state directory sees to that.
 */
export class LmdbStore implements Store {
  readonly #database: Database;
  readonly #stateDirectory: string;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(database: Database, stateDirectory: string) {
    this.#database = database;
    this.#stateDirectory = stateDirectory;
  }

  /** Throws E705 when the directory cannot be made, read or written. */
  static async open(stateDirectory: string): Promise<LmdbStore> {
    return new LmdbStore(await openDatabase(stateDirectory), stateDirectory);
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    this.#demandOpen("read");
    const bytes = encodeKey(key, "read");
    const found = failing("read", () => this.#database.getEntry(bytes));
    return found && entryOf(key, found.value, found.version);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    this.#demandOpen("list");
    const start = Buffer.from(prefix);
    const options = prefix === "" ? { versions: true } : { versions: true, ...rangeOf(start) };
    return failing(
      "list",
      () =>
        this.#database
          .getRange(options)
          .map(({ key, value, version }) => entryOf(key.toString("utf8"), value, version)).asArray,
    );
  }

  async transaction(
    compares: readonly StoreCompare[],
    operations: readonly StoreOperation[],
  ): Promise<boolean> {
    this.#demandOpen("write");
    const prepared = {
      compares: compares.map(({ key, version }) => ({ key: encodeKey(key, "write"), version })),
      operations: operations.map((operation) => ({
        key: encodeKey(operation.key, "write"),
        text: operation.verb === "put" ? JSON.stringify(operation.value) : undefined,
      })),
    };
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...prepared, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#writing;
      await this.#database.close();
    })();
    return this.#closing;
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      if (!(await this.#commit(group)) && group.length > 1) {
        // One of them may be what the disk has no room for; the others need not fail with it.
        for (const one of group) await this.#commit([one], true);
      }
    }
    this.#writing = undefined;
  }

  /** Commits a group and answers its members. False, with nobody answered, when a group of several failed. */
  async #commit(group: readonly Pending[], last = group.length === 1): Promise<boolean> {
    try {
      const outcomes = await this.#database.childTransaction(() => group.map((one) => this.#apply(one)));
      group.forEach(({ resolve }, i) => {
        resolve(outcomes[i] === true);
      });
      return true;
    } catch (error) {
      const cause = await causeOf(error);
      if (last) {
        const reason = await writeReason(cause, this.#stateDirectory);
        for (const { reject } of group)
          reject(new HyperionError("E709", { operation: "write", reason }, { cause }));
      }
      return false;
    }
  }

  /** Runs inside the write transaction. */
  #apply({ compares, operations }: Pending): boolean {
    for (const { key, version } of compares) {
      if ((this.#database.getEntry(key)?.version ?? 0) !== version) return false;
    }
    const version = this.#database.getWriteTxnId();
    for (const { key, text } of operations) {
      if (text === undefined) this.#database.removeSync(key);
      else this.#database.putSync(key, text, version);
    }
    return true;
  }

  #demandOpen(operation: string): void {
    if (this.#closing) throw new HyperionError("E709", { operation, reason: "it is closed" });
  }
}

function entryOf(key: string, text: string, version: number | undefined): StoreEntry {
  return { key, value: JSON.parse(text) as Json, version: version ?? 0 };
}

/** From `prefix` to the first key behind all that start with it. UTF-8 has no byte 0xff, so adding one is enough. */
function rangeOf(prefix: Buffer): { readonly start: Buffer; readonly end: Buffer } {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return { start: prefix, end };
}

function failing<T>(operation: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new HyperionError("E709", { operation, reason: systemReason(cause) }, { cause });
  }
}

/** lmdb rejects a failed commit with an error that carries a promise of the reason, which must not stay unhandled. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<never> }).commitError;
  return reason === undefined ? error : reason.catch((why: unknown) => why);
}

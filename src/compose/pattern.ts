import type { TreePath } from "./fault.ts";

interface Row<Value> {
  readonly steps: readonly string[];
  readonly value: Value;
}

const ANY = "*";

/** What holds at places in a compose file: `services.*.labels`, where `*` is any one step. */
export class Patterns<Value> {
  /** By length and last step. */
  readonly #rows = new Map<string, Row<Value>[]>();

  constructor(rows: Readonly<Record<string, Value>>) {
    for (const [pattern, value] of Object.entries(rows)) {
      const steps = pattern.split(".");
      const id = idOf(steps, steps.at(-1));
      this.#rows.set(id, [...(this.#rows.get(id) ?? []), { steps, value }]);
    }
  }

  find(path: TreePath): Value | undefined {
    return this.#find(path, path.at(-1)) ?? this.#find(path, ANY);
  }

  #find(path: TreePath, last: string | undefined): Value | undefined {
    const rows = this.#rows.get(idOf(path, last));
    return rows?.find(({ steps }) => steps.every((step, i) => step === ANY || step === path[i]))?.value;
  }
}

function idOf({ length }: TreePath, last: string | undefined): string {
  return `${length} ${last}`;
}

import type { TreePath } from "./fault.ts";

/** What holds at places in a compose file: `services.*.labels`, where `*` is any one step. */
export class Patterns<Value> {
  readonly #byLength = new Map<number, { readonly steps: readonly string[]; readonly value: Value }[]>();

  constructor(rows: Readonly<Record<string, Value>>) {
    for (const [pattern, value] of Object.entries(rows)) {
      const steps = pattern.split(".");
      const rowsOfLength = this.#byLength.get(steps.length) ?? [];
      rowsOfLength.push({ steps, value });
      this.#byLength.set(steps.length, rowsOfLength);
    }
  }

  find(path: TreePath): Value | undefined {
    return this.#byLength
      .get(path.length)
      ?.find(({ steps }) => steps.every((step, i) => step === "*" || step === path[i]))?.value;
  }
}

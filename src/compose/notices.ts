import type { Place } from "../yaml/index.ts";
import type { ComposeNotice, NoticeCode } from "./project.ts";

/** Most notices that are kept of one project. */
export const NOTICES_MAX = 500;

/** Collects notices; the same one of the same place counts once. */
export class Notices {
  readonly #notices = new Map<string, ComposeNotice>();

  add(code: NoticeCode, text: string, where: Place | undefined): void {
    const id = JSON.stringify([code, text, where]);
    if (this.#notices.size < NOTICES_MAX && !this.#notices.has(id)) {
      this.#notices.set(id, { code, text, where });
    }
  }

  /** By file and place; those without a place come first. */
  list(): readonly ComposeNotice[] {
    return [...this.#notices.values()].sort(
      ({ where: a }, { where: b }) =>
        compare(a?.file ?? "", b?.file ?? "") ||
        (a?.line ?? 0) - (b?.line ?? 0) ||
        (a?.column ?? 0) - (b?.column ?? 0),
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

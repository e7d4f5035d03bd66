import { printable } from "../base/printable.ts";
import { widthOf } from "../base/width.ts";

/** Columns for people: as wide as their widest cell, two spaces apart, nothing after the last. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows.map((row) => row.map(printable))];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ""))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join("  ")
      .trimEnd();
  return `${lines.map(line).join("\n")}\n`;
}

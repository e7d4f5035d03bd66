import { printable } from "../base/printable.ts";
import { widthOf } from "../base/width.ts";

/** Columns for people: as wide as their widest cell, two spaces apart, nothing after the last. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows.map((row) => row.map(printable))];
  // Not Math.max of all cells at once: there may be more rows than a call has room for arguments.
  const widths = header.map((_, column) =>
    lines.reduce((width, cells) => Math.max(width, widthOf(cells[column] ?? "")), 0),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join("  ")
      .trimEnd();
  return `${lines.map(line).join("\n")}\n`;
}

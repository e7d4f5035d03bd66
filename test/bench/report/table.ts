import type { Figure } from "../figures.ts";
import { median, medianRatio, quantile } from "../statistics.ts";
import type { Outcome } from "../targets.ts";

/** A number with as many digits as it deserves. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 10_000) return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, " ");
  if (Math.abs(value) >= 1_000) return value.toFixed(0);
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 100 ? 1 : 2);
}

/** One row per figure and system: median, quartiles, and what the first system of the figure is to it. */
export function figureRows(figures: readonly Figure[]): readonly (readonly string[])[] {
  return figures.flatMap(({ title, unit, series }) => {
    const base = median(series[0]?.samples ?? []);
    const compared = series.length > 1 && base > 0;
    return series.map(({ system, samples }, i) => [
      i === 0 ? `${title}, ${unit}` : "",
      system,
      formatNumber(median(samples)),
      `${formatNumber(quantile(samples, 0.25))} to ${formatNumber(quantile(samples, 0.75))}`,
      compared ? (median(samples) / base).toFixed(3) : "",
      String(samples.length),
    ]);
  });
}

/** What Hyperion is compared with, where it was measured of the same thing. */
const BASES = ["bare-veth", "docker-bridge", "docker-network"] as const;

/** One row per figure and system: what it is to each of the others, medians of the ratios within a round. */
export function ratioRows(figures: readonly Figure[]): readonly (readonly string[])[] {
  return figures.flatMap(({ title, series }) => {
    const bases = BASES.map((base) => series.find(({ system }) => system === base)?.samples ?? []);
    const compared = bases.every((samples) => samples.length > 0) ? series : [];
    return compared.map(({ system, samples }, i) => [
      i === 0 ? title : "",
      system,
      ...bases.map((base) => medianRatio(samples, base).toFixed(3)),
    ]);
  });
}

export const RATIO_HEAD = ["figure", "system", ...BASES.map((base) => `÷ ${base}`)] as const;
export const FIGURE_HEAD = ["figure", "system", "median", "quartiles", "÷ first", "samples"] as const;
export const OUTCOME_HEAD = ["target", "promised", "seen", ""] as const;

export function outcomeRows(outcomes: readonly Outcome[]): readonly (readonly string[])[] {
  return outcomes.map(({ target, promised, seen, met }) => [target, promised, seen, met ? "met" : "NOT MET"]);
}

export function formatFigures(figures: readonly Figure[]): string {
  return align([FIGURE_HEAD, ...figureRows(figures)]);
}

export function formatOutcomes(outcomes: readonly Outcome[]): string {
  return outcomes.length === 0 ? "" : `${align([OUTCOME_HEAD, ...outcomeRows(outcomes)])}\n`;
}

/** The same rows as a Markdown table. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");
  return `${rows.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

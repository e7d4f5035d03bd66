import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "../figures.ts";
import { median, quantile } from "../statistics.ts";
import { formatNumber } from "./table.ts";

const WIDTH = 760;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 130;
const BAR_HEIGHT = 26;
const BAR_STEP = 38;
const TOP = 62;
const BOTTOM = 34;
const BAR_AREA = WIDTH - LABEL_WIDTH - VALUE_WIDTH;

/** What is ours, and what it is measured against. */
const OURS = "#2563a8";
const OTHERS = "#9aa5b1";
const INK = "#1f2933";
const FAINT = "#616e7c";

/** Writes one SVG per figure that has something to compare; returns the files' names. */
export function writePlots(figures: readonly Figure[], directory: string): readonly string[] {
  return figures
    .filter(({ series }) => series.length > 1)
    .map((figure) => {
      const name = `${figure.id}.svg`;
      writeFileSync(join(directory, name), plot(figure));
      return name;
    });
}

/** Horizontal bars at the medians from zero, with whiskers from the first quartile to the third. */
export function plot({ title, unit, better, method, series }: Figure): string {
  const largest = Math.max(...series.map(({ samples }) => quantile(samples, 0.75)), Number.MIN_VALUE);
  const x = (value: number) => round(LABEL_WIDTH + (value / largest) * BAR_AREA);
  const height = TOP + series.length * BAR_STEP + BOTTOM;
  const bars = series.map(({ system, samples }, i) => {
    const y = TOP + i * BAR_STEP;
    const middle = y + BAR_HEIGHT / 2;
    const value = median(samples);
    const [low, high] = [x(quantile(samples, 0.25)), x(quantile(samples, 0.75))];
    const colour = /^(bare|docker)/.test(system) ? OTHERS : OURS;
    const textX = Math.max(x(value), high) + 8;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle + 5}" text-anchor="end">${xml(system)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${round(x(value) - LABEL_WIDTH)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
      `<path d="M${low} ${middle}H${high}M${low} ${middle - 6}v12M${high} ${middle - 6}v12" stroke="${INK}" stroke-width="1.5"/>`,
      `<text x="${round(textX)}" y="${middle + 5}">${xml(formatNumber(value))} ${xml(unit)}</text>`,
    ].join("\n  ");
  });
  const bottom = TOP + series.length * BAR_STEP - (BAR_STEP - BAR_HEIGHT) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14" fill="${INK}">
  <title>${xml(title)}</title>
  <rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
  <text x="16" y="26" font-size="17" font-weight="600">${xml(title)}, ${xml(unit)}: ${better} is better</text>
  <text x="16" y="46" font-size="12" fill="${FAINT}">${xml(method)}</text>
  ${bars.join("\n  ")}
  <path d="M${LABEL_WIDTH} ${TOP - 6}V${bottom}" stroke="${INK}"/>
  <text x="${LABEL_WIDTH}" y="${height - 12}" font-size="12" fill="${FAINT}">Bars: median; whiskers: first to third quartile; ${samplesText(series)}</text>
</svg>
`;
}

function samplesText(series: Figure["series"]): string {
  const counts = [...new Set(series.map(({ samples }) => samples.length))];
  const text = counts.join(" or ");
  return `${text} ${text === "1" ? "sample" : "samples"} each`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The samples of one system, one per round, in the unit of the figure. */
export interface Series {
  readonly system: string;
  readonly samples: readonly number[];
}

/** One thing that was measured, of every system that it was measured of. */
export interface Figure {
  /** Stable: `http-keepalive`. Names the plot's file. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** What a reader must know to judge the numbers. */
  readonly method: string;
  readonly series: readonly Series[];
}

/** What a benchmark hands over: its figures, and facts that it checked on the way. */
export interface BenchResult {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

/** Finds a series. Throws when it was not measured. */
export function samplesOf(figures: readonly Figure[], id: string, system: string): readonly number[] {
  const series = figures.find((figure) => figure.id === id)?.series.find((each) => each.system === system);
  if (series === undefined) throw new Error(`${system} was not measured for ${id}`);
  return series.samples;
}

/** True when a figure has samples of the system. */
export function isMeasured(figures: readonly Figure[], id: string, system: string): boolean {
  const series = figures.find((figure) => figure.id === id)?.series.find((each) => each.system === system);
  return series !== undefined && series.samples.length > 0;
}

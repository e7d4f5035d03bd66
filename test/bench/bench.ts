import type { BenchOptions } from "./arguments.ts";
import type { BenchResult } from "./figures.ts";

/** What every benchmark is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  /** Says what is being done, on a line of its own. */
  readonly progress: (text: string) => void;
  /** Called between steps: throws when the run was interrupted. */
  readonly checkpoint: () => void;
  /** Registers what must be ended however the run ends; the last registered goes first. */
  readonly atEnd: (close: () => Promise<void> | void) => void;
}

export type Benchmark = (context: BenchContext) => Promise<BenchResult>;

/** What the bench asks of its agent, and what one round of it saw. */
export interface RoundRequest {
  readonly nth: number;
  readonly quick: boolean;
  /** Length of one stream. */
  readonly seconds: number;
}

export interface Round {
  readonly rules: { readonly batchesPerSecond: number; readonly singlePerSecond: number };
  readonly changes: readonly Touched[];
  readonly latencyUs: { readonly established: number; readonly first: number };
  readonly lost: { readonly steady: number; readonly switching: number };
  readonly streamed: number;
  readonly switches: number;
  readonly forwardedPerSecond: number;
}

/** How far a change reached on the NIC. */
export interface Touched {
  readonly change: string;
  /** Entries added, updated and removed. */
  readonly touched: number;
  /** As few as it can be done with. */
  readonly needed: number;
}

/** Of the agent; the first says that it is ready. */
export type RoundAnswer = { readonly round?: Round; readonly error?: string };

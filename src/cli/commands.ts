/** What a command was called with: the words after its name. */
export interface Invocation {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  /** As print, on standard error. */
  readonly complain: (text: string) => void;
  /** Asks a person whether to go on; undefined: there is none to ask. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}

export interface Command {
  /** One line for `hyperion --help`. */
  readonly summary: string;
  /** What `hyperion COMMAND --help` prints. */
  readonly help: string;
  /** Resolves to the exit code: 0 fine, 1 findings, 2 usage. */
  run(invocation: Invocation): Promise<number>;
}

/** Commands that belong together, under one word: `hyperion policy lint`. */
export interface CommandFamily {
  /** One line for `hyperion --help`. */
  readonly summary: string;
  /** Each loaded when called for, in the order of the help. */
  readonly commands: Readonly<Record<string, () => Promise<Command | CommandFamily>>>;
}

/** A document as `--json` prints it. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

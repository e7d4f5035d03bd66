/** What a command was called with: the words after its name. */
export interface Invocation {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}

export interface Command {
  /** One line for `hyperion --help`. */
  readonly summary: string;
  /** What `hyperion COMMAND --help` prints. */
  readonly help: string;
  /** Resolves to the exit code: 0 fine, 1 findings, 2 usage (policy-language §6). */
  run(invocation: Invocation): Promise<number>;
}

import type { Command } from "../../../src/cli/commands.ts";

/** What a command of the offline tool printed, and its exit code. */
export interface Ran {
  readonly status: number;
  readonly text: string;
}

/** Runs a command as `hyperion` would, in this process and away from its environment. */
export async function runCommand(command: Command, args: readonly string[]): Promise<Ran> {
  let text = "";
  const take = (more: string) => {
    text += more;
  };
  const status = await command.run({
    args,
    environment: {},
    print: take,
    complain: take,
    ask: undefined,
    interrupted: new AbortController().signal,
  });
  return { status, text };
}

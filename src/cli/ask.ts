import { createInterface } from "node:readline/promises";
import { isatty } from "node:tty";

/**
 * Asks a person whether to go on; anything but yes is no. Undefined where there is none to ask: input or
 * output is no terminal.
 */
export function askOnTerminal(
  interrupted: () => AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  // By number: to look at process.stdin is to open it, which most commands have no use for.
  if (!isatty(0) || !isatty(1)) return undefined;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    // On a terminal Ctrl-C is a key, which the reader of lines takes for itself.
    lines.once("SIGINT", () => lines.close());
    const answer = lines.question(`${question} [y/N] `, { signal: interrupted() }).catch(() => "");
    try {
      return /^y(es)?$/i.test((await Promise.race([answer, closed])).trim());
    } finally {
      lines.close();
    }
  };
}

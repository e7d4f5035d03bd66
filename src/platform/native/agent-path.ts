import { dirname, join } from "node:path";
import { libraryPath } from "./library-path.ts";

/** The program that holds a smartNIC, where the library looks for it, too. */
export function agentPath(): string {
  return join(dirname(libraryPath()), "hyperion-agent");
}

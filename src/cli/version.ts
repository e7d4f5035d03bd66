import { readFileSync } from "node:fs";

/** As package.json says; `src` and `dist` lie equally deep in the package. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
).version;

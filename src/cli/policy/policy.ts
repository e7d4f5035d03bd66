import type { CommandFamily } from "../commands.ts";

/** What labels say, with and without a daemon. */
export const policy: CommandFamily = {
  summary: "Check, explain and try out policy offline; apply admin policies",
  commands: {
    lint: async () => (await import("./lint.ts")).lint,
    fmt: async () => (await import("./fmt.ts")).fmt,
    explain: async () => (await import("./explain.ts")).explain,
    matrix: async () => (await import("./matrix.ts")).matrix,
    test: async () => (await import("./test.ts")).test,
    suggest: async () => (await import("./suggest.ts")).suggest,
    apply: async () => (await import("./apply.ts")).apply,
    get: async () => (await import("./get.ts")).get,
    remove: async () => (await import("./remove.ts")).remove,
  },
};

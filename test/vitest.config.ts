import { defineConfig } from "vitest/config";

/**
 * Suites by what they need: `unit` needs nothing, `packets` root and eBPF, `e2e` root and a Docker engine.
 * test/README.md says what each kind is for.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{unit,protocol,property,conformance,fuzz}/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "packets",
          include: ["test/packets/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

/**
 * Every suite, one after the other: `npm test`, or `node test/run.ts unit e2e` for some of them.
 * The last line is the sum, `N passed, N failed, N skipped`; the exit code is 0 when nothing failed.
 * With CI=true or TEST_REQUIRE_ALL=1 a suite that this machine cannot run fails and is not skipped.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Suite {
  readonly name: string;
  run(): Promise<Tally>;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const BIN = join(ROOT, "node_modules/.bin");
const REQUIRE = process.env.CI === "true" || process.env.TEST_REQUIRE_ALL === "1";

/** A suite that hangs must not hang whoever waits for the sum. */
const SUITE_TIMEOUT_MS = 25 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), "hyperion-test-"));

/** Runs a program on our own terminal; answers its exit status. */
function execute(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...environment, ...(REQUIRE && { TEST_REQUIRE_ALL: "1" }) },
    });
    const timer = setTimeout(() => {
      console.error(`${command} is stopped after ${SUITE_TIMEOUT_MS / 60_000} minutes`);
      child.kill("SIGTERM");
    }, SUITE_TIMEOUT_MS);
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve(status ?? 1);
    });
  });
}

/** A program whose exit status is the whole result. */
function check(name: string, command: string, ...args: readonly string[]): Suite {
  return {
    name,
    async run() {
      const passed = (await execute(command, args)) === 0;
      return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
    },
  };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** The tests of a vitest project, in an environment of their own where it is given. */
function vitest(project: string, name = project, environment: Readonly<Record<string, string>> = {}): Suite {
  return {
    name,
    async run() {
      const report = join(scratch, `${name}.json`);
      const words = [
        ...["run", "--config", "test/vitest.config.ts", "--project", project],
        ...["--reporter", "default", "--reporter", "json", `--outputFile.json=${report}`],
      ];
      const status = await execute(join(BIN, "vitest"), words, environment);
      if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
      const read = JSON.parse(readFileSync(report, "utf8")) as VitestReport;
      // A file that could not be loaded has no tests to count, and is a failure all the same.
      const broken = read.testResults.filter(
        (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
      ).length;
      const failed = read.numFailedTests + broken;
      return {
        passed: read.numPassedTests,
        failed: status !== 0 && failed === 0 ? 1 : failed,
        skipped: read.numPendingTests + read.numTodoTests,
      };
    },
  };
}

/** The C tests of the native library; meson leaves one JSON object per test. */
const native: Suite = {
  name: "native",
  async run() {
    const status = await execute("meson", ["test", "-C", "native/build", "--print-errorlogs"]);
    const log = join(ROOT, "native/build/meson-logs/testlog.json");
    if (!existsSync(log)) return { passed: 0, failed: 1, skipped: 0 };
    const results = readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly result: string }).result);
    const passed = results.filter((result) => result === "OK" || result === "EXPECTEDFAIL").length;
    const skipped = results.filter((result) => result === "SKIP").length;
    const failed = results.length - passed - skipped;
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, skipped };
  },
};

const SUITES: readonly Suite[] = [
  check("lint", join(BIN, "biome"), "check", "."),
  check("types", join(BIN, "tsc"), "-p", "test/tsconfig.json", "--noEmit"),
  vitest("unit"),
  native,
  check("sanitize", "bash", join(ROOT, "scripts/build-native.sh"), "--sanitize"),
  vitest("packets"),
  vitest("e2e"),
  vitest("e2e", "e2e-doca", { TEST_DATAPLANE: "doca:softnic" }),
];

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    console.error(`there is no suite ${unknown}; there are ${SUITES.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const suite of SUITES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n=== ${suite.name}`);
    const began = performance.now();
    const tally = await suite.run();
    // Under REQUIRE a suite must have run: all of it skipped, or nothing in it, is not that.
    const absent = REQUIRE && tally.passed + tally.failed === 0 ? 1 : 0;
    sum.passed += tally.passed;
    sum.failed += tally.failed + absent;
    sum.skipped += tally.skipped;
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const { passed, failed, skipped } = tally;
    lines.push(
      `${suite.name.padEnd(8)} ${passed} passed, ${failed + absent} failed, ${skipped} skipped (${seconds} s)`,
    );
  }
  console.log(`\n${lines.join("\n")}\n`);
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

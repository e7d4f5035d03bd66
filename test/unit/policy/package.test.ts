import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const LIMIT_MS = 60_000;

/** What a program of somebody else's looks like, in types and at run time. */
const CONSUMER = `
import { decide, formatProblem, type Owner, outsideAt, parseIp, parseRule, readPolicy } from "hyperion/policy";
import { judge, type LabelledContainer, parseAdminPolicy, parseProbe, printRule } from "hyperion/policy";

const container: LabelledContainer = {
  name: "db-1", inherited: [],
  labels: { "hyperion.ingress.sql": "allow tcp/5432 from 10.0.0.0/8" },
};
const { policy, subject, problems } = readPolicy({}, container, { identityLabels: [], trustImageLabels: false }, []);
const network = { name: "shop_default", compose: undefined, posture: undefined };
const owner: Owner = { policy, subject, network, defaultPosture: "default-allow" };
const ask = (address: string) =>
  decide(owner, "ingress", outsideAt(parseIp(address), new Set()), { protocol: "tcp", port: 5432 }).verdict;
const db = { name: "shop/db", owner };
const both = (probe: string) => judge(db, db, parseProbe(probe).in(4)).ingress.by;
const { rule } = parseRule("ALLOW TCP/80", "ingress");
const [problem] = parseAdminPolicy({ tier: "x", rules: [] }, "p").problems;
console.log(JSON.stringify([
  problems.length, ask("10.1.2.3"), ask("11.1.2.3"), both("tcp/5432"), rule && printRule(rule, "ingress"), problem && formatProblem(problem, "p"),
]));
`;

let place: string;

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "hyperion-policy-"));
  const installed = join(place, "node_modules/hyperion");
  mkdirSync(installed, { recursive: true });
  symlinkSync(join(ROOT, "node_modules/ip-cidr"), join(place, "node_modules/ip-cidr"));
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  const build = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      rootDir: join(ROOT, "src"),
      outDir: join(installed, "dist"),
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    include: [],
    files: [join(ROOT, "src/policy/index.ts")],
  };
  writeFileSync(join(place, "build.json"), JSON.stringify(build));
  run(TSC, "-p", "build.json");
}, LIMIT_MS);

afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(...command: readonly string[]): string {
  try {
    return execFileSync(process.execPath, command, {
      cwd: place,
      encoding: "utf8",
      stdio: "pipe",
      timeout: LIMIT_MS,
    });
  } catch (error) {
    throw new Error(String((error as { stdout?: string }).stdout ?? error), { cause: error });
  }
}

it(
  "is used by others as hyperion/policy, without the rest of Hyperion, and with types",
  () => {
    writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(place, "consumer.ts"), CONSUMER);
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2024",
      lib: ["ES2024", "DOM"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    run(TSC, "-p", "tsconfig.json");
    expect(JSON.parse(run("consumer.js"))).toEqual([
      0,
      "allow",
      "deny",
      "posture",
      "allow tcp/80",
      'E176 p: admin policy tier\n  x\n  ^ expected "admin" or "baseline"',
    ]);
  },
  LIMIT_MS,
);

it("keeps what it is made of to itself", () => {
  expect(() => run("--input-type=module", "-e", 'await import("hyperion/dist/policy/decide.js")')).toThrow();
});

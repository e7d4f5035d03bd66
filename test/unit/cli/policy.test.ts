import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command } from "../../../src/cli/commands.ts";
import { explain } from "../../../src/cli/policy/explain.ts";
import { fmt } from "../../../src/cli/policy/fmt.ts";
import { lint } from "../../../src/cli/policy/lint.ts";
import { matrix } from "../../../src/cli/policy/matrix.ts";
import { suggest } from "../../../src/cli/policy/suggest.ts";
import { test as assertions } from "../../../src/cli/policy/test.ts";
import { type CommandResult, localHost, run } from "../../../src/playground/command.ts";
import type { MatrixDocument, SeenFlow } from "../../../src/policy/index.ts";
import { parseYaml } from "../../../src/yaml/index.ts";

const CLI = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

const SHOP = `# the shop
name: shop
services:
  web:
    image: x
    networks: [default, corp]
    labels:
      hyperion.group: app
      hyperion.ingress.http: allow TCP/8080 from any   # everybody
  db:
    image: x
    labels:
      - hyperion.policy=default-deny
      - hyperion.ingress.sql=allow tcp/5432 from service:web
      - hyperion.egress.dns=allow udp/53 to world
networks:
  default: { driver: hyperion }
  corp: { external: true }
`;

const BLOG = `
name: blog
services:
  web:
    image: x
    networks: [corp]
    labels: { hyperion.ingress.http: allow tcp/80 from service:shop/web }
networks:
  corp: { driver: hyperion, name: corp }
`;

const WRONG = SHOP.replace("tcp/5432 from", "tcp/5432 form");

const NO_SQL = `tier: admin
rules:
  - { name: no-sql, applies: "service:shop/db", ingress: deny tcp/5432 }
`;

let directory: string;
const at = (name: string) => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-policy-"));
  const files = {
    "shop/compose.yaml": SHOP,
    "shop/compose.override.yaml": "services: { db: { labels: { hyperion.mode: audit } } }\n",
    "shop.yaml": SHOP,
    "blog.yaml": BLOG,
    "wrong.yaml": WRONG,
    "broken.yaml": "services: [",
    "no-sql.yaml": NO_SQL,
    "good-assertions.yaml": "- allow: web -> db tcp/5432\n- deny: web -> db tcp/22\n",
    "bad-assertions.yaml": "- allow: web -> db tcp/5432\n- allow: web -> db tcp/22\n",
    "strange-assertions.yaml": "- allow: web -> dbb tcp/5432\n",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a command in this process. What it throws is what main.ts turns into exit code 2. */
async function call(command: Command, ...args: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const status = await command.run({
    args,
    environment: {},
    print: (text) => void stdout.push(text),
    complain: (text) => void stderr.push(text),
    ask: undefined,
    interrupted: new AbortController().signal,
  });
  return { status, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** Runs the real command, in the directory of the files. */
function hyperion(
  args: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<CommandResult> {
  const env = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(HYPERION|COMPOSE|DOCKER)_/.test(name))
      .map((name) => [name, undefined]),
  );
  return run(localHost, process.execPath, [CLI, ...args], {
    env,
    cwd: directory,
    timeoutMs: 20_000,
    ...options,
  });
}

describe("hyperion policy matrix", () => {
  async function verdicts(...args: string[]) {
    const { status, stdout } = await call(matrix, "--format", "json", ...args);
    expect(status).toBe(0);
    const document = JSON.parse(stdout) as MatrixDocument;
    expect(document.version).toBe(1);
    return document.verdicts;
  }
  const key = (one: MatrixDocument["verdicts"][number]) =>
    `${one.network} ${one.from} ${one.to} ${one.probe} ${one.verdict}`;

  it("prints the document of the specification", async () => {
    const all = await verdicts("-f", at("shop.yaml"), "--probe", "tcp/5432");
    expect(all).toEqual([
      {
        network: "shop_default",
        from: "shop/db",
        to: "shop/web",
        probe: "tcp/5432",
        verdict: "deny",
        egress: { verdict: "deny", by: "posture" },
        ingress: { verdict: "deny", by: "posture" },
      },
      {
        network: "shop_default",
        from: "shop/web",
        to: "shop/db",
        probe: "tcp/5432",
        verdict: "allow",
        egress: { verdict: "allow", by: "posture" },
        ingress: { verdict: "allow", by: "rule:sql" },
      },
    ]);
  });

  it("takes projects side by side, which meet on external networks of one name", async () => {
    const projects = ["--project", at("shop.yaml"), "--project", at("blog.yaml")];
    expect((await verdicts(...projects, "--probe", "tcp/80")).map(key)).toEqual([
      "corp blog/web shop/web tcp/80 deny",
      "corp shop/web blog/web tcp/80 allow",
      "shop_default shop/db shop/web tcp/80 deny",
      "shop_default shop/web shop/db tcp/80 deny",
    ]);
  });

  it("merges files as one project: -f A -f B, and --project A,B", async () => {
    const base = at("shop/compose.yaml");
    const over = at("shop/compose.override.yaml");
    const merged = await verdicts("-f", base, "-f", over, "--probe", "tcp/22");
    expect(merged.find(({ from }) => from === "shop/web")).toMatchObject({
      verdict: "allow",
      audit: true,
      ingress: { verdict: "allow", by: "posture", audit: true },
    });
    expect(await verdicts("--project", `${base},${over}`, "--probe", "tcp/22")).toEqual(merged);
    // A folder is the project that compose would find there.
    expect(await verdicts("--project", at("shop"), "--probe", "tcp/22")).toEqual(merged);
  });

  it("has addresses outside, each probe once, and admin policies", async () => {
    const all = await verdicts(
      ...["-f", at("shop.yaml"), "--policy", at("no-sql.yaml"), "--external", "203.0.113.7"],
      ...["--probe", "tcp/5432", "--probe", "TCP/05432"],
    );
    expect(
      all.filter(({ network }) => network === "shop_default").map((one) => `${key(one)} ${one.ingress.by}`),
    ).toEqual([
      "shop_default shop/db shop/web tcp/5432 deny posture",
      "shop_default shop/db world:203.0.113.7 tcp/5432 deny posture",
      "shop_default shop/web shop/db tcp/5432 deny admin:no-sql",
      "shop_default shop/web world:203.0.113.7 tcp/5432 allow posture",
      "shop_default world:203.0.113.7 shop/db tcp/5432 deny admin:no-sql",
      "shop_default world:203.0.113.7 shop/web tcp/5432 deny posture",
    ]);
  });

  it("takes the daemon's default posture", async () => {
    const all = await verdicts("-f", at("shop.yaml"), "--posture", "default-deny", "--probe", "tcp/5432");
    expect(all.map(({ verdict }) => verdict)).toEqual(["deny", "deny"]);
  });

  it("says of the quickstart what is expected there, worked out by hand", async () => {
    const example = fileURLToPath(new URL("../../../examples/quickstart/", import.meta.url));
    const { allowed, probes } = JSON.parse(readFileSync(join(example, "expected.json"), "utf8")) as {
      readonly allowed: readonly string[];
      readonly probes: readonly string[];
    };
    const asked = probes.flatMap((probe) => ["--probe", probe]);
    const all = await verdicts("-f", join(example, "compose.yaml"), "-p", "q", ...asked);
    const found = all
      .filter(({ verdict }) => verdict === "allow")
      .map(({ from, to, probe }) => `${from} -> ${to} ${probe}`.replaceAll("q/", ""));
    expect(found.sort()).toEqual([...allowed].sort());
    expect(all).toHaveLength(4 * 3 * probes.length);
  });

  it("prints a table for people", async () => {
    const { stdout } = await call(matrix, "-f", at("shop.yaml"), "--probe", "tcp/5432");
    expect(stdout.split("\n")[0]).toMatch(/^NETWORK +FROM +TO +PROBE +VERDICT +EGRESS +INGRESS$/);
    expect(stdout).toMatch(
      /^shop_default +shop\/web +shop\/db +tcp\/5432 +allow +allow posture +allow rule:sql$/m,
    );
  });

  it("says so where nobody meets, and prints a document all the same", async () => {
    writeFileSync(at("bridge.yaml"), SHOP.replaceAll("driver: hyperion", "driver: bridge"));
    const found = await call(matrix, "-f", at("bridge.yaml"), "--probe", "tcp/80", "--json");
    expect(found.stderr).toMatch(/^hyperion: nobody meets anybody on a network of Hyperion/);
    expect(found.status).toBe(0);
    expect(JSON.parse(found.stdout)).toEqual({ version: 1, verdicts: [] });
  });

  it("has no verdicts where labels are wrong", async () => {
    const { status, stdout, stderr } = await call(matrix, "-f", at("wrong.yaml"), "--probe", "tcp/80");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("E102 shop/db: label hyperion.ingress.sql");
  });

  it.each([
    [["--probe", "any"], '"any" is not a probe'],
    [[], "--probe is missing"],
    [["--probe", "tcp/80", "--format", "xml"], '--format: "xml" is not table or json'],
    [["--probe", "tcp/80", "--external", "nowhere"], '"nowhere" is not an IP address'],
    [["--probe", "tcp/80", "--posture", "deny"], '--posture: "deny" is not one of'],
    [["--probe", "tcp/80", "--prob", "x"], "did you mean --probe?"],
    [["--probe", "tcp/80", "--policy", "/nowhere.yaml"], "/nowhere.yaml: there is no such file"],
    [["--probe", "tcp/80", "--project", "x"], "with --project each project has its own files"],
  ])("refuses %j", async (args, message) => {
    await expect(call(matrix, "-f", at("shop.yaml"), ...args)).rejects.toThrow(message);
  });

  it("refuses two projects of one name", async () => {
    const twice = ["--project", at("shop.yaml"), "--project", at("wrong.yaml")];
    await expect(call(matrix, ...twice, "--probe", "tcp/80")).rejects.toThrow(
      "shop: is the name of two projects",
    );
  });
});

describe("hyperion policy explain", () => {
  it("says why, and what would change it", async () => {
    const { status, stdout } = await call(explain, "web", "shop/db", "tcp/22", "-f", at("shop.yaml"));
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        "shop/web -> shop/db tcp/22 on shop_default: deny",
        "  egress of  shop/web  allow: no rule matches; default-allow (the daemon's default)",
        "  ingress of shop/db   deny: no rule matches; default-deny (label hyperion.policy)",
        "To allow it:",
        "  set on shop/db      hyperion.ingress.web: allow tcp/22 from service:web",
        "",
      ].join("\n"),
    );
  });

  it("says so as a document", async () => {
    const { stdout } = await call(explain, "web", "db", "tcp/5432", "--json", "-f", at("shop.yaml"));
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      explanations: [
        {
          network: "shop_default",
          from: "shop/web",
          to: "shop/db",
          probe: "tcp/5432",
          verdict: "allow",
          egress: { by: "posture", rule: null, posture: { by: "daemon" }, remedy: { action: "set" } },
          ingress: {
            by: "rule:sql",
            rule: "allow tcp/5432 from service:web",
            posture: null,
            remedy: { action: "set", label: "hyperion.ingress.web", value: "deny tcp/5432 from service:web" },
          },
        },
      ],
    });
  });

  it("goes outside by the network that has the way out, and says who meets nowhere", async () => {
    const projects = ["--project", at("shop.yaml"), "--project", at("blog.yaml")];
    const out = await call(explain, "shop/web", "world:203.0.113.7", "icmp", ...projects);
    expect(out.stdout).toMatch(/^shop\/web -> world:203\.0\.113\.7 icmp on corp: allow\n/);
    const apart = await call(explain, "blog/web", "db", "tcp/1", ...projects);
    expect(apart).toMatchObject({
      status: 0,
      stdout: "blog/web -> db tcp/1: deny\n  they share no network of Hyperion\n",
    });
  });

  it.each([
    [["web", "db"], "PROBE is missing"],
    [["web", "db", "tcp/1", "x"], "one word too many"],
    [["web", "dbb", "tcp/1"], "did you mean db?"],
    [["web", "db", "tcp"], "is not a probe"],
  ])("refuses %j", async (words, message) => {
    await expect(call(explain, ...words, "-f", at("shop.yaml"))).rejects.toThrow(message);
  });
});

describe("hyperion policy lint", () => {
  it("finds nothing wrong with 0, errors with 1, warnings with 1 if it is to be strict", async () => {
    const fine = await call(lint, "-f", at("shop.yaml"));
    expect(fine).toEqual({ status: 0, stdout: "0 errors, 0 warnings\n", stderr: "" });
    const wrong = await call(lint, "-f", at("wrong.yaml"));
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toMatch(
      /^E102 shop\/db: label hyperion\.ingress\.sql \(.*wrong\.yaml:14:30\)\n {2}allow/,
    );
    expect(wrong.stdout).toMatch(/\n1 error, 0 warnings\n$/);
    const warned = ["-f", at("shop.yaml"), "--policy", at("idle.yaml")];
    writeFileSync(at("idle.yaml"), NO_SQL.replace("shop/db", "shop/gone"));
    expect(await call(lint, ...warned)).toMatchObject({ status: 0 });
    expect(await call(lint, ...warned, "--strict")).toMatchObject({ status: 1 });
  });

  it("prints findings as a document", async () => {
    const { status, stdout } = await call(lint, "-f", at("wrong.yaml"), "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      findings: [
        {
          code: "E102",
          severity: "error",
          who: "shop/db",
          label: "hyperion.ingress.sql",
          suggestion: "from",
          place: { line: 14, column: 30 },
        },
      ],
    });
  });

  it("finds what is no compose file", async () => {
    const { status, stdout } = await call(lint, "-f", at("broken.yaml"));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^E160 .*broken\.yaml:1:/);
  });
});

describe("hyperion policy fmt", () => {
  it("shows what would change, and with --check finds it", async () => {
    const shown = await call(fmt, "-f", at("shop.yaml"));
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(
      /shop\.yaml:9:30 hyperion\.ingress\.http\n- allow TCP\/8080 from any\n\+ allow tcp\/8080 from any\n1 of 3 rules not in canonical form\n$/,
    );
    expect(await call(fmt, "-f", at("shop.yaml"), "--check")).toMatchObject({ status: 1 });
    expect(await call(fmt, "-f", at("blog.yaml"), "--check")).toMatchObject({ status: 0 });
  });

  it("writes the texts of rules and nothing else, once", async () => {
    writeFileSync(at("loud.yaml"), SHOP);
    writeFileSync(at("loud-policy.yaml"), NO_SQL.replace("deny", "DENY"));
    const files = ["-f", at("loud.yaml"), "--policy", at("loud-policy.yaml")];
    expect(await call(fmt, ...files, "--write")).toMatchObject({ status: 0 });
    expect(readFileSync(at("loud.yaml"), "utf8")).toBe(SHOP.replace("TCP", "tcp"));
    expect(readFileSync(at("loud-policy.yaml"), "utf8")).toBe(NO_SQL);
    expect(await call(fmt, ...files, "--check")).toMatchObject({ status: 0 });
  });

  it("finds rules that cannot be read", async () => {
    const { status, stderr } = await call(fmt, "-f", at("wrong.yaml"), "--json");
    expect(status).toBe(1);
    expect(stderr).toContain("E102 services.db.labels: label hyperion.ingress.sql");
  });
});

describe("hyperion policy test", () => {
  it("holds or does not, with the reasons", async () => {
    const good = await call(assertions, at("good-assertions.yaml"), "-f", at("shop.yaml"));
    expect(good).toEqual({ status: 0, stdout: "2 of 2 assertions hold\n", stderr: "" });
    const bad = await call(assertions, at("bad-assertions.yaml"), "-f", at("shop.yaml"));
    expect(bad.status).toBe(1);
    expect(bad.stdout).toMatch(/bad-assertions\.yaml:2:3: does not hold: allow: web -> db tcp\/22\n/);
    expect(bad.stdout).toContain(
      "ingress of shop/db   deny: no rule matches; default-deny (label hyperion.policy)",
    );
    expect(bad.stdout).toMatch(/\n1 of 2 assertions hold\n$/);
  });

  it("says so as a document", async () => {
    const { status, stdout } = await call(
      assertions,
      at("bad-assertions.yaml"),
      "-f",
      at("shop.yaml"),
      "--json",
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      assertions: [
        { assertion: "allow: web -> db tcp/5432", holds: true },
        {
          assertion: "allow: web -> db tcp/22",
          holds: false,
          found: [{ verdict: "deny", ingress: { by: "posture" } }],
        },
      ],
    });
  });

  it("tells in the document what only audits", async () => {
    const read = ["-f", at("shop/compose.yaml"), "-f", at("shop/compose.override.yaml")];
    const { stdout } = await call(assertions, at("bad-assertions.yaml"), ...read, "--json");
    const { assertions: results } = JSON.parse(stdout);
    expect(results[1].found).toEqual([
      {
        network: "shop_default",
        from: "shop/web",
        to: "shop/db",
        verdict: "allow",
        audit: true,
        egress: { verdict: "allow", by: "posture" },
        ingress: { verdict: "allow", by: "posture", audit: true },
      },
    ]);
  });

  it("refuses an assertion about nobody", async () => {
    const strange = call(assertions, at("strange-assertions.yaml"), "-f", at("shop.yaml"));
    await expect(strange).rejects.toThrow(
      'strange-assertions.yaml:1:3: there is no service "dbb"; did you mean db?',
    );
  });
});

describe("hyperion policy suggest", () => {
  const FLOW: SeenFlow = {
    owner: { container: "shop-db-1", project: "shop", service: "db", groups: [] },
    direction: "ingress",
    peer: { container: "shop-web-1", project: "shop", service: "web", groups: [] },
    protocol: "tcp",
    port: 5432,
    packets: 3,
  };
  const LABELS = `# shop/db
labels:
  hyperion.policy: default-deny
  hyperion.ingress.web: allow tcp/5432 from service:web
`;

  it("reads flows from a file", async () => {
    writeFileSync(at("flows.json"), JSON.stringify([FLOW]));
    const { status, stdout } = await call(suggest, "--flows", at("flows.json"));
    expect([status, stdout]).toEqual([0, LABELS]);
    const other = await call(suggest, "--flows", at("flows.json"), "--service", "shop/web");
    expect(other).toMatchObject({
      status: 0,
      stdout: "no flows of that service were seen, but of shop/db\n",
    });
    writeFileSync(at("no-flows.json"), "[]");
    const none = await call(suggest, "--flows", at("no-flows.json"));
    expect(none.stdout).toContain("no flows were seen; set hyperion.mode: learn");
  });

  it("takes what a container calls itself for a name, and not for lines of its own", async () => {
    const evil = {
      ...FLOW,
      owner: { ...FLOW.owner, service: "db\nlabels:\n  hyperion.ingress.all: allow any" },
    };
    writeFileSync(at("evil.json"), JSON.stringify([evil]));
    const { stdout } = await call(suggest, "--flows", at("evil.json"));
    expect(stdout.match(/^labels:$/gm)).toHaveLength(1);
    expect(stdout).not.toMatch(/^ *hyperion\.ingress\.all/m);
  });

  it("prints labels that can be pasted, also where an address ends with a colon", async () => {
    const outside = { ...FLOW, peer: { address: "2001:db8::", host: false } };
    writeFileSync(at("outside.json"), JSON.stringify([outside]));
    const { stdout } = await call(suggest, "--flows", at("outside.json"), "--json");
    const pasted = await call(suggest, "--flows", at("outside.json"));
    const [{ labels }] = JSON.parse(stdout).suggestions;
    expect(Object.values(labels)).toContainEqual(expect.stringMatching(/::$/));
    expect(parseYaml(pasted.stdout, "").value()).toEqual({ labels });
  });

  it("asks the daemon", async () => {
    const socket = at("admin.sock");
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end(JSON.stringify([FLOW]));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      const { stdout } = await call(suggest, "--admin-socket", socket, "--json");
      expect(JSON.parse(stdout)).toMatchObject({ version: 1, suggestions: [{ on: "shop/db" }] });
      expect(asked).toEqual(["/v1/flows"]);
    } finally {
      server.close();
    }
  });
});

describe("what a file says", () => {
  it("reaches no terminal as a control character", async () => {
    const rule = 'ALLOW tcp/80 from service:db comment \\"\\e[2J\\"';
    writeFileSync(
      at("escape.yaml"),
      `services: { web: { image: x, labels: { hyperion.ingress.a: "${rule}" } }, db: { image: x, networks: [n, default], labels: { hyperion.group: a } } }
networks: { default: { driver: hyperion }, n: { driver: "x\\e[1m" } }
`,
    );
    writeFileSync(at("escape-assertions.yaml"), "- deny: db -> web tcp/80\n");
    const read = ["-f", at("escape.yaml")];
    const shown = [
      await call(lint, ...read),
      await call(fmt, ...read),
      await call(explain, "db", "web", "tcp/80", ...read),
      await call(assertions, at("escape-assertions.yaml"), ...read),
    ];
    for (const { stdout } of shown) {
      expect(stdout).toContain("\\u001b[");
      expect(stdout).not.toContain("\u001b");
    }
  });
});

describe("the command", () => {
  it("lists its family, and explains each", async () => {
    const help = await hyperion(["policy", "--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const name of ["lint", "fmt", "explain", "matrix", "test", "suggest", "apply", "get", "remove"]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, "m"));
    }
    expect(await hyperion(["policy"])).toEqual({ ...help, status: 2 });
    for (const name of ["lint", "fmt", "explain", "test", "suggest"]) {
      const { stdout } = await hyperion(["policy", name, "--help"]);
      expect(stdout).toMatch(new RegExp(`\nExamples?:\n  .*hyperion policy ${name}`));
    }
    const one = await hyperion(["policy", "matrix", "--help"]);
    expect(one.status).toBe(0);
    expect(one.stdout).toMatch(/^hyperion policy matrix: /);
    expect(one.stdout).toContain("--external ADDRESS");
  });

  it("finds the compose file of the folder, with its override", async () => {
    const { status, stdout } = await hyperion(["policy", "explain", "web", "db", "tcp/22"], {
      cwd: at("shop"),
    });
    expect(status).toBe(0);
    expect(stdout).toContain("allow, as denials only audit");
  });

  it("lints admin policies where there is no compose file", async () => {
    mkdirSync(at("empty"), { recursive: true });
    writeFileSync(at("empty/bad.yaml"), NO_SQL.replace("5432", "99999"));
    const lintIt = (file: string) => hyperion(["policy", "lint", "--policy", file], { cwd: at("empty") });
    expect(await lintIt("../no-sql.yaml")).toMatchObject({ status: 0, stdout: "0 errors, 0 warnings\n" });
    const bad = await lintIt("bad.yaml");
    expect(bad.status).toBe(1);
    expect(bad.stdout).toMatch(/^E117 bad: admin policy no-sql\.ingress \(bad\.yaml:3:\d+\)\n/);
    expect(await hyperion(["policy", "lint"], { cwd: at("empty") })).toMatchObject({ status: 2 });
  });

  it("reads standard input", async () => {
    const args = ["policy", "matrix", "-f", "-", "--probe", "tcp/5432", "--format=json"];
    const { status, stdout } = await hyperion(args, { input: SHOP });
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as MatrixDocument).verdicts).toHaveLength(2);
    const formatted = await hyperion(["policy", "fmt", "-f", "-", "--write"], { input: SHOP });
    expect(formatted).toMatchObject({ status: 0, stdout: SHOP.replace("TCP", "tcp") });
  });

  it("calls standard input so", async () => {
    const args = ["policy", "test", "-", "-f", "shop.yaml"];
    const { stderr } = await hyperion(args, { input: "- allow: web -> dbb tcp/1" });
    expect(stderr).toContain("hyperion: stdin:1:3: there is no service");
    const flows = await hyperion(["policy", "suggest", "--flows", "-"], { input: "{}" });
    expect(flows.stderr).toContain("hyperion: stdin: expected a list of flows");
  });

  it.each([
    ["findings", ["lint", "-f", "wrong.yaml"], 1],
    ["a failed assertion", ["test", "bad-assertions.yaml", "-f", "shop.yaml"], 1],
    ["what would change", ["fmt", "--check", "-f", "shop.yaml"], 1],
    ["no errors", ["lint", "-f", "shop.yaml"], 0],
    ["a missing file", ["lint", "-f", "nowhere.yaml"], 2],
    ["a wrong option", ["lint", "--strickt"], 2],
    ["an unknown command", ["policy", "matrx"].slice(1), 2],
    ["no daemon", ["suggest", "--admin-socket", "nowhere.sock"], 2],
  ])("ends with the code for %s", async (_, args, status) => {
    const result = await hyperion(["policy", ...args]);
    expect(result.status).toBe(status);
    if (status === 2) expect(result.stderr).toMatch(/^hyperion: [^\n]+\n$/);
  });

  it("knows what was meant", async () => {
    const { stderr } = await hyperion(["policy", "matrx"]);
    expect(stderr).toBe('hyperion: unknown command "policy matrx"; did you mean policy matrix?\n');
    const file = await hyperion(["policy", "lint", "shop.yaml"]);
    expect(file.stderr).toBe('hyperion: unknown option "shop.yaml"; files are named with -f [E701]\n');
    const folder = await hyperion(["policy", "lint", "-f", "shop"]);
    expect(folder.stderr).toBe("hyperion: shop: it is a directory [E185]\n");
  });

  it("itself says that there is no such env file, as Node.js would without the dashes", async () => {
    expect(readFileSync(CLI, "utf8")).toMatch(/^#!\/usr\/bin\/env -S node --\n/);
    const args = ["--", CLI, "policy", "lint", "-f", "shop.yaml", "--env-file", "missing.env"];
    const refused = await run(localHost, process.execPath, args, { cwd: directory, timeoutMs: 20_000 });
    expect(refused).toMatchObject({
      status: 2,
      stderr: "hyperion: missing.env: there is no such file [E185]\n",
    });
  });

  it("reads a pipe, which can be read only once", async () => {
    const script = `"$0" "$1" policy matrix --probe tcp/80 -f <(cat shop.yaml)`;
    const { status, stdout } = await run(localHost, "bash", ["-c", script, process.execPath, CLI], {
      cwd: directory,
      timeoutMs: 20_000,
    });
    expect(status).toBe(0);
    expect(stdout).toContain("shop/web");
  });

  it("does not pass for done when its output is lost", async () => {
    const script = `"$0" "$1" policy lint -f shop.yaml > /dev/full`;
    const { status, stderr } = await run(localHost, "bash", ["-c", script, process.execPath, CLI], {
      cwd: directory,
      timeoutMs: 20_000,
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^hyperion: standard output cannot be written: ENOSPC/);
  });

  it("refuses several policies, or lists of assertions, in one file", async () => {
    writeFileSync(at("two.yaml"), `${NO_SQL}---\n${NO_SQL}`);
    writeFileSync(at("two-lists.yaml"), "- allow: web -> db tcp/5432\n---\n- deny: web -> db tcp/5432\n");
    const policies = await hyperion(["policy", "lint", "-f", "shop.yaml", "--policy", "two.yaml"]);
    expect(policies).toMatchObject({ status: 1 });
    expect(policies.stdout).toMatch(/^E160 two\.yaml:5:1: a file holds one policy\n/);
    const lists = await hyperion(["policy", "test", "two-lists.yaml", "-f", "shop.yaml"]);
    expect(lists).toMatchObject({ status: 2 });
    expect(lists.stderr).toContain("two-lists.yaml:3:1: a file holds one list of assertions [E160]");
  });
});

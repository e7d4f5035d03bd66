import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command } from "../../../src/cli/commands.ts";
import { explain } from "../../../src/cli/policy/explain.ts";
import { fmt } from "../../../src/cli/policy/fmt.ts";
import { lint } from "../../../src/cli/policy/lint.ts";
import { matrix } from "../../../src/cli/policy/matrix.ts";
import { policy } from "../../../src/cli/policy/policy.ts";
import { test } from "../../../src/cli/policy/test.ts";
import { runCommand } from "./offline.ts";

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const PAGES = ["docs/policy.md", "README.md"];
const CLEAN = "0 errors, 0 warnings\n";

/** A heading and the files that are shown under it: name to text. */
interface Section {
  readonly page: string;
  readonly heading: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The YAML of a page is files: each block begins with its file's name, so that none goes unchecked. */
function sectionsOf(page: string): readonly Section[] {
  const parts = readFileSync(root(page), "utf8").split(/\n## /);
  return parts.flatMap((part): Section[] => {
    const blocks = [...part.matchAll(/^```yaml\n# (\S+)\n([\s\S]*?)^```$/gm)];
    expect([...part.matchAll(/^```yaml$/gm)], `a YAML block of ${page} without a name`).toHaveLength(
      blocks.length,
    );
    if (blocks.length === 0) return [];
    const files = blocks.map(([, name = "", text = ""]) => [name, text]);
    return [{ page, heading: part.slice(0, part.indexOf("\n")), files: Object.fromEntries(files) }];
  });
}

describe("what the documents show", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "hyperion-docs-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(
    PAGES.flatMap(sectionsOf).map((section) => [`${section.page}: ${section.heading}`, section] as const),
  )("%s", async (name, { files }) => {
    // The folder's name is the project's.
    const folder = join(directory, name.toLowerCase().replace(/[^a-z0-9]+/g, "-"), "shop");
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    expect(Object.keys(files)).toContain("compose.yaml");
    const at = (file: string) => join(folder, file);
    const read = [
      "-f",
      at("compose.yaml"),
      ...("policy.yaml" in files ? ["--policy", at("policy.yaml")] : []),
    ];
    expect(await runCommand(lint, read)).toEqual({ status: 0, text: CLEAN });
    if (!("assertions.yaml" in files)) return;
    const tested = await runCommand(test, [...read, at("assertions.yaml")]);
    expect(tested.text).toMatch(/^(\d+) of \1 assertions hold\n$/);
    expect(tested.status).toBe(0);
  });

  it("README.md: what explain says of the first example", async () => {
    const folder = join(directory, "explained", "shop");
    mkdirSync(folder, { recursive: true });
    const [first] = sectionsOf("README.md");
    writeFileSync(join(folder, "compose.yaml"), first?.files["compose.yaml"] ?? "");
    const shown = /^\$ hyperion policy explain -f compose.yaml (.+)\n([\s\S]*?)^\$ /m.exec(
      readFileSync(root("README.md"), "utf8"),
    );
    const words = ["-f", join(folder, "compose.yaml"), ...(shown?.[1] ?? "").split(" ")];
    expect((await runCommand(explain, words)).text).toBe(shown?.[2]);
  });

  it("docs/policy.md: the documents of the first example", async () => {
    const folder = join(directory, "documents", "shop");
    mkdirSync(folder, { recursive: true });
    const [first] = sectionsOf("docs/policy.md");
    // The file of the page has its name as a comment in the first line.
    const text = `# compose.yaml\n${first?.files["compose.yaml"]}`;
    const at = (file: string) => join(folder, file);
    writeFileSync(at("assertions.yaml"), "- deny: client -> web tcp/22\n");
    const page = readFileSync(root("docs/policy.md"), "utf8");
    const shown = /^```json\n([\s\S]*?)\n```$/m.exec(page)?.[1]?.split("\n") ?? [];
    const runs: readonly (readonly [string, Command, readonly string[]])[] = [
      [text.replace("allow tcp/80 from", "ALLOW tcp/80 form"), lint, []],
      [text.replace("allow tcp/80 from", "ALLOW tcp/80 from"), fmt, []],
      [text, explain, ["client", "web", "tcp/22"]],
      [text, matrix, ["--probe", "tcp/22"]],
      [text, test, [at("assertions.yaml")]],
    ];
    expect(shown).toHaveLength(runs.length);
    for (const [i, [compose, command, words]] of runs.entries()) {
      writeFileSync(at("compose.yaml"), compose);
      const ran = await runCommand(command, ["-f", at("compose.yaml"), "--json", ...words]);
      expect(JSON.stringify(JSON.parse(ran.text.replaceAll(`${folder}/`, "")))).toBe(shown[i]);
    }
  });

  it.each(PAGES)("%s names commands that there are", (page) => {
    const commands = [...readFileSync(root(page), "utf8").matchAll(/hyperion policy ([a-z]+)/g)];
    expect(commands.length).toBeGreaterThan(0);
    for (const [, name = ""] of commands) expect(Object.keys(policy.commands)).toContain(name);
  });
});

describe("the examples", () => {
  const examples = readdirSync(root("examples")).filter((name) => {
    const files = readdirSync(root(`examples/${name}`));
    return files.includes("assertions.yaml");
  });

  it("are all here", () => {
    expect(examples).toEqual(["memcached", "reverse-proxy", "web-shop", "worker"]);
  });

  it.each(examples)("%s is clean and keeps its promises", async (name) => {
    const read = ["-f", root(`examples/${name}/compose.yaml`)];
    expect(await runCommand(lint, read)).toEqual({ status: 0, text: CLEAN });
    const { status, text } = await runCommand(test, [...read, root(`examples/${name}/assertions.yaml`)]);
    expect(text).toMatch(/^(\d+) of \1 assertions hold\n$/);
    expect(status).toBe(0);
  });

  it("the quickstart has no errors, and one thing that it is warned of and means", async () => {
    const { status, text } = await runCommand(lint, ["-f", root("examples/quickstart/compose.yaml")]);
    expect(status).toBe(0);
    expect(text).toMatch(/^W210 quickstart\/db: [\s\S]*\n0 errors, 1 warning\n$/);
  });

  it("memcached's mistake is found, and its labels hold all the same", async () => {
    const at = (file: string) => root(`examples/memcached/${file}`);
    const read = ["-f", at("compose.yaml"), "-f", at("mistake.yaml")];
    expect((await runCommand(lint, read)).text).toMatch(/^W211 memcached\/memcached: /m);
    expect((await runCommand(test, [...read, at("assertions.yaml")])).status).toBe(0);
  });
});

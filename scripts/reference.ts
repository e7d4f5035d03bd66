import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { dropsPage } from "./reference/drops.ts";
import { errorsPage } from "./reference/errors.ts";
import { labelsPage } from "./reference/labels.ts";
import { GENERATED, table } from "./reference/markdown.ts";
import { optionsPage } from "./reference/options.ts";

/** The pages of docs/reference, and whether they are up to date: `node scripts/reference.ts [--check]`. */
const PAGES: Readonly<Record<string, readonly [about: string, page: () => string]>> = {
  "labels.md": ["labels on containers, rules, selectors, and how they decide", labelsPage],
  "errors.md": ["every code of an error or a warning", errorsPage],
  "options.md": ["options of networks and of `hyperion serve`", optionsPage],
  "drops.md": ["why a packet was not delivered", dropsPage],
};

function index(): string {
  const rows = Object.entries(PAGES).map(([name, [about]]) => [`[${name.replace(".md", "")}](${name})`, about]);
  return `# Reference\n\n${GENERATED} Commands say what they take: \`hyperion --help\`, \`hyperion COMMAND --help\`.\n\n${table(["page", "lists"], rows)}`;
}

/** Every file of the reference and what should be in it. */
export function referencePages(): readonly (readonly [path: string, text: string])[] {
  const at = (name: string) => fileURLToPath(new URL(`../docs/reference/${name}`, import.meta.url));
  return [
    [at("README.md"), index()],
    ...Object.entries(PAGES).map(([name, [, page]]) => [at(name), page()] as const),
  ];
}

if (import.meta.main) {
  for (const [path, text] of referencePages()) {
    if (!process.argv.includes("--check")) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      process.stderr.write(`${path} is out of date; run: npm run docs\n`);
      process.exitCode = 1;
    }
  }
}

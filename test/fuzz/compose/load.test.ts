// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes variables so
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ComposeProject, loadProject } from "../../../src/compose/index.ts";
import { HyperionError, MESSAGE_LENGTH_MAX } from "../../../src/model/errors.ts";
import { parseYaml, replaceScalars } from "../../../src/yaml/index.ts";
import { CASES } from "../../unit/compose/cases.ts";
import frozen from "../../unit/compose/frozen.json" with { type: "json" };
import { MemoryFiles } from "../../unit/compose/memory-files.ts";

/** Given, it repeats a run; else every run is another one, and says which. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_000);
console.log(`compose fuzz: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`);

const options = { seed: SEED, numRuns: RUNS };

/** What a project may take on a busy machine: text that takes more is an attack that works. */
const DEADLINE_MS = 20_000;

type Texts = Readonly<Record<string, string>>;

/** The project, or undefined where it is refused in the way that it may be. Anything else fails the test. */
async function read(texts: Texts): Promise<ComposeProject | undefined> {
  const files = Object.fromEntries(Object.entries(texts).map(([path, text]) => [`/root/${path}`, text]));
  try {
    const env = { A: "va", B: "", COMPOSE_PROFILES: "p" };
    return await loadProject({ files: [], env }, new MemoryFiles("/root/shop", files));
  } catch (error) {
    if (!(error instanceof HyperionError)) throw error;
    expect(error.code).toMatch(/^E16\d$/);
    expect(error.message.split("\n")).toHaveLength(1);
    expect(error.message.length).toBeLessThan(MESSAGE_LENGTH_MAX);
    expect(error.message).not.toMatch(/\{(place|path|reason|name|source|variable|directory)\}/);
    return undefined;
  } finally {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect((Object.prototype as Record<string, unknown>).polluted).toBeUndefined();
  }
}

/** The pieces that compose files are made of, right and nearly right. */
const scraps = fc.oneof(
  fc.constantFrom(
    ...[
      "services:",
      "a:",
      "b:",
      "image: x",
      "labels:",
      "networks:",
      "ports:",
      "- ",
      "- 80:80",
      "- a=b",
      "n:",
    ],
    ...[
      "extends: b",
      "{file: compose.yaml, service: a}",
      "include: [other.yaml]",
      "profiles: [p]",
      "scale: 2",
    ],
    ...["!reset ", "!override ", "!!str ", "!!int ", "!!binary ", "&x ", "*x", "<<: *x", "? ", "|\n", ">-\n"],
    ...[
      "$A",
      "${A}",
      "${N:-d}",
      "${N:?e}",
      "${",
      "$$",
      "${A:-${B:-${N}}}",
      "}",
      "{",
      "[",
      "]",
      ",",
      ": ",
      "#",
    ],
    ...[
      "network_mode: service:a",
      "external: true",
      "label_file: .env",
      "depends_on: [a]",
      "name: q",
      "---\n",
    ],
    ...[
      "__proto__:",
      "__proto__: {polluted: 1}",
      "constructor: {prototype: {polluted: 1}}",
      "toString",
      "'",
      '"',
    ],
    ...[
      "\n",
      "\n  ",
      "\n    ",
      "\n      ",
      "\t",
      "\0",
      "\ufeff",
      "\u2028",
      "\ud800",
      "0123",
      "1e999",
      ".nan",
      "~",
    ],
  ),
  fc.string({ maxLength: 4, unit: "binary" }),
);
const text = fc.oneof(
  fc.array(scraps, { maxLength: 30 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 200, unit: "binary" }),
);
const settings = fc
  .array(
    fc.constantFrom(
      ...[
        "A=",
        "B: ",
        "export ",
        "C",
        "'",
        '"',
        "\\",
        "\n",
        " # ",
        "#",
        "$A",
        "${B:-",
        "}",
        "x y",
        "=",
        "é=1",
      ],
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));

/** Cases that compose reads without being told more than where. */
const refused = Object.entries(frozen.cases).flatMap(([name, outcome]) => ("refusal" in outcome ? name : []));
const right = CASES.filter(({ name, args }) => args === undefined && !refused.includes(name));

/** A case with a few of its characters or words replaced, doubled or lost. */
const mutated = fc
  .record({
    base: fc.constantFrom(...right),
    edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), scraps), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ base, edits }) =>
    Object.fromEntries(
      Object.entries(base.files).map(([path, original]) => {
        let changed = original;
        for (const [where, length, scrap] of edits) {
          const at = Math.floor(where * changed.length);
          changed = changed.slice(0, at) + scrap + changed.slice(at + length);
        }
        return [path, changed] as const;
      }),
    ),
  );

describe("compose files of any kind", () => {
  it("are read or refused, and change nothing", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(text, text, settings, async (main, other, env) => {
        await read({ "shop/compose.yaml": main, "shop/other.yaml": other, "shop/.env": env });
      }),
      options,
    );
  });

  it("are read or refused when they are nearly right", { timeout: 120_000 }, async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(mutated, async (texts) => {
        if ((await read(texts)) !== undefined) accepted += 1;
      }),
      options,
    );
    // Else the fuzz is not taken further than the first check.
    expect(accepted).toBeGreaterThan(RUNS / 100);
  });

  it("keep their other values when some are replaced", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.string({ unit: "binary", maxLength: 20 }), { minLength: 1 }),
        (source, values) => {
          const { roots } = parseYaml(source, "f");
          const [root] = roots;
          if (root?.kind !== "mapping") return;
          const edits = [...root.entries]
            .filter(([, { node }]) => node.kind === "scalar")
            .slice(0, values.length)
            .map(([key], i) => ({ path: [key], value: values[i] ?? "" }));
          let replaced: string;
          try {
            replaced = replaceScalars(source, edits);
          } catch (error) {
            // The scalar is one that another path leads to as well.
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          const now = parseYaml(replaced, "f");
          for (const { path, value } of edits) {
            expect((now.value() as Record<string, unknown>)[path[0] ?? ""], replaced).toBe(value);
          }
        },
      ),
      options,
    );
  });
});

const times = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i));
const labelled = (lines: readonly string[]) =>
  `services:\n  a:\n    image: x\n    labels:\n${lines.join("\n")}\n`;

/** Texts that would take long, or much room, if something in here were not bounded. */
const ATTACKS: readonly (readonly [name: string, texts: Texts])[] = [
  ["a million brackets", { "shop/compose.yaml": "[".repeat(1_000_000) }],
  ["a million braces", { "shop/compose.yaml": "{a: ".repeat(250_000) }],
  ["a long line of variables", { "shop/compose.yaml": labelled([`      a: "${"$A".repeat(300_000)}"`]) }],
  ["a long line of defaults", { "shop/compose.yaml": labelled([`      a: "${"${N:-}".repeat(100_000)}"`]) }],
  ["a tower of defaults", { "shop/compose.yaml": labelled([`      a: "${"${N:-".repeat(50_000)}"`]) }],
  [
    "a tower of closed defaults",
    { "shop/compose.yaml": labelled([`      a: "${"${N:-".repeat(9_000)}${"}".repeat(9_000)}"`]) },
  ],
  ["many labels", { "shop/compose.yaml": labelled(times(50_000, (i) => `      k${i}: v${i}`)) }],
  ["many wrong labels", { "shop/compose.yaml": labelled(times(20_000, (i) => `      k${i}: []`)) }],
  [
    "aliases of aliases",
    {
      "shop/compose.yaml": `x0: &x0 [1,1,1,1,1,1,1,1]\n${times(20, (i) => `x${i + 1}: &x${i + 1} [${`*x${i},`.repeat(8)}]`).join("\n")}\nservices: {a: {image: x}}`,
    },
  ],
  [
    "merge keys of merge keys",
    {
      "shop/compose.yaml": `x0: &x0 {a: 1}\n${times(5_000, (i) => `x${i + 1}: &x${i + 1} {<<: *x${i}, k${i}: 1}`).join("\n")}`,
    },
  ],
  [
    "variables that double",
    {
      "shop/compose.yaml": "services: {a: {image: $V40}}",
      "shop/.env": `V0=xxxxxxxx\n${times(40, (i) => `V${i + 1}=$V${i}$V${i}`).join("\n")}\n`,
    },
  ],
  [
    "a long variable everywhere",
    {
      "shop/compose.yaml": labelled(times(20_000, (i) => `      k${i}: $V$V$V$V`)),
      "shop/.env": `V=${"x".repeat(200_000)}\n`,
    },
  ],
  [
    "services that extend each other",
    {
      "shop/compose.yaml": `services:\n  s0: {image: x}\n${times(5_000, (i) => `  s${i + 1}: {extends: s${i}, ports: ["${i}"]}`).join("\n")}`,
    },
  ],
  [
    "services that extend a large one",
    {
      "shop/compose.yaml": `services:\n  s0: {image: x, labels: [${times(2_000, (i) => `k${i}`).join(", ")}]}\n${times(5_000, (i) => `  s${i + 1}: {extends: s0}`).join("\n")}`,
    },
  ],
  [
    "services that wait for each other",
    {
      "shop/compose.yaml": `services:\n  s0: {image: x}\n${times(12_000, (i) => `  s${i + 1}: {image: x, depends_on: [s${i}]}`).join("\n")}`,
    },
  ],
  [
    "a diamond of includes",
    Object.fromEntries(
      times(30, (i) => String(i)).map((i) => [
        `shop/${i === "0" ? "compose" : i}.yaml`,
        `include: [{path: ${Number(i) + 1}.yaml}, ./${Number(i) + 1}.yaml]\nservices: {s${i}: {image: x}}`,
      ]),
    ),
  ],
  ["many documents", { "shop/compose.yaml": "services: {a: {image: x}}\n---\n".repeat(20_000) }],
  [
    "many ports",
    {
      "shop/compose.yaml": `services: {a: {image: x, ports: [${times(60_000, (i) => `"${i}:${i}"`).join(", ")}]}}`,
    },
  ],
  [
    "pools of addresses",
    Object.fromEntries(
      ["compose.yaml", "compose.override.yaml"].map((name) => [
        `shop/${name}`,
        `services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [${times(15_000, (i) => `{subnet: ${name}${i}}`).join(", ")}]}}}`,
      ]),
    ),
  ],
  ["many resets", { "shop/compose.yaml": labelled(times(40_000, (i) => `      k${i}: !reset ${i}`)) }],
  [
    "a long env file",
    { "shop/compose.yaml": "services: {a: {image: x}}", "shop/.env": "A='\\'".repeat(200_000) },
  ],
  [
    "an env file of quotes",
    { "shop/compose.yaml": "services: {a: {image: x}}", "shop/.env": `A="${"\\".repeat(900_000)}` },
  ],
  ["a long key", { "shop/compose.yaml": `services: {a: {image: x, ${"k".repeat(500_000)}: 1}}` }],
];

describe("texts made to take long", () => {
  it.each(ATTACKS)("%s", { timeout: 60_000 }, async (_, texts) => {
    const before = performance.now();
    await read(texts);
    expect(performance.now() - before).toBeLessThan(DEADLINE_MS);
  });
});

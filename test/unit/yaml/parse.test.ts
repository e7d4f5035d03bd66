import { describe, expect, it } from "vitest";
import { nodeAt, parseYaml, readYaml, type Scalar } from "../../../src/yaml/index.ts";

const problemsOf = (text: string) =>
  parseYaml(text, "f.yaml").problems.map(({ place, text }) => `${place.line}:${place.column} ${text}`);

/** What docker compose 2.40.3 prints for these as labels. */
const SCALARS: readonly (readonly [source: string, type: Scalar["type"], printed: string])[] = [
  ["0123", "integer", "83"],
  ["089", "float", "89"],
  ["0x1F", "integer", "31"],
  ["0o17", "integer", "15"],
  ["0b11", "integer", "3"],
  ["1_000", "integer", "1000"],
  ["+5", "integer", "5"],
  ["-0", "integer", "0"],
  ["9223372036854775807", "integer", "9223372036854775807"],
  ["18446744073709551615", "integer", "18446744073709551615"],
  ["99999999999999999999", "float", "1e+20"],
  ["1e3", "float", "1000"],
  ["1000000.0", "float", "1e+06"],
  ["1e21", "float", "1e+21"],
  ["0.00001", "float", "1e-05"],
  ["1.10", "float", "1.1"],
  ["1.", "float", "1"],
  [".5", "float", "0.5"],
  ["1_0.5", "float", "10.5"],
  ["-0.0", "float", "-0"],
  [".inf", "float", "+Inf"],
  ["1e999", "string", "1e999"],
  ["yes", "string", "yes"],
  ["on", "string", "on"],
  ["TRUE", "boolean", "true"],
  ["~", "null", ""],
  ["", "null", ""],
  ["nULL", "string", "nULL"],
  ["2020-01-02", "timestamp", "2020-01-02"],
  ["2020-13-02", "string", "2020-13-02"],
  ["22:22", "string", "22:22"],
  ["1.2.3", "string", "1.2.3"],
  ["!!str 0123", "string", "0123"],
  ["!own 12", "string", "12"],
  ["'0123'", "string", "0123"],
  ["|-\n  0123", "string", "0123"],
];

describe("parseYaml", () => {
  it.each(SCALARS)("reads %s as %s, printed %s", (source, type, printed) => {
    const { roots, problems } = parseYaml(`k: ${source}\n`, "f.yaml");
    expect(problems).toEqual([]);
    const [root] = roots;
    expect(root && nodeAt(root, ["k"])).toMatchObject({ type, text: printed });
  });

  it("knows the place of every value", () => {
    const text = parseYaml("a:\n  - b: x\n    c: [1, 'y']\n", "f.yaml");
    expect(text.place(["a", 0, "b"])).toEqual({ file: "f.yaml", line: 2, column: 8 });
    expect(text.place(["a", 0, "c", 1])).toEqual({ file: "f.yaml", line: 3, column: 12 });
    expect(text.place([])).toEqual({ file: "f.yaml", line: 1, column: 1 });
    expect(text.place(["a", 1])).toBeUndefined();
    expect(text.place(["a", 0, "b", "x"])).toBeUndefined();
  });

  it("resolves aliases to the latest anchor, and merge keys below what is written", () => {
    const text = "a: &x {k: 1, l: 2}\nb: *x\nc: &x [3]\nd: *x\ne:\n  <<: [{k: 5}, {k: 6, m: 7}]\n  l: 8\n";
    expect(parseYaml(text, "f").value()).toEqual({
      a: { k: 1, l: 2 },
      b: { k: 1, l: 2 },
      c: [3],
      d: [3],
      e: { k: 5, l: 8, m: 7 },
    });
  });

  it("takes a quoted << for a key like any other", () => {
    expect(parseYaml('"<<": {a: 1}', "f").value()).toEqual({ "<<": { a: 1 } });
  });

  it("reads every document of a text, and the first where one is asked for", () => {
    const text = parseYaml("# nothing\n---\na: 1\n---\n---\nb: 2\n", "f");
    expect(text.roots).toHaveLength(2);
    expect(text.value()).toEqual({ a: 1 });
    expect(parseYaml("# nothing\n", "f").value()).toBeUndefined();
  });

  it("makes __proto__ a key like any other", () => {
    const value = parseYaml("__proto__: {polluted: 1}\n", "f").value() as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in value).toBe(false);
  });

  it.each([
    ["a: 1\nb: 2\na: 3\n", '3:1 key "a" is already defined in line 1'],
    ["80: a", '1:1 key "80" is not a text; write it in quotes'],
    ["? [a]\n: b", "1:3 a key is not a text; write it in quotes"],
    ["a: &x [*x]", '1:8 anchor "x" contains itself'],
    ["a: *x", '1:4 anchor "x" is not defined above'],
    ["a: 1\n<<: 2", '2:1 "<<" takes a mapping or a list of mappings'],
    ["a: &x {}\n<<: *x\n<<: *x", '3:1 key "<<" is defined twice; write a list of aliases'],
    ["a: !!int x", '1:10 "x" is no !!int'],
    ["a: !!omap [x: 1]", "1:11 tag !!omap is not supported"],
    ["a: 1\u0007", "1:5 control characters are not allowed"],
    ["a: b: c", "1:4 nested mappings are not allowed in compact mappings"],
  ])("says what is wrong with %j", (text, problem) => {
    expect(problemsOf(text)[0]).toBe(problem);
    expect(parseYaml(text, "f").roots).toEqual([]);
  });

  it("bounds how deep a text nests, before anything recurses into it", () => {
    for (const text of ["[".repeat(20_000), "{a: ".repeat(20_000), "- ".repeat(20_000)]) {
      expect(problemsOf(text)).toEqual([expect.stringContaining("nested deeper than 100 levels")]);
    }
  });

  it("bounds what aliases make of a text, in nodes and in levels", () => {
    const wide = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"];
    for (let i = 1; i < 9; i++)
      wide.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    expect(problemsOf(wide.join("\n"))).toEqual(["6:9 more than 200000 nodes, aliases written out"]);
    const deep = ["a0: &a0 [1]"];
    for (let i = 1; i < 120; i++) deep.push(`a${i}: &a${i} [*a${i - 1}]`);
    expect(problemsOf(deep.join("\n"))).toEqual(["100:11 nested deeper than 100 levels"]);
  });
});

describe("readYaml", () => {
  it("throws the first problem with its place", () => {
    expect(() => readYaml("a: 1\na: 2\na: 3\n", "dir/f.yaml")).toThrow(
      expect.objectContaining({
        code: "E160",
        message: 'dir/f.yaml:2:1: key "a" is already defined in line 1',
      }),
    );
  });
});

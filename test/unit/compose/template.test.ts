// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes variables so
import { describe, expect, it } from "vitest";
import { parseDotenv } from "../../../src/compose/dotenv.ts";
import { fillTemplate, NESTING_MAX, TEXT_LENGTH_MAX } from "../../../src/compose/template.ts";

const VARIABLES: Readonly<Record<string, string>> = { A: "va", E: "", _x1: "under" };
const lookup = (name: string) => (Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined);
const fill = (template: string) => fillTemplate(template, lookup);

describe("fillTemplate", () => {
  it.each([
    ["$A$A-${A}b $_x1", "vava-vab under"],
    ["$$A $$$$ $$$A", "$A $$ $va"],
    ["$5 $ $-", "$5 $ $-"],
    ["${E:-d}|${E-d}|${N:-d}|${N-d}|${A:-d}", "d||d|d|va"],
    ["${E:+r}|${E+r}|${N:+r}|${N+r}|${A:+r}", "|r|||r"],
    ["${E?e}|${A:?e}", "|va"],
    ["${N:-${N:-${A}}}x}", "vax}"],
    ['${N:-{"a":1}} ${N:-b}', '{"a":1} b'],
    ["${N:-a-b:-c}", "a-b:-c"],
    ["${N:-}${N-}", ""],
    // Compose counts braces, and skips what follows an opening one: the default goes on to the line's last.
    ["${N:-{}}", "{}"],
  ])("makes of %j %j", (template, text) => {
    expect(fill(template)).toEqual({ text, unset: [] });
  });

  it("says which variables read as nothing, and no others", () => {
    expect(fill("$N ${M} ${O:-$P} ${A:-$Q} ${N:-$R$A}")).toEqual({
      text: "   va va",
      unset: ["N", "M", "P", "R"],
    });
  });

  it.each(["${", "${A", "${5}", "${A:b}", "${A b}", "${}", "${A:-x\n}", "${N:-${5}}"])(
    "refuses %j",
    (template) => {
      expect(fill(template)).toEqual({ kind: "syntax" });
    },
  );

  it("wants what is required, also where it is not needed", () => {
    expect(fill("${N:?give it}")).toEqual({ kind: "required", variable: "N", reason: "give it" });
    expect(fill("${E:?}")).toEqual({ kind: "required", variable: "E", reason: "" });
    expect(fill("${N?$A}")).toEqual({ kind: "required", variable: "N", reason: "va" });
    expect(fill("${A:-${N:?x}}")).toEqual({ kind: "required", variable: "N", reason: "x" });
  });

  it("bounds nesting and length", () => {
    const nested = (depth: number) => "${N:-".repeat(depth) + "}".repeat(depth);
    expect(fill(nested(NESTING_MAX))).toEqual({ text: "", unset: [] });
    expect(fill(nested(NESTING_MAX + 1))).toEqual({ kind: "size" });
    const long = () => "x".repeat(1024);
    expect(fillTemplate("$X".repeat(1024), long)).toMatchObject({ unset: [] });
    expect(fillTemplate(`${"$X".repeat(TEXT_LENGTH_MAX / 1024)}-`, long)).toEqual({ kind: "size" });
  });
});

describe("parseDotenv", () => {
  const read = (text: string) => {
    const settings = parseDotenv(text, lookup);
    return settings instanceof Map
      ? [...settings].map(([name, { value, line }]) => `${line} ${name}=${value}`)
      : settings;
  };

  it("reads what compose reads", () => {
    expect(
      read(
        "\ufeff# c\n\nB=1 # why\nexport  C='$A # x'\nD: y\n F = g h \nG=a#b\nH=\nA\nNONE\nI=\"a\\n$A\\$A\\\"\" # z\nJ='it\\'s'\n__proto__=p\nK=$B$NONE.",
      ),
    ).toEqual([
      "3 B=1",
      "4 C=$A # x",
      "5 D=y",
      "6 F=g h",
      "7 G=a#b",
      "8 H=",
      "9 A=va",
      '11 I=a\nva$A"',
      "12 J=it's",
      "13 __proto__=p",
      "14 K=1.",
    ]);
  });

  it("counts lines within quotes, and takes the later of two", () => {
    expect(read("B='1\n2'\nC=1\nC=2\n")).toEqual(["1 B=1\n2", "4 C=2"]);
  });

  it.each([
    ["A='x\n", { line: 1, text: "the quote ' is not closed" }],
    ["\nA B=1\n", { line: 2, text: 'the name of a variable has no spaces: "A B"' }],
    ["A$=1", { line: 1, text: 'character "$" does not belong into the name of a variable' }],
    ["A=${N:?why}", { line: 1, text: "variable N is required: why" }],
    ["A=${", { line: 1, text: "a variable is written $NAME or ${NAME}, and a dollar $$" }],
  ])("refuses %j", (text, problem) => {
    expect(read(text)).toEqual(problem);
  });

  it("bounds what variables make of it", () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `V${i + 1}=$V${i}$V${i}`);
    expect(read(`V0=${"x".repeat(64)}\n${doubling.join("\n")}`)).toMatchObject({ line: expect.any(Number) });
  });
});

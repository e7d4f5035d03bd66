import { describe, expect, it } from "vitest";
import { parseYaml, replaceScalars } from "../../../src/yaml/index.ts";

describe("replaceScalars", () => {
  it("touches nothing but the scalars, and keeps their quotes where they fit", () => {
    const text = `# top
labels: # of web
    plain: ALLOW tcp/80   # why
    single: 'x y'
    double: "q"
    folded: >-
      two
      lines
    flow: {f: one, g: [two, "three"]}
    none:
    alias: &it shared
    again: *it
list:
  - k=v # item
  - 'l=w'
# end
`;
    const edit = (value: string, ...path: (string | number)[]) => ({ path, value });
    expect(
      replaceScalars(text, [
        edit("l=it's", "list", 1),
        edit("allow tcp/80 from a, b", "labels", "plain"),
        edit("a b", "labels", "single"),
        edit('say "hi"', "labels", "double"),
        edit("one: line #x", "labels", "folded"),
        edit("a, b", "labels", "flow", "f"),
        edit("x", "labels", "flow", "g", 1),
        edit("new", "labels", "none"),
        edit("true", "labels", "again"),
        edit("k=allow tcp/80", "list", 0),
      ]),
    ).toBe(`# top
labels: # of web
    plain: allow tcp/80 from a, b   # why
    single: 'a b'
    double: "say \\"hi\\""
    folded: 'one: line #x'
    flow: {f: 'a, b', g: [two, "x"]}
    none: new
    alias: &it 'true'
    again: *it
list:
  - k=allow tcp/80 # item
  - 'l=it''s'
# end
`);
  });

  it.each([
    "",
    " ",
    "~",
    "1",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "a\nb",
    "\t",
    "\u0085\u2028",
    "'",
    '"',
    "*a",
    "&a",
    "!a",
    "@",
    "%",
    "{",
    "[",
    "a,b",
    "é",
    "\\",
  ])("writes %j so that it reads the same, in block and in flow", (value) => {
    const block = replaceScalars("a: x\nb: y # c\n", [{ path: ["a"], value }]);
    expect(parseYaml(block, "").value()).toEqual({ a: value, b: "y" });
    const flow = replaceScalars("[x, {k: y}]\n", [
      { path: [0], value },
      { path: [1, "k"], value },
    ]);
    expect(parseYaml(flow, "").value()).toEqual([value, { k: value }]);
  });

  it("ends a block's line as it was ended", () => {
    const edit = { path: ["a"], value: "y" };
    expect(replaceScalars("a: >-\r\n  x\r\n  x\r\nb: z\r\n", [edit])).toBe("a: y\r\nb: z\r\n");
    expect(replaceScalars("a: |\n  x\nb: z\n", [edit])).toBe("a: y\nb: z\n");
  });

  it("replaces in the document that is meant", () => {
    const text = "a: x\n---\na: y\n";
    expect(replaceScalars(text, [{ path: ["a"], value: "1st" }])).toBe("a: 1st\n---\na: y\n");
    expect(replaceScalars(text, [{ document: 1, path: ["a"], value: "2nd" }])).toBe("a: x\n---\na: 2nd\n");
  });

  it("refuses what has no place, or two values for one", () => {
    expect(() => replaceScalars("a: {}", [{ path: ["a"], value: "x" }])).toThrow("no scalar at a");
    expect(() => replaceScalars("a: 1", [{ path: ["b"], value: "x" }])).toThrow("no scalar at b");
    expect(() =>
      replaceScalars("a: &x 1\nb: *x", [
        { path: ["a"], value: "1" },
        { path: ["b"], value: "2" },
      ]),
    ).toThrow("b and a are one scalar");
    expect(() => replaceScalars("a: [", [])).toThrow(expect.objectContaining({ code: "E160" }));
  });
});

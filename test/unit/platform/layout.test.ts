import { describe, expect, it } from "vitest";
import { DROP_REASONS } from "../../../src/model/drop-reason.ts";
import {
  ABI_VERSION,
  checkLayouts,
  checkReasons,
  checkVersion,
} from "../../../src/platform/native/check-abi.ts";
import { layout, u16, u32 } from "../../../src/platform/native/layout.ts";
import { LAYOUTS } from "../../../src/platform/native/layouts.ts";
import { NativeLibrary } from "../../../src/platform/native/library.ts";
import { lacksNativeLibrary } from "../../skip.ts";

/** What `hyp_layouts` would say of our own tables. */
function told(layouts: typeof LAYOUTS): string {
  const lines = layouts.flatMap(({ struct, bytes, fields }) => [
    `${struct} * 0 ${bytes}`,
    ...Object.entries(fields).map(([name, f]) => `${struct}.${name} ${f.offset} ${f.width * f.count}`),
  ]);
  return `${lines.join("\n")}\n`;
}

describe("layout tables", () => {
  it("keep fields inside their struct, aligned and apart", () => {
    for (const { struct, bytes, fields } of LAYOUTS) {
      const taken = new Set<number>();
      for (const [name, { offset, width, count }] of Object.entries(fields)) {
        expect(offset % width, `${struct}.${name}`).toBe(0);
        for (let at = offset; at < offset + width * count; at++) {
          expect(at, `${struct}.${name}`).toBeLessThan(bytes);
          expect(taken.has(at), `${struct}.${name}`).toBe(false);
          taken.add(at);
        }
      }
    }
  });
});

describe("the check at load", () => {
  const ours = [layout("hyp_thing", 8, { first: u32(0), second: u16(4) })];

  it("accepts what is the same, and more than ours", () => {
    expect(() => checkLayouts(`${told(ours)}hyp_other * 0 4\n`, ours)).not.toThrow();
  });

  it.each([
    ["another size", "hyp_thing * 0 12\nhyp_thing.first 0 4\nhyp_thing.second 4 2\n", "*"],
    ["another offset", "hyp_thing * 0 8\nhyp_thing.first 0 4\nhyp_thing.second 6 2\n", "second"],
    ["another width", "hyp_thing * 0 8\nhyp_thing.first 0 2\nhyp_thing.second 4 2\n", "first"],
    ["a missing field", "hyp_thing * 0 8\nhyp_thing.first 0 4\n", "second"],
    ["nothing at all", "", "*"],
  ])("refuses %s", (_, text, field) => {
    expect(() => checkLayouts(text, ours)).toThrow(
      expect.objectContaining({ code: "E504", details: { struct: "hyp_thing", field } }),
    );
  });

  it("refuses another version", () => {
    expect(() => checkVersion(2)).toThrow(
      expect.objectContaining({ code: "E503", details: { found: 2, needed: 3 } }),
    );
  });

  it("refuses other drop reasons, fewer and more", () => {
    const names = DROP_REASONS.map(([name]) => name as string);
    expect(() => checkReasons(`${names.join("\n")}\n`)).not.toThrow();
    const swapped = [names[1], names[0], ...names.slice(2)];
    for (const wrong of [names.slice(0, -1), [...names, "LATER"], swapped]) {
      expect(() => checkReasons(wrong.join("\n"))).toThrow(expect.objectContaining({ code: "E504" }));
    }
  });

  it("says where a library is that cannot be loaded", () => {
    expect(() => NativeLibrary.load("/nonexistent/libhyperion.so")).toThrow(
      expect.objectContaining({
        code: "E505",
        message: expect.stringContaining("/nonexistent/libhyperion.so"),
      }),
    );
  });
});

describe.skipIf(lacksNativeLibrary())("the built library", () => {
  it("lays out every struct as TypeScript does", () => {
    const library = NativeLibrary.load();
    const text = library.now("hyp_layouts") as string;
    // Not only ours in theirs, which the load checks: also theirs in ours, reserved fields aside.
    const theirs = text.split("\n").filter((line) => line !== "" && !/\.reserved\d* /.test(line));
    expect(theirs.toSorted()).toEqual(told(LAYOUTS).trim().split("\n").toSorted());
  });

  it("can be loaded more than once in a process", () => {
    NativeLibrary.load();
    expect(NativeLibrary.load().now("hyp_abi_version")).toBe(ABI_VERSION);
  });
});

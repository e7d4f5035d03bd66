import { describe, expect, it } from "vitest";
import { Interner } from "../../../src/base/interner.ts";

describe("Interner", () => {
  it("gives the same value for a key while every round asks for it", () => {
    const interner = new Interner<object>();
    const first = interner.get("a", () => ({}));
    expect(interner.get("a", () => ({}))).toBe(first);
    interner.sweep();
    expect(interner.get("a", () => ({}))).toBe(first);
  });

  it("forgets what a round did not ask for, and says so once", () => {
    const interner = new Interner<string>();
    interner.get("a", () => "a");
    interner.get("b", () => "b");
    expect(interner.sweep()).toEqual([]);
    interner.get("b", () => "other");
    expect(interner.sweep()).toEqual(["a"]);
    expect(interner.sweep()).toEqual(["b"]);
    expect(interner.get("a", () => "new")).toBe("new");
  });
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store, StoreOperation } from "../../src/platform/store/store.ts";

/** How the suite gets at an implementation. */
export interface StoreBench {
  /** A store on what earlier stores of this bench left behind; at first, nothing. */
  open(): Promise<Store>;
  /** Removes everything. */
  discard(): Promise<void>;
}

const put = (
  key: string,
  value: StoreOperation extends infer O ? (O extends { value: infer V } ? V : never) : never,
) => ({ verb: "put", key, value }) as const;
const remove = (key: string) => ({ verb: "delete", key }) as const;

/** What every implementation of {@link Store} promises. */
export function describeStore(name: string, makeBench: () => Promise<StoreBench>): void {
  describe(name, () => {
    let bench: StoreBench;
    let store: Store;

    beforeEach(async () => {
      bench = await makeBench();
      store = await bench.open();
    });
    afterEach(async () => {
      await store.close();
      await bench.discard();
    });

    const version = async (key: string) => (await store.get(key))?.version ?? 0;
    const keys = async (prefix: string) => (await store.list(prefix)).map((entry) => entry.key);

    test("an absent key is undefined and its prefix lists nothing", async () => {
      expect(await store.get("a")).toBeUndefined();
      expect(await store.list("")).toEqual([]);
    });

    test.each([null, true, 0, -1.5, "", "ü🐳", [], {}, { a: [1, { b: null }], __proto__x: "y" }])(
      "gives back %j as it was put",
      async (value) => {
        expect(await store.transaction([], [put("k", value)])).toBe(true);
        expect(await store.get("k")).toEqual({ key: "k", value, version: expect.any(Number) });
      },
    );

    test("keeps its own copy of a value", async () => {
      const value = { list: [1] };
      const written = store.transaction([], [put("k", value)]);
      value.list.push(2);
      await written;
      const read = (await store.get("k"))?.value as { list: number[] };
      expect(read).toEqual({ list: [1] });
      read.list.push(3);
      expect((await store.get("k"))?.value).toEqual({ list: [1] });
    });

    test("versions grow with every write, also across a deletion", async () => {
      const seen: number[] = [];
      for (const operation of [put("k", 1), put("k", 1), remove("k"), put("k", 2)]) {
        await store.transaction([], [operation]);
        seen.push(await version("k"));
      }
      const [first = 0, second = 0, deleted, last = 0] = seen;
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(first);
      expect(deleted).toBe(0);
      expect(last).toBeGreaterThan(second);
    });

    test("the version of a key stays when another key is written", async () => {
      await store.transaction([], [put("a", 1)]);
      const before = await version("a");
      await store.transaction([], [put("b", 1)]);
      expect(await version("a")).toBe(before);
    });

    test("applies all operations when every comparison holds", async () => {
      await store.transaction([], [put("a", 1), put("b", 1)]);
      const compares = [
        { key: "a", version: await version("a") },
        { key: "c", version: 0 },
      ];
      expect(await store.transaction(compares, [put("a", 2), remove("b"), put("c", 3)])).toBe(true);
      expect((await store.list("")).map(({ key, value }) => [key, value])).toEqual([
        ["a", 2],
        ["c", 3],
      ]);
    });

    test("changes nothing when one comparison does not hold", async () => {
      await store.transaction([], [put("a", 1), put("b", 1)]);
      const before = await store.list("");
      const operations = [put("a", 2), remove("b"), put("c", 3)];
      const good = { key: "a", version: await version("a") };
      for (const bad of [
        { key: "a", version: good.version - 1 },
        { key: "a", version: 0 },
        { key: "zz", version: 1 },
      ]) {
        expect(await store.transaction([good, bad], operations)).toBe(false);
      }
      expect(await store.list("")).toEqual(before);
    });

    test("of many that race for one key, one wins", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.transaction([{ key: "k", version: 0 }], [put("k", i)])),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect((await store.get("k"))?.value).toBe(outcomes.indexOf(true));
    });

    test("transactions take effect in the order they were started", async () => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.transaction([], [put("k", i)])));
      expect((await store.get("k"))?.value).toBe(49);
    });

    test("within a transaction the last operation on a key counts", async () => {
      await store.transaction(
        [],
        [put("a", 1), put("a", 2), put("b", 1), remove("b"), remove("c"), put("c", 1)],
      );
      expect((await store.list("")).map(({ key, value }) => [key, value])).toEqual([
        ["a", 2],
        ["c", 1],
      ]);
    });

    test("lists the keys under a prefix, and only those, by their bytes", async () => {
      const all = ["a", "a/", "a/1", "a/10", "a/2", "a/ü", "a/🐳", "a/\uffee", "a0", "b/1"];
      await store.transaction(
        [],
        [...all].reverse().map((key) => put(key, null)),
      );
      expect(await keys("a/")).toEqual(["a/", "a/1", "a/10", "a/2", "a/ü", "a/\uffee", "a/🐳"]);
      expect(await keys("a/1")).toEqual(["a/1", "a/10"]);
      expect(await keys("a/ü")).toEqual(["a/ü"]);
      expect(await keys("c")).toEqual([]);
      expect(await keys("")).toEqual([
        "a",
        "a/",
        "a/1",
        "a/10",
        "a/2",
        "a/ü",
        "a/\uffee",
        "a/🐳",
        "a0",
        "b/1",
      ]);
    });

    test("deleting an absent key is fine, and so is a transaction of nothing", async () => {
      expect(await store.transaction([], [remove("a")])).toBe(true);
      expect(await store.transaction([], [])).toBe(true);
      expect(await store.transaction([{ key: "a", version: 1 }], [])).toBe(false);
    });

    test("takes keys of 512 bytes and refuses what it cannot hold", async () => {
      const longest = "ü".repeat(256);
      await store.transaction([], [put(longest, 1)]);
      expect(await keys(longest)).toEqual([longest]);
      for (const bad of [`${longest}x`, "", "\ud800"]) {
        await expect(store.transaction([], [put("fine", 1), put(bad, 1)])).rejects.toMatchObject({
          code: "E709",
        });
        await expect(store.get(bad)).rejects.toMatchObject({ code: "E709" });
      }
      expect(await store.get("fine")).toBeUndefined();
    });

    test("holds ten thousand entries and values of a megabyte", async () => {
      const operations = Array.from({ length: 10_000 }, (_, i) => put(`n/${String(i).padStart(5, "0")}`, i));
      await store.transaction([], [...operations, put("big", "x".repeat(1 << 20))]);
      const listed = await store.list("n/");
      expect(listed.map(({ value }) => value)).toEqual(operations.map(({ value }) => value));
      expect((await store.get("big"))?.value).toHaveLength(1 << 20);
    });

    test("what was written is there after closing and opening, versions included", async () => {
      await store.transaction([], [put("a", 1), put("b", 2)]);
      await store.transaction([], [remove("b"), put("a", 3)]);
      const before = await store.list("");
      await store.close();
      store = await bench.open();
      expect(await store.list("")).toEqual(before);
      const old = await version("a");
      await store.transaction([{ key: "a", version: old }], [put("a", 4)]);
      expect(await version("a")).toBeGreaterThan(old);
    });

    test("close waits for what is under way, and everything later rejects", async () => {
      const written = Array.from({ length: 5 }, (_, i) => store.transaction([], [put(`k${i}`, i)]));
      await store.close();
      expect(await Promise.all(written)).toEqual([true, true, true, true, true]);
      await store.close();
      const closed = { code: "E709", details: { reason: "it is closed" } };
      await expect(store.get("k0")).rejects.toMatchObject(closed);
      await expect(store.list("")).rejects.toMatchObject(closed);
      await expect(store.transaction([], [])).rejects.toMatchObject(closed);
      store = await bench.open();
      expect(await keys("k")).toHaveLength(5);
    });
  });
}

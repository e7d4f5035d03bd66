import { beforeEach, describe, expect, it } from "vitest";
import {
  POLICIES_MAX,
  PolicyBook,
  type PolicyContent,
  REMOVED_MAX,
  VERSIONS_KEPT,
} from "../../../src/admin/policy-book.ts";
import { HyperionError } from "../../../src/model/errors.ts";
import { MemoryDisk, MemoryStore } from "../../../src/platform/store/memory/store.ts";
import { FaultyStore } from "../../faults/faulty-store.ts";

let disk: MemoryDisk;
let store: FaultyStore;
let book: PolicyBook;
let nowMs: number;

beforeEach(async () => {
  disk = new MemoryDisk();
  nowMs = 0;
  await restart();
});

async function restart(): Promise<void> {
  store = new FaultyStore(new MemoryStore(disk));
  book = await PolicyBook.open(store, () => ++nowMs);
}

const says = (ingress: string, name = "no-telnet"): PolicyContent => ({
  tier: "admin",
  rules: [{ name, applies: "containers", ingress }],
});

const fails = (code: string) => expect.objectContaining({ code });

async function versionsOf(name: string): Promise<readonly number[]> {
  return (await book.versions(name)).map(({ version }) => version);
}

describe("the policy book", () => {
  it("counts versions, and keeps policies and versions over a restart", async () => {
    const first = await book.put("base", says("deny tcp/23"), 0);
    expect(first).toEqual({ name: "base", version: 1, appliedAtMs: 1, ...says("deny tcp/23") });
    const second = await book.put("base", says("deny tcp/23 log"), 1);
    expect([second.version, book.version("base"), book.policies.get("base")]).toEqual([2, 2, second]);
    await restart();
    expect(book.policies).toEqual(new Map([["base", second]]));
    expect((await book.versions("base")).map(({ policy }) => policy)).toEqual([second, first]);
  });

  it("leaves a policy that says the same as it is", async () => {
    const first = await book.put("base", says("deny tcp/23"), 0);
    const { transactions } = store;
    expect(await book.put("base", says("deny tcp/23"), 1)).toBe(first);
    expect([book.version("base"), store.transactions]).toEqual([1, transactions]);
  });

  it("refuses a change to another version than was looked at", async () => {
    await book.put("base", says("deny tcp/23"), 0);
    await expect(book.put("base", says("deny tcp/24"), 0)).rejects.toEqual(fails("E172"));
    await expect(book.remove("base", 0)).rejects.toEqual(fails("E172"));
    await expect(book.remove("other", 0)).rejects.toEqual(fails("E173"));
    expect(book.version("base")).toBe(1);
  });

  it("lets one of two that look at the same version through", async () => {
    const outcomes = await Promise.allSettled([
      book.put("base", says("deny tcp/1"), 0),
      book.put("base", says("deny tcp/2"), 0),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "E172" } });
    expect(book.policies.get("base")?.rules[0]?.ingress).toBe("deny tcp/1");
  });

  it("goes on counting after a removal, which is a version", async () => {
    await book.put("base", says("deny tcp/23"), 0);
    await book.remove("base", 1);
    expect([book.policies.size, book.version("base")]).toEqual([0, 2]);
    await restart();
    expect([book.policies.size, book.version("base")]).toEqual([0, 2]);
    await expect(book.put("base", says("deny tcp/23"), 0)).rejects.toEqual(fails("E172"));
    expect((await book.put("base", says("deny tcp/23"), 2)).version).toBe(3);
    expect((await book.versions("base")).map(({ policy }) => policy?.version)).toEqual([3, undefined, 1]);
  });

  it("keeps so many versions", async () => {
    for (let n = 0; n < VERSIONS_KEPT + 5; n++) await book.put("base", says(`deny tcp/${n + 1}`), n);
    const kept = await versionsOf("base");
    expect([kept[0], kept.length, kept.at(-1)]).toEqual([VERSIONS_KEPT + 5, VERSIONS_KEPT, 6]);
    expect([...disk.rows.keys()].length).toBeLessThan(VERSIONS_KEPT + 5);
  });

  it("keeps so many removed ones, forgetting the first", async () => {
    for (let n = 0; n <= REMOVED_MAX; n++) {
      await book.put(`p${n}`, says("deny tcp/23"), 0);
      await book.remove(`p${n}`, 1);
    }
    expect([book.version("p0"), book.version("p1")]).toEqual([0, 2]);
    expect([...disk.rows.keys()].filter((key) => key.includes("/p0"))).toEqual([]);
    await restart();
    expect([book.version("p0"), book.version("p1")]).toEqual([0, 2]);
  });

  it("has room for so many policies", async () => {
    const all = Array.from(
      { length: POLICIES_MAX },
      (_, n) => [`p${n}`, says("deny tcp/23", `r${n}`)] as const,
    );
    await book.putAll(new Map(all));
    await expect(book.put("more", says("deny tcp/23"), 0)).rejects.toEqual(fails("E174"));
    expect(await book.putAll(new Map(all.slice(0, 1)))).toEqual([]);
  });

  it("refuses a rule's name that another policy of the tier has", async () => {
    await book.put("base", says("deny tcp/23"), 0);
    await expect(book.put("more", says("deny tcp/24"), 0)).rejects.toEqual(fails("E171"));
    await book.put("low", { ...says("deny tcp/24"), tier: "baseline" }, 0);
    // Together it is what they will say that counts.
    await book.putAll(
      new Map([
        ["base", says("deny tcp/23", "other")],
        ["more", says("deny tcp/24")],
      ]),
    );
    expect([...book.policies.keys()].sort()).toEqual(["base", "low", "more"]);
  });

  it("refuses to open on a record that makes no sense", async () => {
    for (const value of [7, { name: "a" }, { name: "a", version: 1, changedAtMs: 0, content: {} }]) {
      await new MemoryStore(disk).transaction([], [{ verb: "put", key: "policies/a", value }]);
      await expect(PolicyBook.open(new MemoryStore(disk), () => 0)).rejects.toEqual(fails("E709"));
    }
  });
});

describe("the policy book on a store that refuses", () => {
  it.each(["nothing", "everything"] as const)("changes nothing when the store kept %s", async (leaves) => {
    const first = await book.put("base", says("deny tcp/23"), 0);
    store.failNth(1, leaves);
    await expect(book.put("base", says("deny tcp/24"), 1)).rejects.toBeInstanceOf(HyperionError);
    store.failNth(1, leaves);
    await expect(book.remove("base", 1)).rejects.toEqual(fails("E709"));
    store.failNth(1, leaves);
    await expect(book.put("new", says("deny tcp/24", "fresh"), 0)).rejects.toEqual(fails("E709"));
    expect([book.policies.get("base"), book.policies.size, book.version("base")]).toEqual([first, 1, 1]);

    // The next write that is taken puts the disk right, whatever it had got.
    await book.put("other", says("deny tcp/1", "other"), 0);
    await restart();
    expect([book.policies.get("base"), book.version("base")]).toEqual([first, 1]);
    expect(await versionsOf("base")).toEqual([1]);
    expect(await versionsOf("new")).toEqual([]);
    expect([...book.policies.keys()].sort()).toEqual(["base", "other"]);
  });

  it("takes the same change when it is tried again", async () => {
    store.failNth(1, "everything");
    await expect(book.put("base", says("deny tcp/23"), 0)).rejects.toEqual(fails("E709"));
    expect((await book.put("base", says("deny tcp/23"), 0)).version).toBe(1);
    await restart();
    expect(await versionsOf("base")).toEqual([1]);
  });
});

import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LmdbStore } from "../../src/platform/store/lmdb/store.ts";
import { describeStore } from "./store.ts";

const makeDirectory = () => mkdtemp(join(tmpdir(), "hyperion-store-"));
const removeDirectory = (path: string) => rm(path, { recursive: true, force: true });

describeStore("LmdbStore", async () => {
  const directory = await makeDirectory();
  return { open: () => LmdbStore.open(directory), discard: () => removeDirectory(directory) };
});

const isRoot = process.geteuid?.() === 0;
const child = (name: string) => join(import.meta.dirname, "children", name);

describe("LmdbStore on a bad day", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await makeDirectory();
  });
  afterEach(() => removeDirectory(directory));

  test("keeps every acknowledged write through kill -9", async () => {
    const path = join(directory, "state");
    const acknowledged: string[] = [];
    for (let round = 0; round < 5; round++) {
      const writer = spawn(process.execPath, [child("write-forever.ts"), path, `r${round}`], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const wanted = acknowledged.length + 40 + 30 * round;
      const ended = new Promise((resolve) => writer.once("exit", resolve));
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged.push(line);
        if (acknowledged.length === wanted) writer.kill("SIGKILL");
      }
      await ended;
      expect(writer.signalCode).toBe("SIGKILL");
      const store = await LmdbStore.open(path);
      const entries = new Map((await store.list("")).map(({ key, value }) => [key, value]));
      await store.close();
      for (const key of acknowledged) expect(entries.get(key)).toEqual({ key, twin: `${key}/twin` });
      // Each transaction writes two keys: there must be no half of one.
      for (const key of entries.keys()) {
        if (!key.endsWith("/twin")) expect(entries.has(`${key}/twin`)).toBe(true);
      }
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  });

  test("shares one commit between transactions that arrive together", async () => {
    const store = await LmdbStore.open(directory);
    await Promise.all(
      Array.from({ length: 64 }, (_, i) => store.transaction([], [{ verb: "put", key: `k${i}`, value: i }])),
    );
    // The version is the number of the commit: the first goes alone, the rest wait for it together.
    const commits = new Set((await store.list("k")).map(({ version }) => version));
    expect(commits.size).toBeLessThanOrEqual(2);
    await store.close();
  });

  test("makes the directory and lets nobody else read the file", async () => {
    const path = join(directory, "a", "b");
    const store = await LmdbStore.open(path);
    await store.close();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, "hyperion.mdb"))).mode & 0o777).toBe(0o600);
    expect((await readdir(path)).sort()).toEqual(["hyperion.mdb", "hyperion.mdb-lock"]);
  });

  test("says what is wrong with a directory that is a file", async () => {
    const path = join(directory, "file");
    await writeFile(path, "");
    await expect(LmdbStore.open(path)).rejects.toMatchObject({ code: "E705" });
  });

  test.each([
    ["text", (path: string) => writeFile(path, "x".repeat(20_000))],
    ["zeros", (path: string) => writeFile(path, Buffer.alloc(20_000))],
    ["a cut store", (path: string) => truncate(path, 4100)],
  ])("refuses a file of %s, and leaves it alone", async (_, spoil) => {
    await (await LmdbStore.open(directory)).close();
    const path = join(directory, "hyperion.mdb");
    await spoil(path);
    const before = await readFile(path);
    await expect(LmdbStore.open(directory)).rejects.toMatchObject({ code: "E705" });
    expect(before.equals(await readFile(path))).toBe(true);
  });

  test("takes an empty file for a new store", async () => {
    await writeFile(join(directory, "hyperion.mdb"), "");
    await (await LmdbStore.open(directory)).close();
  });

  /** Runs a script of `children/` in a mount namespace of its own, where `mount` has mounted the directory. */
  const inMount = (mount: string, script: string) =>
    execFileSync(
      "unshare",
      ["-m", "bash", "-c", `${mount} && exec "$0" "$@"`, process.execPath, child(script), directory],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );

  describe.skipIf(!isRoot)("in a mount namespace (needs root)", () => {
    test("a read-only directory is E705 with the reason", () => {
      const output = inMount('mount -t tmpfs -o ro none "$2"', "open-store.ts");
      expect(output).toContain("E705");
      expect(output).toContain("read-only file system");
    });

    test("a full directory is E705 before anything is mapped", () => {
      const output = inMount('mount -t tmpfs -o size=16k none "$2"', "open-store.ts");
      expect(output).toContain("E705");
      expect(output).toContain("no space left on device");
    });

    test("a disk that fills up fails writes, keeps what is there, and works again when there is room", () => {
      const output = inMount('mount -t tmpfs -o size=1m none "$2"', "fill-store.ts");
      expect(JSON.parse(output)).toEqual({
        message: "the state store failed to write: no space left on device",
        kept: true,
        readable: true,
        afterwards: true,
      });
    });
  });

  // Root may write anywhere; for root the read-only mount above stands for this.
  test.skipIf(isRoot)("a directory without permission is E705", async () => {
    const path = join(directory, "state");
    await mkdir(path, { mode: 0o500 });
    await expect(LmdbStore.open(path)).rejects.toMatchObject({ code: "E705" });
  });
});

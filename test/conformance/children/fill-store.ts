import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LmdbStore } from "../../../src/platform/store/lmdb/store.ts";

/** Writes until the file system is full, looks at what is left, makes room, and writes again. */
const [, , directory = ""] = process.argv;
const ballast = join(directory, "ballast");
const value = "x".repeat(10_000);

let store = await LmdbStore.open(directory);
writeFileSync(ballast, Buffer.alloc(300 * 1024));
let written = 0;
let message = "";
while (message === "" && written < 1000) {
  try {
    await store.transaction([], [{ verb: "put", key: `k/${written}`, value }]);
    written++;
  } catch (error) {
    message = (error as Error).message;
  }
}
// Nothing less than all of them may be refused together: each of a group is tried alone.
await Promise.allSettled(
  [0, 1, 2].map((i) => store.transaction([], [{ verb: "put", key: `g/${i}`, value }])),
);
const readable = (await store.list("k/")).length === written;

rmSync(ballast);
const afterwards = await store.transaction([], [{ verb: "put", key: "room", value: 1 }]);
await store.close();
store = await LmdbStore.open(directory);
const kept = (await store.list("k/")).length === written && written > 0;
await store.close();
console.log(JSON.stringify({ message, kept, readable, afterwards }));

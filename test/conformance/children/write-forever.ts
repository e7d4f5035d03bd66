import { LmdbStore } from "../../../src/platform/store/lmdb/store.ts";

/** Writes pairs of keys, several transactions at once, and prints each first key once it is acknowledged. */
const [, , directory = "", label = ""] = process.argv;
const store = await LmdbStore.open(directory);

async function write(lane: number): Promise<never> {
  for (let i = 0; ; i++) {
    const key = `${label}/${lane}/${i}`;
    await store.transaction(
      [{ key, version: 0 }],
      [
        { verb: "put", key: `${key}/twin`, value: null },
        { verb: "put", key, value: { key, twin: `${key}/twin` } },
      ],
    );
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all([write(0), write(1), write(2)]);

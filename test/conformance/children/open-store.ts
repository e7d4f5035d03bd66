import { LmdbStore } from "../../../src/platform/store/lmdb/store.ts";

/** Opens a store in the directory that is named and prints how that went. */
const [, , directory = ""] = process.argv;
try {
  await (await LmdbStore.open(directory)).close();
  console.log("opened");
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(code, message);
}

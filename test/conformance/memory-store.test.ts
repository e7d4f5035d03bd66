import { MemoryDisk, MemoryStore } from "../../src/platform/store/memory/store.ts";
import { describeStore } from "./store.ts";

describeStore("MemoryStore", async () => {
  const disk = new MemoryDisk();
  return { open: async () => new MemoryStore(disk), discard: async () => {} };
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskFiles } from "../../../src/cli/compose-files.ts";
import { FILE_SIZE_MAX_BYTES } from "../../../src/compose/index.ts";

async function* input(...chunks: readonly Uint8Array[]) {
  yield* chunks;
}

describe("DiskFiles", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hyperion-files-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("reads files, and knows when there is none", async () => {
    await writeFile(join(directory, "a"), "é\n");
    await mkdir(join(directory, "d"));
    const files = new DiskFiles(directory, input());
    expect(await files.read(join(directory, "a"))).toBe("é\n");
    expect(await files.read(join(directory, "b"))).toBeUndefined();
    expect(await files.read(join(directory, "a", "b"))).toBeUndefined();
    expect(await files.read(join(directory, "d"))).toBeUndefined();
  });

  it("reads standard input, letters cut in two as well", async () => {
    const bytes = new TextEncoder().encode("é");
    expect(await new DiskFiles(directory, input(bytes.slice(0, 1), bytes.slice(1))).read("-")).toBe("é");
  });

  it("refuses what is too large or is no text", async () => {
    const path = join(directory, "a");
    const files = new DiskFiles(directory, input());
    await writeFile(path, new Uint8Array(FILE_SIZE_MAX_BYTES).fill(32));
    expect(await files.read(path)).toHaveLength(FILE_SIZE_MAX_BYTES);
    await writeFile(path, new Uint8Array(FILE_SIZE_MAX_BYTES + 1).fill(32));
    await expect(files.read(path)).rejects.toThrow(`it is larger than ${FILE_SIZE_MAX_BYTES} bytes`);
    await expect(files.read("/dev/zero")).rejects.toThrow("it is larger than");
    await writeFile(path, new Uint8Array([0xc3, 0x28]));
    await expect(files.read(path)).rejects.toThrow("it is not UTF-8 text");
  });
});

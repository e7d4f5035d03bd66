import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), "../../../src");

/** The doors: a port file each, which the engine may import, and implementations, which it may not. */
const PORTS = [
  "platform/dataplane/dataplane.ts",
  "platform/host/host.ts",
  "platform/docker/docker.ts",
  "platform/store/store.ts",
];
const WORDS = ["model", "base"];
const PURE = [...WORDS, "protocol", "policy", "pipeline"];

/** Room → what it may import of ours: rooms, or single files. The order is that of the house, top to bottom. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  base: ["model"],
  config: WORDS,
  yaml: WORDS,
  compose: [...WORDS, "yaml"],
  protocol: WORDS,
  policy: WORDS,
  offline: [...WORDS, "yaml", "compose", "policy"],
  pipeline: [...WORDS, "policy"],
  ipam: [...PURE, ...PORTS],
  identity: [...PURE, ...PORTS],
  reconcile: [...PURE, ...PORTS],
  driver: [...PURE, ...PORTS, "reconcile", "identity", "ipam"],
  admin: [...PURE, ...PORTS, "reconcile", "yaml"],
  observe: [...PURE, ...PORTS],
  platform: [...WORDS, "platform"],
  server: [...PURE, "observe", "admin"],
  playground: [...PURE, "config"],
};

/** Each library lives in one room. */
const LIBRARY_ROOM: Readonly<Record<string, readonly string[]>> = {
  express: ["server"],
  koffi: ["platform/native"],
  dockerode: ["platform/docker/dockerode"],
  lmdb: ["platform/store/lmdb"],
  zod: ["protocol", "config"],
  "ip-cidr": ["model"],
  debug: ["observe"],
  yaml: ["yaml"],
  ajv: ["compose"],
};

const NO_OUTSIDE_WORLD = ["model", "base", "yaml", "protocol", "policy", "offline", "pipeline"];
/** Reads files as its caller hands them to it, and does arithmetic with their names. */
const PATHS_ONLY = ["compose"];
/** Timers are base's business (deadline, backoff); the rest of the pure rooms has neither clock nor dice. */
const NO_CLOCK = ["model", "yaml", "protocol", "policy", "offline", "pipeline"];

/** Statements and calls, and not the word "from" in front of some text of ours. */
const IMPORT =
  /^(?:import|export) (?:type )?(?:(?:\{[^}]*\}|\*(?: as \w+)?|\w+(?:, \{[^}]*\})?) from )?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(): readonly Source[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => {
      const text = readFileSync(join(SRC, path), "utf8");
      const imports = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? "");
      return { path, text, imports };
    });
}

const roomOf = (path: string) => path.split("/")[0] ?? "";
const isIn = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

function ours(source: Source): readonly string[] {
  return source.imports
    .filter((name) => name.startsWith("."))
    .map((name) => relative(SRC, resolve(SRC, dirname(source.path), name)));
}

describe("the house", () => {
  const all = sources();

  it("has the rooms that the rules name, and no others", () => {
    const rooms = new Set(all.map(({ path }) => roomOf(path)).filter((room) => !room.endsWith(".ts")));
    expect([...rooms].sort()).toEqual([...Object.keys(MAY_IMPORT), "cli"].sort());
  });

  it("imports one way", () => {
    const wrong = all.flatMap((source) => {
      const allowed = MAY_IMPORT[roomOf(source.path)];
      if (allowed === undefined) return [];
      return ours(source)
        .filter((target) => roomOf(target) !== roomOf(source.path))
        .filter((target) => !allowed.some((place) => isIn(target, place)))
        .map((target) => `${source.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("keeps the doors' implementations apart", () => {
    const wrong = all
      .filter(({ path }) => roomOf(path) === "platform")
      .flatMap((source) => {
        const door = source.path.split("/").slice(0, 2).join("/");
        return ours(source)
          .filter((target) => roomOf(target) === "platform")
          .filter(
            (target) => !isIn(target, door) && !isIn(target, "platform/native") && !PORTS.includes(target),
          )
          .map((target) => `${source.path} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  it("has each library in one room", () => {
    const wrong = all.flatMap((source) =>
      source.imports
        .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
        .filter((name) => !(LIBRARY_ROOM[name] ?? []).some((room) => isIn(source.path, room)))
        .map((name) => `${source.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps the outside world out of the pure rooms", () => {
    const wrong = all
      .filter(({ path }) => NO_OUTSIDE_WORLD.includes(roomOf(path)))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => name.startsWith("node:")).map((name) => `${path}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it("keeps the disk out of the compose room", () => {
    const wrong = all
      .filter(({ path }) => PATHS_ONLY.includes(roomOf(path)))
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => name.startsWith("node:") && name !== "node:path")
          .map((name) => `${path}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it("keeps clocks and dice out of the pure rooms", () => {
    const wrong = all
      .filter(({ path }) => NO_CLOCK.includes(roomOf(path)))
      .filter(({ text }) => /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|\bsetTimeout\(|\bawait\b/.test(text))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it("has no attic", () => {
    const attics = all.filter(({ path }) => /(^|\/)(utils?|helpers?|common|misc|lib)(\/|\.ts$)/.test(path));
    expect(attics.map(({ path }) => path)).toEqual([]);
  });

  it("has no file over 500 lines", () => {
    const long = all.filter(({ text }) => text.split("\n").length > 500);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { parseDotenv } from "../../../src/compose/dotenv.ts";
import { loadProject } from "../../../src/compose/index.ts";
import { fillTemplate } from "../../../src/compose/template.ts";
import { MemoryFiles } from "../../unit/compose/memory-files.ts";
import { projectOurs } from "../../unit/compose/projection.ts";

type Service = Readonly<Record<string, unknown>>;

/** Text that is no variable, and that JSON and YAML write in the same way. */
const word = fc.stringMatching(/^[a-z0-9.=:/ _-]{0,12}$/);
const key = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/);
const labels = fc.dictionary(key, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)));
const service: fc.Arbitrary<Service> = fc.record(
  {
    image: fc.constantFrom("x", "y:1"),
    labels,
    networks: fc.uniqueArray(fc.constantFrom("n", "m", "default")),
    ports: fc.uniqueArray(fc.constantFrom("80", "8080:80", "127.0.0.1:81:81/udp", "3000-3002:3000-3002")),
    dns: fc.uniqueArray(fc.constantFrom("1.1.1.1", "8.8.8.8")),
  },
  { requiredKeys: ["image"] },
);
const services = fc.dictionary(fc.constantFrom("a", "b", "c"), service, { minKeys: 1 });
const NETWORKS = { n: { driver: "hyperion" }, m: null };

async function read(...models: readonly unknown[]) {
  const files = models.map((model, i) => [`/p/${i}.yaml`, JSON.stringify(model)] as const);
  const source = { files: files.map(([path]) => path), env: {} };
  return projectOurs(await loadProject(source, new MemoryFiles("/p", Object.fromEntries(files))));
}

const shuffled = (value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, part]) => [name, shuffled(part)]),
      );

it("reads the same whatever the order of keys", async () => {
  await fc.assert(
    fc.asyncProperty(services, async (model) => {
      const project = { services: model, networks: NETWORKS };
      expect(await read(shuffled(project))).toEqual(await read(project));
    }),
    { numRuns: 100 },
  );
});

it("reads a project the same when a file says nothing new, says it again, or is split", async () => {
  await fc.assert(
    fc.asyncProperty(services, async (model) => {
      const project = { services: model, networks: NETWORKS };
      const whole = await read(project);
      expect(await read(project, {})).toEqual(whole);
      expect(await read(project, project)).toEqual(whole);
      const names = Object.keys(model);
      const part = (from: number, to?: number) =>
        Object.fromEntries(names.slice(from, to).map((name) => [name, model[name]]));
      expect(await read({ services: part(0, 1), networks: NETWORKS }, { services: part(1) })).toEqual(whole);
    }),
    { numRuns: 100 },
  );
});

it("lets the labels of a later file win, by key", async () => {
  await fc.assert(
    fc.asyncProperty(labels, labels, fc.boolean(), async (below, above, isList) => {
      const printed = (entries: Readonly<Record<string, unknown>>) =>
        Object.fromEntries(
          Object.entries(entries).map(([name, value]) => [name, value === null ? "" : String(value)]),
        );
      const written = isList
        ? Object.entries(printed(above)).map(([name, value]) => `${name}=${value}`)
        : above;
      const project = await read(
        { services: { a: { image: "x", labels: below } } },
        { services: { a: { labels: written } } },
      );
      expect(project.services.a?.labels).toEqual({ ...printed(below), ...printed(above) });
    }),
    { numRuns: 200 },
  );
});

it("gives a service what it extends, as if it were in a file below", async () => {
  await fc.assert(
    fc.asyncProperty(service, service, async (base, own) => {
      const extending = await read({
        services: { base, a: { ...own, extends: "base" } },
        networks: NETWORKS,
      });
      const merged = await read(
        { services: { base, a: base }, networks: NETWORKS },
        { services: { a: own } },
      );
      expect(extending).toEqual(merged);
    }),
    { numRuns: 100 },
  );
});

it("takes every text as it is when its dollars are doubled", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const template = text.replaceAll("$", () => "$$");
      expect(fillTemplate(template, () => "other")).toEqual({ text, unset: [] });
    }),
    { numRuns: 1_000 },
  );
});

it("reads every value between single quotes of an env file as it is", () => {
  const value = fc.string({ unit: "binary" }).filter((text) => !/['\\]/.test(text));
  fc.assert(
    fc.property(value, value, (first, second) => {
      const settings = parseDotenv(`A='${first}'\nB='${second}' # c\n`, () => "other");
      expect(settings instanceof Map && [settings.get("A")?.value, settings.get("B")?.value]).toEqual([
        first,
        second,
      ]);
    }),
    { numRuns: 1_000 },
  );
});

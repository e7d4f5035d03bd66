import { describe, expect, it } from "vitest";
import { checkAssertions, readAssertions, readFlows } from "../../../src/offline/index.ts";
import { inputOf } from "./projects.ts";

describe("a file of assertions", () => {
  const SHOP = `
name: shop
services: { web: { image: x }, db: { image: x, labels: { hyperion.ingress.sql: "allow tcp/5432 from service:web" } } }
networks: { default: { driver: hyperion } }
`;

  it("is checked line by line", async () => {
    const { population } = (await inputOf([SHOP])).offline;
    const read = readAssertions("- allow: web -> db tcp/5432\n- allow: web -> db tcp/22\n", "a.yaml");
    expect(checkAssertions(population, read).map(({ holds, place }) => [holds, place.line])).toEqual([
      [true, 1],
      [false, 2],
    ]);
    const strange = readAssertions("- deny: web -> dbb tcp/5432\n", "a.yaml");
    expect(() => checkAssertions(population, strange)).toThrow(
      'a.yaml:1:3: there is no service "dbb"; did you mean db?',
    );
  });

  it.each([
    ["", "a.yaml:1:1: expected a list of assertions"],
    ["[]", "a.yaml:1:1: expected a list of assertions"],
    ["allow: web -> db tcp/1", "a.yaml:1:1: expected a list of assertions"],
    ["- allow: web -> db tcp/1\n- web -> db", 'a.yaml:2:3: expected "allow: FROM -> TO PROBE"'],
    ["- [", "a.yaml:"],
  ])("refuses %j", (text, message) => {
    expect(() => readAssertions(text, "a.yaml")).toThrow(message);
  });
});

describe("a file of flows", () => {
  const FLOW = {
    owner: { container: "shop-db-1", project: "shop", service: "db", groups: [] },
    direction: "ingress",
    peer: { address: "203.0.113.7", host: false },
    protocol: "tcp",
    port: 5432,
    packets: 3,
  };

  it("is a list, a document with one, or lines; what else a flow says is passed over", () => {
    const more = { ...FLOW, firstSeenMs: 1 };
    for (const text of [
      JSON.stringify([more, more]),
      JSON.stringify({ flows: [more, more] }, null, 2),
      `${JSON.stringify(more)}\n${JSON.stringify(more)}\n`,
    ]) {
      expect(readFlows(text, "f")).toEqual([FLOW, FLOW]);
    }
    expect(readFlows("[]", "f")).toEqual([]);
    expect(readFlows("", "f")).toEqual([]);
  });

  it.each([
    ["direction", "in", "direction: expected"],
    ["protocol", "gre", "protocol: expected one of tcp"],
    ["port", 65536, "port: expected"],
    ["port", "80", "port: expected"],
    ["packets", -1, "packets: expected"],
    ["peer", { address: "nowhere", host: false }, "peer: expected"],
    ["peer", 3, "peer: expected"],
    ["owner", { container: 3 }, "owner: expected"],
  ])("refuses %s %j", (key, value, message) => {
    expect(() => readFlows(JSON.stringify([FLOW, { ...FLOW, [key]: value }]), "f.json")).toThrow(
      `f.json: flow 2: ${message}`,
    );
  });

  it.each(["{", "3", '{"a":1}'])("refuses %j", (text) => {
    expect(() => readFlows(text, "f.json")).toThrow("f.json: ");
  });
});

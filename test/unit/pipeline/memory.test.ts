import { describe, expect, it } from "vitest";
import type { EndpointFacts } from "../../../src/model/facts.ts";
import { Compiler, type Desired } from "../../../src/pipeline/index.ts";
import { container, endpoint, facts, network, numbering, SETTINGS } from "./facts.ts";

const NET = network("net");
const OTHER = network("other", {}, 2);
const DB = endpoint(1, NET, container("db", { "hyperion.ingress.sql": "allow tcp/5432 from group:app" }));
const CACHE = endpoint(2, OTHER, container("cache", { "hyperion.ingress.c": "allow tcp/1 from group:app" }));
const APP = { "hyperion.group": "app" };
const WEB = endpoint(3, NET, container("web"));
const BEFORE = facts([NET, OTHER], [DB, CACHE, WEB]);

/** Names of the groups that are not the same arrays as before. */
function changed(before: Desired, after: Desired): readonly string[] {
  const names = new Set([...before.groups.keys(), ...after.groups.keys()]);
  return [...names].filter((name) => before.groups.get(name) !== after.groups.get(name)).sort();
}

function both(after: ReturnType<typeof facts>): readonly string[] {
  const compiler = new Compiler(SETTINGS);
  const numbers = numbering();
  return changed(compiler.compile(BEFORE, numbers), compiler.compile(after, numbers));
}

describe("what a change touches", () => {
  it("is nothing where nothing changed, even in new maps", () => {
    expect(both(facts([NET, OTHER], [WEB, DB, CACHE]))).toEqual([]);
  });

  it("is the newcomer and the policy sets that single it out, on its network", () => {
    const api = endpoint(4, NET, container("api", APP));
    // db's set is number 1; cache has rules for api too, but lives elsewhere.
    expect(both(facts([NET, OTHER], [DB, CACHE, WEB, api]))).toEqual(["endpoint:e4", "policy:1"]);
  });

  it("is the newcomer alone where nobody singles it out", () => {
    const web = endpoint(4, NET, container("web-2"));
    expect(both(facts([NET, OTHER], [DB, CACHE, WEB, web]))).toEqual(["endpoint:e4"]);
  });

  it("is who left, and the policy set that nobody else has", () => {
    expect(both(facts([NET, OTHER], [DB, CACHE]))).toEqual(["endpoint:e3", "policy:3"]);
  });

  it("is a network whose options changed, and its endpoints only where they change with it", () => {
    const loud = { ...NET, options: { ...NET.options, multicast: true } };
    expect(both(facts([loud, OTHER], [DB, CACHE, WEB]))).toEqual(["network:net"]);
    const closed = { ...OTHER, options: { ...OTHER.options, posture: "default-deny-egress" as const } };
    expect(both(facts([NET, closed], [DB, CACHE, WEB]))).toEqual([
      "endpoint:e2",
      "network:other",
      "policy:2",
      "policy:4",
    ]);
  });

  it("is an endpoint whose container is found", () => {
    const waiting = { ...WEB, container: undefined };
    const compiler = new Compiler(SETTINGS);
    const numbers = numbering();
    const before = compiler.compile(facts([NET], [DB, waiting]), numbers);
    const after = compiler.compile(facts([NET], [DB, WEB]), numbers);
    expect(changed(before, after)).toEqual(["endpoint:e3", "policy:2", "policy:3"]);
  });
});

describe("what is remembered", () => {
  it("does not outlive its use: a number given up and given to others is asked for again", () => {
    let next = 1;
    const numbers = { identity: () => next++, policy: () => next++ };
    const compiler = new Compiler(SETTINGS);
    const first = compiler.compile(facts([NET], [WEB]), numbers);
    compiler.compile(facts([NET], []), numbers);
    const second = compiler.compile(facts([NET], [WEB]), numbers);
    expect([...second.endpoints.values()][0]?.identity).not.toBe([...first.endpoints.values()][0]?.identity);
  });

  it("does not outlive its use: a policy set goes although its endpoint's identity stays", () => {
    let next = 1;
    const numbers = { identity: () => next++, policy: () => next++ };
    const compiler = new Compiler(SETTINGS);
    const twin = endpoint(4, NET, container("web-2", { "hyperion.egress.x": "deny" }));
    const policyOf = (endpoints: readonly EndpointFacts[]) =>
      compiler.compile(facts([NET], endpoints), numbers).endpoints.get(WEB.id)?.policy;
    const first = policyOf([WEB, twin]);
    policyOf([twin]);
    expect(policyOf([WEB, twin])).not.toBe(first);
  });

  it("is dropped when the numbering throws: the numbers may be given to others", () => {
    const compiler = new Compiler(SETTINGS);
    const failing = {
      ...numbering(),
      policy: () => {
        throw new Error("exhausted");
      },
    };
    expect(() => compiler.compile(BEFORE, failing)).toThrow("exhausted");
    const numbers = { identity: () => 1000, policy: () => 1000 };
    const after = compiler.compile(facts([NET], [WEB]), numbers);
    expect([...after.endpoints.values()][0]).toMatchObject({ identity: 1000, policy: 1000 });
  });
});

import { describe, expect, it } from "vitest";
import { subjectOf } from "../../../src/policy/index.ts";

const SELF = { groups: ["web"], identity: new Map([["tier", "front"]]) };

const NAME = "shop-web-1";

describe("subjectOf", () => {
  it("reads compose's labels", () => {
    const labels = { "com.docker.compose.project": "shop", "com.docker.compose.service": "web" };
    expect(subjectOf(NAME, labels, SELF, [])).toEqual({
      project: "shop",
      service: "web",
      swarmService: undefined,
      containerName: "shop-web-1",
      groups: new Set(["web"]),
      labels: new Map([["tier", "front"]]),
    });
  });

  it("knows a stack's service by its short and its long name", () => {
    const labels = { "com.docker.stack.namespace": "shop", "com.docker.swarm.service.name": "shop_web" };
    const found = subjectOf(NAME, labels, SELF, []);
    expect(found).toMatchObject({ project: "shop", service: "web", swarmService: "shop_web" });
  });

  it("knows a service without a stack by its one name", () => {
    const found = subjectOf(NAME, { "com.docker.swarm.service.name": "shop_web" }, SELF, []);
    expect(found).toMatchObject({ project: undefined, service: "shop_web", swarmService: "shop_web" });
  });

  it("takes an empty place for none", () => {
    const labels = { "com.docker.compose.project": "", "com.docker.compose.service": "" };
    expect(subjectOf(NAME, labels, SELF, [])).toMatchObject({ project: undefined, service: undefined });
  });

  it("takes further identity labels only when told to, and Hyperion's own before them", () => {
    const labels = { app: "shop", tier: "back", role: "x" };
    expect([...subjectOf(NAME, labels, SELF, ["app", "tier", "none"]).labels]).toEqual([
      ["app", "shop"],
      ["tier", "front"],
    ]);
  });

  it("takes an identity label that is there and says nothing, as `--label app` sets it", () => {
    const found = subjectOf(NAME, { app: "" }, { groups: [], identity: new Map() }, ["app", "role"]);
    expect([...found.labels]).toEqual([["app", ""]]);
  });

  it("is not confused by labels named like what every object has", () => {
    expect(subjectOf(NAME, {}, SELF, ["constructor", "__proto__"]).labels.size).toBe(1);
  });

  it("needs no container", () => {
    const found = subjectOf(undefined, {}, SELF, ["app"]);
    expect(found).toMatchObject({ containerName: undefined, project: undefined, groups: new Set(["web"]) });
  });
});

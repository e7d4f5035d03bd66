import { describe, expect, it } from "vitest";
import { matches, parseRule, peerKey } from "../../../src/policy/index.ts";
import { subject } from "./subjects.ts";

const OWNER = subject({ project: "shop", service: "web", groups: new Set(["front"]) });

const REMOTES = {
  unknown: undefined,
  stranger: subject({}),
  twin: subject({ project: "shop", service: "web" }),
  api: subject({
    project: "shop",
    service: "api",
    containerName: "shop-api-1",
    groups: new Set(["app", "x"]),
  }),
  otherApi: subject({ project: "blog", service: "api", labels: new Map([["env", "dev"]]) }),
  swarm: subject({
    project: "shop",
    service: "db",
    swarmService: "shop_db",
    labels: new Map([["env", "prod"]]),
  }),
};
type Name = keyof typeof REMOTES;
const CONTAINERS: readonly Name[] = ["stranger", "twin", "api", "otherApi", "swarm"];

const without = (...names: readonly Name[]) => CONTAINERS.filter((name) => !names.includes(name));

function peerOf(text: string) {
  const { rule, fault } = parseRule(`allow from ${text}`, "ingress");
  if (rule === undefined) throw new Error(fault.text);
  return rule.peer;
}

describe("matches", () => {
  it.each<[string, readonly Name[]]>([
    ["any", ["unknown", ...CONTAINERS]],
    ["containers", CONTAINERS],
    ["world", []],
    ["host", []],
    ["10.0.0.0/8", []],
    ["10.0.0.1", []],
    ["!10.0.0.0/8", []],
    ["!world", []],
    ["project", ["twin", "api", "swarm"]],
    ["!project", ["stranger", "otherApi"]],
    ["service", ["twin"]],
    ["service:api", ["api"]],
    ["service:blog/api", ["otherApi"]],
    ["service:db", ["swarm"]],
    ["service:shop_db", ["swarm"]],
    ["service:shop/shop_db", ["swarm"]],
    ["project:blog", ["otherApi"]],
    ["group:app", ["api"]],
    ["!group:app", without("api")],
    ["container:shop-api-1", ["api"]],
    ["has(env)", ["otherApi", "swarm"]],
    ["!has(env)", ["stranger", "twin", "api"]],
    ["env=dev", ["otherApi"]],
    ["env!=dev", without("otherApi")],
    ["!env=dev", without("otherApi")],
    ["env in(dev,prod)", ["otherApi", "swarm"]],
    ["env in(none)", []],
    ["project & !service:web", ["api", "swarm"]],
    ["any & group:app", ["api"]],
    ["service:api, service:blog/api", ["api", "otherApi"]],
    ["group:app, any", ["unknown", ...CONTAINERS]],
  ])("%s", (text, expected) => {
    const peer = peerOf(text);
    const found = Object.entries(REMOTES).filter(([, remote]) => matches(peer, OWNER, remote));
    expect(found.map(([name]) => name).sort()).toEqual([...expected].sort());
  });

  it("matches anyone when there is no peer", () => {
    expect(matches([], OWNER, undefined)).toBe(true);
  });

  it("knows no project and no service of an owner that has none", () => {
    for (const text of ["project", "service"]) {
      expect(matches(peerOf(text), subject({}), subject({}))).toBe(false);
    }
  });
});

describe("peerKey", () => {
  it("tells owners apart only where the peer speaks of them", () => {
    const other = subject({ project: "blog", service: "web" });
    expect(peerKey(peerOf("service:api"), OWNER)).not.toBe(peerKey(peerOf("service:api"), other));
    expect(peerKey(peerOf("service:shop/api"), OWNER)).toBe(peerKey(peerOf("service:shop/api"), other));
    const sibling = subject({ project: "shop", service: "api" });
    expect(peerKey(peerOf("project"), OWNER)).toBe(peerKey(peerOf("project"), sibling));
    expect(peerKey(peerOf("service"), OWNER)).not.toBe(peerKey(peerOf("service"), sibling));
  });
});

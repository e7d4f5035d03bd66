import { describe, expect, it } from "vitest";
import { parseIp } from "../../../src/model/ip.ts";
import { parsePrefix } from "../../../src/model/prefix.ts";
import { matches, type Outside, outsideAt, parseRule, peerKey } from "../../../src/policy/index.ts";
import { subject } from "./subjects.ts";

const OWNER = subject({ project: "shop", service: "web", groups: new Set(["front"]) });

const HOST = new Set(["192.0.2.1", "10.1.2.1", "fd00::1"].map(parseIp));
const at = (address: string): Outside => outsideAt(parseIp(address), HOST);

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
  internet: at("203.0.113.9"),
  ten: at("10.1.2.3"),
  six: at("fd00::9"),
  host: at("192.0.2.1"),
  hostTen: at("10.1.2.1"),
  hostSix: at("fd00::1"),
};
type Name = keyof typeof REMOTES;
const WORLD: readonly Name[] = ["internet", "ten", "six"];
const HOSTS: readonly Name[] = ["host", "hostTen", "hostSix"];
const OUTSIDE: readonly Name[] = [...WORLD, ...HOSTS];
const CONTAINERS: readonly Name[] = ["stranger", "twin", "api", "otherApi", "swarm"];

const without = (...names: readonly Name[]) => CONTAINERS.filter((name) => !names.includes(name));

function peerOf(text: string) {
  const { rule, fault } = parseRule(`allow from ${text}`, "ingress");
  if (rule === undefined) throw new Error(fault.text);
  return rule.peer;
}

describe("matches", () => {
  it.each<[string, readonly Name[]]>([
    ["any", ["unknown", ...CONTAINERS, ...OUTSIDE]],
    ["containers", CONTAINERS],
    ["world", WORLD],
    ["host", HOSTS],
    ["!world", HOSTS],
    ["!host", WORLD],
    ["10.0.0.0/8", ["ten", "hostTen"]],
    ["10.1.2.3", ["ten"]],
    ["10.1.2.3/32", ["ten"]],
    ["10.1.2.1", ["hostTen"]],
    ["!10.0.0.0/8", ["internet", "six", "host", "hostSix"]],
    ["!10.1.2.3", OUTSIDE.filter((name) => name !== "ten")],
    ["fd00::/8", ["six", "hostSix"]],
    ["0.0.0.0/0", ["internet", "ten", "host", "hostTen"]],
    ["::/0", ["six", "hostSix"]],
    ["world & 10.0.0.0/8", ["ten"]],
    ["host & !10.0.0.0/8", ["host", "hostSix"]],
    ["any & world", WORLD],
    ["group:app, host", ["api", ...HOSTS]],
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
    ["group:app, any", ["unknown", ...CONTAINERS, ...OUTSIDE]],
  ])("%s", (text, expected) => {
    const peer = peerOf(text);
    const found = Object.entries(REMOTES).filter(([, remote]) => matches(peer, OWNER, remote));
    expect(found.map(([name]) => name).sort()).toEqual([...expected].sort());
  });

  it("matches anyone when there is no peer", () => {
    expect(matches([], OWNER, undefined)).toBe(true);
  });

  it("asks of many addresses at once whether all of them are meant", () => {
    const ten = { prefix: parsePrefix("10.0.0.0/8"), host: false };
    expect(matches(peerOf("0.0.0.0/0"), OWNER, ten)).toBe(true);
    expect(matches(peerOf("10.0.0.0/8"), OWNER, ten)).toBe(true);
    expect(matches(peerOf("10.1.0.0/16"), OWNER, ten)).toBe(false);
    expect(matches(peerOf("10.0.0.0"), OWNER, ten)).toBe(false);
  });

  it("knows no project and no service of an owner that has none", () => {
    for (const text of ["project", "service"]) {
      expect(matches(peerOf(text), subject({}), subject({}))).toBe(false);
    }
    // A Swarm service outside any stack has a name and no project; an admin policy may ask for it on anybody.
    const loose = subject({ service: "web", swarmService: "web" });
    expect(matches(peerOf("service:web"), subject({}), loose)).toBe(false);
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

import { describe, expect, it } from "vitest";
import { type SeenAddress, type SeenContainer, type SeenFlow, suggest } from "../../../src/policy/index.ts";

const seen = (name: string, groups: readonly string[] = []): SeenContainer => {
  const [project = null, service = null] = name.includes("/") ? name.split("/") : [];
  return { container: service === null ? name : `${project}-${service}-1`, project, service, groups };
};
const at = (address: string, host = false): SeenAddress => ({ address, host });

function flow(
  owner: string,
  direction: SeenFlow["direction"],
  peer: SeenFlow["peer"],
  probe: string,
): SeenFlow {
  const [protocol = "", port = "0"] = probe.split("/");
  return {
    owner: seen(owner),
    direction,
    peer,
    protocol: protocol as SeenFlow["protocol"],
    port: Number(port),
    packets: 1,
  };
}

const into = (peer: SeenFlow["peer"], probe: string) => flow("shop/db", "ingress", peer, probe);
const labels = (...flows: SeenFlow[]) => suggest(flows)[0]?.labels;

describe("suggest", () => {
  it("allows what was seen, and closes the rest", () => {
    expect(suggest([into(seen("shop/api"), "tcp/5432")])).toEqual([
      {
        on: "shop/db",
        labels: {
          "hyperion.policy": "default-deny",
          "hyperion.ingress.api": "allow tcp/5432 from service:api",
        },
        notes: [],
      },
    ]);
  });

  it("merges ports of one peer, and peers of the same ports", () => {
    expect(
      labels(
        into(seen("shop/api"), "tcp/7000"),
        into(seen("shop/api"), "tcp/7001"),
        into(seen("shop/api"), "tcp/80"),
        into(seen("shop/web"), "tcp/80"),
        into(seen("shop/web"), "tcp/7001"),
        into(seen("shop/web"), "tcp/7000"),
        into(seen("shop/web"), "tcp/80"),
        into(seen("shop/ops"), "icmp/2048"),
      ),
    ).toEqual({
      "hyperion.policy": "default-deny",
      "hyperion.ingress.tcp": "allow tcp/80,7000-7001 from service:api, service:web",
      "hyperion.ingress.ops": "allow icmp/8 from service:ops",
    });
  });

  it("takes rules across peers where that needs fewer", () => {
    expect(
      labels(
        into(seen("shop/a"), "tcp/1"),
        into(seen("shop/b"), "tcp/1"),
        into(seen("shop/b"), "udp/2"),
        into(seen("shop/c"), "udp/2"),
      ),
    ).toEqual({
      "hyperion.policy": "default-deny",
      "hyperion.ingress.tcp-1": "allow tcp/1 from service:a, service:b",
      "hyperion.ingress.udp-2": "allow udp/2 from service:b, service:c",
    });
  });

  it("needs no rule for what others allow already", () => {
    const both = ["tcp/1", "udp/1"];
    const flows = [...both, "tcp/2"].map((probe) => into(seen("shop/api"), probe));
    flows.push(...[...both, "tcp/3"].map((probe) => into(seen("shop/web"), probe)));
    expect(labels(...flows)).toEqual({
      "hyperion.policy": "default-deny",
      "hyperion.ingress.api": "allow tcp/1-2,udp/1 from service:api",
      "hyperion.ingress.web": "allow tcp/1,3,udp/1 from service:web",
    });
  });

  it("names peers by service, else by group, else by name; what is outside by address", () => {
    expect(
      labels(
        into(seen("blog/api"), "tcp/1"),
        into(seen("tool", ["ops"]), "tcp/2"),
        into(seen("lone"), "tcp/3"),
        into(at("203.0.113.7"), "tcp/4"),
        into(at("192.0.2.1", true), "tcp/5"),
      ),
    ).toEqual({
      "hyperion.policy": "default-deny",
      "hyperion.ingress.203-0-113-7": "allow tcp/4 from 203.0.113.7",
      "hyperion.ingress.ops": "allow tcp/2 from group:ops",
      "hyperion.ingress.host": "allow tcp/5 from host",
      "hyperion.ingress.lone": "allow tcp/3 from container:lone",
      "hyperion.ingress.api": "allow tcp/1 from service:blog/api",
    });
  });

  it("takes many addresses for the world", () => {
    const crowd = [1, 2, 3, 4, 5].map((n) => into(at(`203.0.113.${n}`), "tcp/443"));
    expect(labels(...crowd)).toMatchObject({ "hyperion.ingress.world": "allow tcp/443 from world" });
    expect(suggest(crowd)[0]?.notes).toEqual([
      "ingress: 5 addresses were seen of one protocol and port; the rule for it means all of the world",
    ]);
    expect(labels(...crowd.slice(1))).toMatchObject({
      "hyperion.ingress.tcp-443": "allow tcp/443 from 203.0.113.2, 203.0.113.3, 203.0.113.4, 203.0.113.5",
    });
  });

  it("keeps directions and services apart, and does not depend on the order", () => {
    const flows = [
      into(seen("shop/api"), "tcp/5432"),
      flow("shop/api", "egress", seen("shop/db"), "tcp/5432"),
      flow("shop/api", "egress", at("203.0.113.53"), "udp/53"),
      flow("tool", "egress", seen("shop/api"), "tcp/80"),
    ];
    const all = suggest(flows);
    expect(all.map(({ on }) => on)).toEqual(["shop/api", "shop/db", "tool"]);
    expect(all[0]?.labels).toEqual({
      "hyperion.policy": "default-deny",
      "hyperion.egress.203-0-113-53": "allow udp/53 to 203.0.113.53",
      "hyperion.egress.db": "allow tcp/5432 to service:db",
    });
    expect(all[2]?.labels).toMatchObject({ "hyperion.egress.api": "allow tcp/80 to service:shop/api" });
    expect(suggest(flows.toReversed())).toEqual(all);
  });

  it("says what rules have no name for", () => {
    const [only] = suggest([into(seen("shop/api"), "other/0"), into(seen("shop/api"), "tcp/80")]);
    expect(only?.labels).toMatchObject({ "hyperion.ingress.api": "allow from service:api" });
    expect(only?.notes).toHaveLength(1);
  });

  it("allows nobody whose name is lost, and says so", () => {
    const nobody = { container: null, project: null, service: null, groups: [] };
    const [only] = suggest([into(nobody, "tcp/80")]);
    expect(only?.labels).toEqual({ "hyperion.policy": "default-deny" });
    expect(only?.notes).toEqual([
      "ingress: a container was seen that has no name any more; no rule allows it",
    ]);
  });
});

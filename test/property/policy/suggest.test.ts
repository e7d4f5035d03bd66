import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerId } from "../../../src/model/ids.ts";
import { parseIp } from "../../../src/model/ip.ts";
import {
  decide,
  outsideAt,
  type Remote,
  readPolicy,
  type SeenAddress,
  type SeenContainer,
  type SeenFlow,
  suggest,
} from "../../../src/policy/index.ts";
import { TRUST } from "../../unit/policy/subjects.ts";

const service = (project: string, name: string): SeenContainer => ({
  container: `${project}-${name}-1`,
  project,
  service: name,
  groups: [],
});
const OWNER = service("shop", "db");

const peers: fc.Arbitrary<SeenContainer | SeenAddress> = fc.oneof(
  fc.constantFrom(service("shop", "web"), service("shop", "api"), service("blog", "web")),
  fc.constantFrom<SeenContainer>(
    { container: "tool", project: null, service: null, groups: ["ops", "dev"] },
    { container: "lone", project: null, service: null, groups: [] },
  ),
  fc.constantFrom("203.0.113.1", "203.0.113.2", "2001:db8::1").map((address) => ({ address, host: false })),
  fc.constant({ address: "192.0.2.1", host: true }),
);

const flow: fc.Arbitrary<SeenFlow> = fc.record({
  owner: fc.constant(OWNER),
  direction: fc.constantFrom("ingress", "egress"),
  peer: peers,
  protocol: fc.constantFrom("tcp", "udp", "sctp"),
  port: fc.integer({ min: 1, max: 8 }),
  packets: fc.constant(1),
});

function remoteOf(peer: SeenContainer | SeenAddress): Remote {
  if ("address" in peer) {
    const address = parseIp(peer.address);
    return outsideAt(address, new Set(peer.host ? [address] : []));
  }
  return read(peer, peer.groups.length > 0 ? { "hyperion.group": peer.groups.join(",") } : {}).subject;
}

function read(one: SeenContainer, labels: Readonly<Record<string, string>>) {
  const place =
    one.project === null || one.service === null
      ? {}
      : {
          "com.docker.compose.project": one.project,
          "com.docker.compose.service": one.service,
          "com.docker.compose.config-hash": "x",
        };
  const name = one.container ?? "";
  const facts = { id: name as ContainerId, name, labels: { ...labels, ...place }, inherited: [] };
  return readPolicy({}, facts, TRUST, []);
}

describe("suggestions", () => {
  it("allow what was seen and nothing else", () => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 25 }), flow, (flows, other) => {
        const [suggestion] = suggest(flows);
        const { policy, subject, problems } = read(OWNER, suggestion?.labels ?? {});
        expect(problems).toEqual([]);
        const owner = {
          policy,
          subject,
          network: { name: "n", compose: undefined, posture: undefined },
          defaultPosture: "default-allow",
        } as const;
        const verdict = ({ direction, peer, protocol, port }: SeenFlow) =>
          decide(owner, direction, remoteOf(peer), { protocol, port }).verdict;
        for (const seen of flows) expect(verdict(seen)).toBe("allow");
        const key = ({ direction, peer, protocol, port }: SeenFlow) =>
          JSON.stringify([direction, peer, protocol, port]);
        const wasSeen = flows.some((seen) => key(seen) === key(other));
        expect(verdict(other)).toBe(wasSeen ? "allow" : "deny");
      }),
      { numRuns: 300 },
    );
  });

  it("need no more rules than there are peers", () => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 25 }), (flows) => {
        const rules = Object.keys(suggest(flows)[0]?.labels ?? {}).length - 1;
        const pairs = new Set(flows.map(({ direction, peer }) => JSON.stringify([direction, peer])));
        expect(rules).toBeLessThanOrEqual(pairs.size);
      }),
      { numRuns: 300 },
    );
  });
});

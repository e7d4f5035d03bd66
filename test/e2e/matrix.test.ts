import { beforeAll, describe, expect, it } from "vitest";
import { OUTSIDE } from "../../src/playground/outside.ts";
import type { MatrixDocument, MatrixVerdict } from "../../src/policy/index.ts";
import { lacksEngine, useBed } from "./bed.ts";
import { disagreements, hyperion, projectFile, type Station, startProjects } from "./projects.ts";

const PROJECTS = ["meadow", "vault", "harbour", "forest", "market", "castle"];
const POLICIES = ["guard", "courtesy"].map((name) => projectFile(`policies/${name}.yaml`));
const PROBES = ["tcp/80", "tcp/22", "tcp/5432", "udp/53", "icmp"];
const EXTERNALS = [OUTSIDE.partner.ipv4, OUTSIDE.stranger.ipv4, OUTSIDE.partner.ipv6];

describe.skipIf(lacksEngine())("six projects of three tiers with three services each", () => {
  const bed = useBed({ outside: true });
  let stations: readonly Station[];
  let verdicts: readonly MatrixVerdict[];

  beforeAll(async () => {
    await bed().docker("network", "create", "-d", "hyperion", "commons");
    for (const policy of POLICIES) {
      const { status, stderr } = await bed().daemon.run("policy", "apply", policy, "--yes");
      expect(stderr).toBe("");
      expect(status).toBe(0);
    }
    stations = await startProjects(
      bed(),
      PROJECTS.map((name) => ({ name, files: [projectFile(`${name}/compose.yaml`)] })),
    );
    expect(stations).toHaveLength(54);
    // Docker itself lets in from outside only what is published: here all is, so that policy alone decides.
    await bed().sh("iptables -I DOCKER-USER -i out0 -j ACCEPT");
    await Promise.all([
      ...stations.map(({ prober }) => prober.echo("udp", 53)),
      ...EXTERNALS.map((address) => bed().outside.prober.echo("udp", 53, address)),
    ]);

    const words = [
      ...PROJECTS.flatMap((name) => ["--project", projectFile(`${name}/compose.yaml`)]),
      ...POLICIES.flatMap((policy) => ["--policy", policy]),
      ...PROBES.flatMap((probe) => ["--probe", probe]),
      ...EXTERNALS.flatMap((address) => ["--external", address]),
    ];
    const text = await hyperion(["policy", "matrix", ...words, "--format", "json"]);
    ({ verdicts } = JSON.parse(text) as MatrixDocument);
  });

  const isOutside = (name: string) => name.startsWith("world:");
  const key = ({ network, from, to, probe }: MatrixVerdict) => `${network}: ${from} -> ${to} ${probe}`;

  it("has an entry for each network, ordered pair on it and probe, and no other", () => {
    const members = new Map<string, string[]>();
    for (const { service, networks } of stations) {
      for (const network of Object.keys(networks)) {
        members.set(network, [...(members.get(network) ?? []), service]);
      }
    }
    const wayOut = (network: string) => !["vault_safe", "harbour_dry", "market_court"].includes(network);
    const expected = [...members].flatMap(([network, services]) => {
      const ends = [...services, ...(wayOut(network) ? EXTERNALS.map((address) => `world:${address}`) : [])];
      return ends.flatMap((from) =>
        ends
          .filter((to) => to !== from && !(isOutside(from) && isOutside(to)))
          .flatMap((to) => PROBES.map((probe) => `${network}: ${from} -> ${to} ${probe}`)),
      );
    });
    expect(verdicts.map(key).sort()).toEqual(expected.sort());
  });

  it("between containers, every verdict is what real connections find", async () => {
    const entries = verdicts.filter(({ from, to }) => !isOutside(from) && !isOutside(to));
    expect(entries.length).toBeGreaterThan(900);
    expect(await disagreements({ stations, outside: bed().outside.prober }, entries)).toEqual([]);
    // Nothing is proved by a table that says the same everywhere.
    for (const verdict of ["allow", "deny"]) {
      expect(entries.filter((entry) => entry.verdict === verdict).length).toBeGreaterThan(200);
    }
  });

  it("from and to the world, every verdict is what real connections find", async () => {
    // A container leaves by the first of its networks that has a way out: there the entry is about real packets.
    const gatewayOf = new Map(
      stations.map(({ service }) => [
        service,
        verdicts
          .filter(
            ({ from, to }) => (from === service && isOutside(to)) || (isOutside(from) && to === service),
          )
          .map(({ network }) => network)
          .sort()[0],
      ]),
    );
    const entries = verdicts.filter(({ from, to, network }) =>
      isOutside(from) ? gatewayOf.get(to) === network : isOutside(to) && gatewayOf.get(from) === network,
    );
    expect(entries.length).toBeGreaterThan(1_000);
    expect(await disagreements({ stations, outside: bed().outside.prober }, entries)).toEqual([]);
    for (const verdict of ["allow", "deny"]) {
      expect(entries.filter((entry) => entry.verdict === verdict).length).toBeGreaterThan(200);
    }
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { OUTSIDE } from "../../src/playground/outside.ts";
import type { MatrixDocument, MatrixVerdict } from "../../src/policy/index.ts";
import { IMAGE, lacksEngine, useBed } from "./bed.ts";
import { disagreements, hyperion, projectFile, type Station, startProjects } from "./projects.ts";

const PROJECTS = ["meadow", "vault", "harbour", "forest", "market", "castle"];
const POLICIES = ["guard", "courtesy"].map((name) => projectFile(`policies/${name}.yaml`));
/** Folder to what is asked of its services. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "web-shop": ["tcp/443", "tcp/8080", "tcp/5432", "udp/53"],
  "reverse-proxy": ["tcp/8080", "tcp/443", "tcp/25"],
  memcached: ["tcp/11211", "udp/11211"],
  worker: ["tcp/5672", "tcp/443", "udp/53"],
};
const PROBES = ["tcp/80", "tcp/22", "tcp/5432", "udp/53", "icmp"];
const EXTERNALS = [OUTSIDE.partner.ipv4, OUTSIDE.stranger.ipv4, OUTSIDE.partner.ipv6];

const isOutside = (name: string) => name.startsWith("world:");
const key = ({ network, from, to, probe }: MatrixVerdict) => `${network}: ${from} -> ${to} ${probe}`;

/**
 * Whether an entry with an address outside is about real packets: a container leaves by the first of its
 * networks that has a way out.
 */
function isOfWayOut(verdicts: readonly MatrixVerdict[]): (entry: MatrixVerdict) => boolean {
  const ways = new Map<string, string>();
  for (const { from, to, network } of verdicts) {
    if (isOutside(from) === isOutside(to)) continue;
    const service = isOutside(from) ? to : from;
    const known = ways.get(service);
    if (known === undefined || network < known) ways.set(service, network);
  }
  return ({ from, to, network }) =>
    isOutside(from) !== isOutside(to) && ways.get(isOutside(from) ? to : from) === network;
}

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
    const entries = verdicts.filter(isOfWayOut(verdicts));
    expect(entries.length).toBeGreaterThan(1_000);
    expect(await disagreements({ stations, outside: bed().outside.prober }, entries)).toEqual([]);
    for (const verdict of ["allow", "deny"]) {
      expect(entries.filter((entry) => entry.verdict === verdict).length).toBeGreaterThan(200);
    }
  });

  it("the examples are, too, with a busybox in place of their images", async () => {
    const examples = Object.keys(EXAMPLES).map((name) => {
      const file = fileURLToPath(new URL(`../../examples/${name}/compose.yaml`, import.meta.url));
      const { services } = parse(readFileSync(file, "utf8"), { merge: true }) as { services: object };
      const station = { image: IMAGE, command: "sleep 100000", init: true };
      const stations = Object.fromEntries(Object.keys(services).map((service) => [service, station]));
      const override = join(bed().engine.host.directory, `${name}.json`);
      writeFileSync(override, JSON.stringify({ services: stations }));
      return { name, files: [file, override] };
    });
    const started = await startProjects(bed(), examples);
    await Promise.all(started.flatMap(({ prober }) => [53, 11211].map((port) => prober.echo("udp", port))));
    await Promise.all(EXTERNALS.map((address) => bed().outside.prober.echo("udp", 11211, address)));
    for (const { name, files } of examples) {
      const words = [
        ...[...files.flatMap((file) => ["-f", file]), ...POLICIES.flatMap((policy) => ["--policy", policy])],
        ...(EXAMPLES[name] ?? []).flatMap((probe) => ["--probe", probe]),
        ...EXTERNALS.flatMap((address) => ["--external", address]),
      ];
      const text = await hyperion(["policy", "matrix", ...words, "--format", "json"]);
      const all = (JSON.parse(text) as MatrixDocument).verdicts;
      const inside = all.filter(({ from, to }) => !isOutside(from) && !isOutside(to));
      const entries = [...inside, ...all.filter(isOfWayOut(all))];
      expect(entries.length).toBeGreaterThan(5);
      expect(await disagreements({ stations: started, outside: bed().outside.prober }, entries)).toEqual([]);
    }
  });
});

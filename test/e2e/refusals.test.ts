import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reasonOf } from "../../src/model/errors.ts";
import { ComposeProject } from "../../src/playground/compose.ts";
import { IMAGE, lacksEngine, useBed } from "./bed.ts";
import { DATAPLANE } from "./dataplane.ts";

/** Code, label, and where its message points. */
const WRONG_LABELS: (readonly [string, string, string])[] = [
  ["E101", "hyperion.ingres.sql=allow any", 'did you mean "hyperion.ingress.sql"?'],
  ["E102", "hyperion.ingress.sql=allow tcp/5432 form group:api", "^^^^ expected"],
  ["E117", "hyperion.ingress.sql=allow tcp/70000", "^^^^^ "],
  ["E121", "hyperion.ingress.sql=allow tcp/5432 to world", "^^ "],
  ["E130", "hyperion.egress.api=allow tcp to grup:api", "^^^^ "],
  ["E131", "hyperion.ingress.sql=allow tcp/5432 from service:api", "^^^^^^^^^^^ "],
  ["E133", "hyperion.ingress.sql=allow tcp from 10.0.0.0/8&group:api", "^ "],
  ["E150", "hyperion.policy=closed", "^^^^^^ expected"],
];
if (DATAPLANE === "ebpf") WRONG_LABELS.push(["E510", "hyperion.offload=require", "^^^^^^^ "]);

describe.skipIf(lacksEngine())("what Hyperion refuses", () => {
  const bed = useBed();

  /** Neither endpoints nor devices nor addresses stay behind what was refused. */
  const expectNothingLeft = async () => {
    expect(await bed().daemon.endpoints()).toEqual([]);
    const { vfs } = await bed().daemon.query<{ readonly vfs: { readonly used: number } }>("status");
    expect(vfs.used).toBe(0);
  };

  const withNetwork = async (name: string, subnet: number, test: () => Promise<void>) => {
    await bed().network(name, subnet, "-o", "hyperion.gateway=none");
    try {
      await test();
      await expectNothingLeft();
    } finally {
      await bed().docker("network", "rm", name);
    }
  };

  const fails = async (...args: readonly string[]): Promise<string> => {
    const { status, stderr } = await bed().engine.tryDocker(args);
    expect(status, `docker ${args.join(" ")} went through`).not.toBe(0);
    return stderr;
  };

  it("an option that does not exist, listing those that do", async () => {
    const said = await fails(
      "network",
      "create",
      "-d",
      "hyperion",
      "--subnet",
      "10.55.0.0/24",
      "-o",
      "hyperion.mut=9000",
      "x",
    );
    expect(said).toContain("hyperion.mut");
    expect(said).toContain("hyperion.mtu");
    expect(await bed().docker("network", "ls", "--filter", "driver=hyperion", "-q")).toBe("");
    expect(await bed().daemon.query("networks")).toEqual([]);
  });

  it("an option's value that is none", async () => {
    for (const [option, word] of [
      ["hyperion.mtu=12", "hyperion.mtu"],
      ["hyperion.gateway=maybe", "docker"],
      ["hyperion.policy=closed", "default-deny"],
      ["hyperion.multicast=7", "hyperion.multicast"],
    ] as const) {
      const said = await fails(
        "network",
        "create",
        "-d",
        "hyperion",
        "--subnet",
        "10.55.0.0/24",
        "-o",
        option,
        "x",
      );
      expect(said).toContain(word);
    }
    expect(await bed().daemon.query("networks")).toEqual([]);
  });

  it("a subnet that overlaps another network's", async () => {
    await bed().network("first", 56);
    const said = await fails("network", "create", "-d", "hyperion", "--subnet", "10.56.0.0/25", "second");
    expect(said).toMatch(/overlap/i);
    await bed().docker("network", "rm", "first");
  });

  it.each(WRONG_LABELS)("a container whose label is wrong (%s): %s", async (code, label, pointer) => {
    await withNetwork("labels", 57, async () => {
      const said = await fails(
        "run",
        "--name",
        "wrong",
        "--network",
        "labels",
        "--label",
        label,
        IMAGE,
        "true",
      );
      const [key = "", value = ""] = label.split(/=(.*)/s);
      const refused = (await bed().events("protocol.refused")).at(-1);
      expect(refused).toMatchObject({ code });
      const text = String(refused?.message).replace(/^NetworkDriver\.Join: /, "");
      expect(said).toContain(text);
      expect(text).toMatch(new RegExp(`^${code} wrong: label ${key}\\n  `));
      expect(text).toContain(pointer);
      if (code !== "E101") expect(text.split("\n")[1]).toBe(`  ${value}`);
      expect(await bed().docker("inspect", "--format", "{{.State.Running}}", "wrong")).toBe("false");
      await bed().docker("rm", "wrong");
    });
  });

  it.runIf(DATAPLANE !== "ebpf")("nothing of a container that requires the NIC there is", async () => {
    await withNetwork("labels", 57, async () => {
      const label = ["--label", "hyperion.offload=require"];
      await bed().docker("run", "--rm", "--network", "labels", ...label, IMAGE, "true");
    });
  });

  it("a rule that the labels and the driver_opts both have, and driver_opts that are wrong", async () => {
    const attach = (...options: readonly string[]) =>
      fails(
        ...["run", "--rm", "--name", "wrong", "--label", "hyperion.ingress.sql=allow tcp/5432"],
        ...[
          "--network",
          ["name=labels", ...options.map((each) => `driver-opt=${each}`)].join(","),
          IMAGE,
          "true",
        ],
      );
    await withNetwork("labels", 57, async () => {
      const repeated = await attach("hyperion.ingress.sql=allow tcp/5432");
      expect(repeated).toMatch(/E140 wrong: label hyperion\.ingress\.sql\n {2}allow tcp\/5432\n {2}\^{14} /);
      const wrong = await attach("hyperion.policy=closed");
      expect(wrong).toMatch(
        /E150 endpoint \w{12}: driver option hyperion\.policy\n {2}closed\n {2}\^{6} expected/,
      );
    });
  });

  it("the service of a compose file whose label is wrong, in the same words", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hyperion-refusal-"));
    const file = join(folder, "compose.yaml");
    const label = `hyperion.ingress.sql: "allow tcp/5432 form service:api"`;
    const network = `networks: { default: { driver: hyperion, ipam: { config: [{ subnet: 10.59.0.0/24 }] } } }`;
    const service = `{ image: "${IMAGE}", command: sleep 1000, labels: { ${label} } }`;
    writeFileSync(file, `version: "3"\nservices: { db: ${service} }\n${network}\n`);
    const project = await ComposeProject.open(bed().engine, file, "shop");
    try {
      const said: unknown = await project.up().catch(reasonOf);
      expect(said).toMatch(
        /E102 shop[-_]db[-_]1: label hyperion\.ingress\.sql\n.*allow tcp\/5432 form service:api\n {17}\^{4} expected/,
      );
      expect(await project.containers()).toEqual([]);
    } finally {
      await project.down();
      rmSync(folder, { recursive: true });
    }
    await expectNothingLeft();
  });

  it("many at once, while others start", async () => {
    await withNetwork("labels", 57, async () => {
      const wrong = Array.from({ length: 12 }, async (_, i) => {
        const name = `wrong${i}`;
        const said = await fails(
          ...["run", "--rm", "--name", name, "--network", "labels", "--label", `hyperion.policy=p${i}`],
          ...[IMAGE, "true"],
        );
        expect(said).toContain(`E150 ${name}: label hyperion.policy\n  p${i}\n`);
      });
      const right = Array.from({ length: 12 }, (_, i) =>
        bed().docker("run", "--rm", "--network", "labels", "--label", `hyperion.group=g${i}`, IMAGE, "true"),
      );
      await Promise.all([...wrong, ...right]);
    });
  });

  it("an address that another container has", async () => {
    await bed().network("taken", 58);
    await bed().run("taken", "owner", "--ip", "10.58.0.9");
    const said = await fails("run", "--rm", "--network", "taken", "--ip", "10.58.0.9", IMAGE, "true");
    expect(said).toMatch(/in use/i);
    await bed().docker("rm", "-f", "owner");
  });
});

describe.skipIf(lacksEngine())("with --on-label-error quarantine", () => {
  const bed = useBed({ serveArgs: ["--on-label-error", "quarantine"] });

  it("a container whose labels are wrong starts, passes nothing, and everything says why in the same words", async () => {
    await bed().network("labels", 57, "-o", "hyperion.gateway=none");
    const peer = await bed().run("labels", "peer");
    await bed().docker(
      ...["run", "-d", "--init", "--name", "wrong", "--network", "labels"],
      ...["--label", "hyperion.ingress.sql=allow tcp/5432 form group:api", IMAGE, "sleep", "100000"],
    );
    const endpoint = await bed().untilEndpoint("labels", "wrong", ({ problems }) => problems.length > 0);
    expect(endpoint.mode).toBe("quarantine");
    const [text = ""] = endpoint.problems;
    expect(text).toMatch(
      /^E102 wrong: label hyperion\.ingress\.sql\n {2}allow tcp\/5432 form group:api\n {17}\^{4} /,
    );
    const events = await bed().events("endpoint.labels");
    expect(events).toMatchObject([{ level: "warn", code: "E102", container: "wrong", message: text }]);
    expect((await bed().daemon.run("endpoints")).stdout).toContain(text);
    expect(await peer.prober.icmp(endpoint.ipv4 ?? "")).toBe("timeout");
    expect(await peer.prober.icmp(endpoint.ipv6 ?? "")).toBe("timeout");
    expect(await bed().dropped("QUARANTINED")).toBeGreaterThan(0);
    await bed().docker("rm", "-f", "wrong", "peer");
    await bed().docker("network", "rm", "labels");
  });
});

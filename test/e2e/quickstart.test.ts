import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ComposeProject } from "../../src/playground/compose.ts";
import { Prober } from "../../src/playground/prober.ts";
import { observe, parseExpectations } from "../../src/playground/truth-table.ts";
import { lacksEngine, useBed } from "./bed.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/quickstart/", import.meta.url));

describe.skipIf(lacksEngine())("the quickstart", () => {
  const bed = useBed();

  it("lets pass what its labels say and nothing else, IPv4 and IPv6, TCP, UDP and ICMP", async () => {
    const { engine, daemon } = bed();
    const expectations = parseExpectations(readFileSync(`${EXAMPLE}expected.json`, "utf8"));
    const project = await ComposeProject.open(engine, `${EXAMPLE}compose.yaml`, "quickstart");
    await project.up();
    const containers = await project.containers();
    expect(containers.map(({ service }) => service).sort()).toEqual([...expectations.services].sort());
    await daemon.untilAttributed(containers.length);
    const stations = await Promise.all(
      containers.map(async ({ service, containerId, addresses }) => {
        expect(addresses).toHaveLength(2);
        const prober = await Prober.open(engine, containerId);
        await prober.untilListening(service === "db" ? 5432 : 8080);
        await prober.echo("udp", 8125);
        return { service, addresses, prober };
      }),
    );
    const observations = await observe(expectations, stations);
    expect(observations).toHaveLength(12 * 4 * 2);
    const wrong = observations.filter(({ expected, seen }) => expected !== seen);
    expect(wrong).toEqual([]);
    for (const { prober } of stations) prober.close();
    await project.down();
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";

const FOLDER = new URL("../../../examples/systemd/", import.meta.url);

/** The values of a setting, as the unit has them. */
function settings(unit: string, name: string): readonly string[] {
  const lines = readFileSync(new URL(unit, FOLDER), "utf8").split("\n");
  return lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
}

describe("the systemd units", () => {
  it("start a daemon that needs no file besides the checkout", () => {
    const [command = ""] = settings("hyperion.service", "ExecStart");
    const [, options] = command.split(" serve");
    expect(loadConfig(options?.split(" ").filter((word) => word !== "") ?? ["none"], {}).posture).toBe(
      "default-allow",
    );
    expect(settings("hyperion.service", "EnvironmentFile")).toEqual(["-/etc/hyperion/hyperion.env"]);
  });

  it("hand over the socket that the daemon would make itself, as closed as that", () => {
    const { pluginSocket } = loadConfig([], {});
    expect(settings("hyperion.socket", "ListenStream")).toEqual([pluginSocket]);
    expect(settings("hyperion.socket", "SocketMode")).toEqual(["0600"]);
  });

  it("keep the agent where the daemon looks for it", () => {
    const [command = ""] = settings("hyperion-agent.service", "ExecStart");
    expect(command).toContain(`--run-path ${loadConfig([], {}).stateDir}/agent `);
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckResult } from "./check.ts";
import { examine } from "./examine.ts";

/** The devices that DOCA sees. */
export async function checkDocaDevices(url: string): Promise<CheckResult> {
  const found: string[] = [];
  for await (const line of examine("devices", url)) {
    if (line.kind !== "device") continue;
    const names = [line.netdev || "no netdev", line.rdma, line.mac].filter((name) => name !== "");
    found.push(`${line.pci} (${names.join(", ")}; ${line.representors} representors)`);
  }
  if (found.length > 0) return { check: "DOCA devices", state: "ok", found: found.join(", ") };
  return {
    check: "DOCA devices",
    state: "missing",
    found: "none",
    remedy: "docs/guides/bluefield.md, steps 1 to 3",
  };
}

/**
 * Opens the device, makes every pipe of the data plane and takes them off again; unless an agent holds
 * it, which a look around must not disturb.
 */
export async function checkDocaOffer(url: string, stateDir: string): Promise<CheckResult> {
  const agent = await agentOf(stateDir);
  if (agent !== undefined) {
    const found = `held by hyperion-agent, process ${agent}: hyperion status says what it does`;
    return { check: "data plane", state: "ok", found };
  }
  for await (const line of examine("offer", url)) {
    if (line.kind !== "offer") continue;
    const { connections, counters, meters, sharedMeters } = line;
    const found = `doca: ${connections} connections, ${counters} counters, ${meters} meters, ${sharedMeters} shared meters`;
    return { check: "data plane", state: "ok", found };
  }
  throw new Error("the device said nothing");
}

/** The agent that keeps the data plane of a state directory, if one lives. */
async function agentOf(stateDir: string): Promise<number | undefined> {
  const text = await readFile(join(stateDir, "agent/agent.lock"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  const program = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  // The kernel cuts a program's name at 15 letters.
  return program.trim() === "hyperion-agent".slice(0, 15) ? pid : undefined;
}

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

/** Opens the device, makes every pipe of the data plane and takes them off again. */
export async function checkDocaOffer(url: string): Promise<CheckResult> {
  for await (const line of examine("offer", url)) {
    if (line.kind !== "offer") continue;
    const { connections, counters, meters, sharedMeters } = line;
    const found = `doca: ${connections} connections, ${counters} counters, ${meters} meters, ${sharedMeters} shared meters`;
    return { check: "data plane", state: "ok", found };
  }
  throw new Error("the device said nothing");
}

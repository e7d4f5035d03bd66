import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { localHost, run } from "../../src/playground/command.ts";
import { lacksNativeLibrary, lacksRoot } from "../skip.ts";

const CLI = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** `hyperion doctor` in a network namespace and on a BPF filesystem of its own. */
function doctor(...args: readonly string[]) {
  const mounts = ["--make-rprivate /", "-t sysfs sysfs /sys", "-t bpf bpf /sys/fs/bpf"];
  const script = `${mounts.map((mount) => `mount ${mount} && `).join("")} exec "$@"`;
  const words = ["--net", "--mount", "bash", "-c", script, "bash", process.execPath, CLI, "doctor", ...args];
  return run(localHost, "unshare", words, { timeoutMs: 60_000 });
}

describe.skipIf(lacksRoot() || lacksNativeLibrary())("hyperion doctor --doca-selftest", () => {
  it("finds every assumption to hold on softnic, but for what takes a wire", async () => {
    const result = await doctor("--doca-selftest", "--dataplane", "doca:softnic", "--json");
    expect(result.stderr).not.toMatch(/hyperion:/);
    const findings = JSON.parse(result.stdout) as { finding: string; assumption: string; seen: string }[];
    expect(findings.filter(({ finding }) => finding === "fails")).toEqual([]);
    expect(findings.filter(({ finding }) => finding === "unseen")).toHaveLength(1);
    expect(findings.length).toBeGreaterThan(15);
    expect(result.status).toBe(0);
  });

  it("says what it needs of a device", async () => {
    const lacks = await doctor("--doca-selftest", "--dataplane", "doca:0000:03:00.0");
    expect(lacks).toMatchObject({ status: 2, stderr: expect.stringContaining("two VFs of the device") });
    const wrong = await doctor("--doca-selftest");
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("doca:DEVICE") });
  });

  it("says that softnic takes no device's address", async () => {
    const result = await doctor("--dataplane", "doca:0000:03:00.0", "--json");
    const checks = JSON.parse(result.stdout) as { check: string; state: string; found: string }[];
    const check = checks.find((candidate) => candidate.check === "data plane");
    expect(check).toMatchObject({ state: "missing", found: expect.stringContaining("-Ddoca=enabled") });
    // What leaves the host passes no NIC.
    expect(checks.find((candidate) => candidate.check === "gateways")).toMatchObject({
      state: "ok",
      found: expect.stringMatching(/^ebpf: /),
    });
  });
});

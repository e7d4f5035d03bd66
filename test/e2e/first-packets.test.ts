import { describe, expect, it } from "vitest";
import { inParallel } from "../../src/playground/truth-table.ts";
import { IMAGE, lacksEngine, type Subject, useBed } from "./bed.ts";

const STARTS = 200;
/** As many at once as make the machine's processes interleave in every way. */
const PARALLEL_STARTS = 6;

/** Packets that a container's kernel has received from its network, ARP and ND included. */
async function received({ prober }: Subject): Promise<number> {
  const line = (await prober.read("/proc/self/net/dev")).split("\n").find((text) => /^\s*eth0:/.test(text));
  return Number(line?.split(":")[1]?.trim().split(/\s+/)[1]);
}

/** IP packets received, both families, loopback not counted as there is none. */
async function receivedIp({ prober }: Subject): Promise<number> {
  const lines = (await prober.read("/proc/self/net/snmp"))
    .split("\n")
    .filter((line) => line.startsWith("Ip:"));
  const column = lines[0]?.split(" ").indexOf("InReceives") ?? -1;
  const six = /Ip6InReceives\s+(\d+)/.exec(await prober.read("/proc/self/net/snmp6"));
  return Number(lines[1]?.split(" ")[column]) + Number(six?.[1]);
}

describe.skipIf(lacksEngine())("a container's first milliseconds", () => {
  const bed = useBed();

  it(`leak nothing that policy denies and lose nothing that it allows, in ${STARTS} starts`, async () => {
    await bed().network("first", 43, "-o", "hyperion.gateway=none");
    // Would take anything: only the senders' own egress policy stands before it.
    const open = await bed().run("first", "open");
    // Takes its friends' packets only: stands behind its own ingress policy.
    const guarded = await bed().run(
      "first",
      "guarded",
      "--label",
      "hyperion.ingress.f=allow any from group:friend",
    );
    const allowed = await bed().run("first", "allowed");
    await allowed.prober.echo("tcp", 7000);
    const before = await Promise.all(
      [open, guarded].map(async (s) => [await received(s), await receivedIp(s)]),
    );

    const forbidden = [open, guarded].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
    const send = forbidden.flatMap((address) => [
      `ping -c 1 -W 1 ${address} >/dev/null 2>&1 &`,
      `nc -w 1 ${address} 7000 </dev/null >/dev/null 2>&1 &`,
      `traceroute -n -q 1 -m 1 -w 1 ${address} >/dev/null 2>&1 &`,
    ]);
    // The one ping of each family has no second try: it is lost or it is not.
    const ask = [allowed.ipv4, allowed.ipv6].map(
      (address) => `ping -c 1 -W 2 ${address} >/dev/null || exit 9`,
    );
    const greet = `[ "$(echo hello | nc -w 2 ${allowed.ipv4} 7000 | head -n 1)" = hello ] || exit 8`;
    const script = [...send, ...ask, greet, "exit 0"].join("\n");
    const labels = ["--label", "hyperion.egress.ok=allow any to container:allowed"];
    const results = await inParallel(
      PARALLEL_STARTS,
      Array.from({ length: STARTS }, (_, index) => async () => {
        const name = ["--name", `sender-${index}`, "--network", "first"];
        const run = ["run", "--rm", ...name, ...labels, IMAGE, "sh", "-c", script];
        const { status, stderr } = await bed().engine.tryDocker(run);
        return status === 0 ? "fine" : `status ${status} ${stderr.trim()}`;
      }),
    );
    expect(results.filter((result) => result !== "fine")).toEqual([]);
    const after = await Promise.all(
      [open, guarded].map(async (s) => [await received(s), await receivedIp(s)]),
    );
    expect(after).toEqual(before);

    // The script does send: from a container that may, all three kinds arrive over both families.
    await bed().engine.tryDocker(["run", "--rm", "--network", "first", IMAGE, "sh", "-c", script]);
    expect(await receivedIp(open)).toBeGreaterThanOrEqual((before[0]?.[1] ?? 0) + 6);
  });
});

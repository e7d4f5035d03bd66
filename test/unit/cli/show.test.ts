import { describe, expect, it } from "vitest";
import { formatDrops, formatEvent } from "../../../src/cli/show/drops.ts";
import { formatBytes, formatEndpoints } from "../../../src/cli/show/endpoints.ts";
import { formatNetworks } from "../../../src/cli/show/networks.ts";
import { formatDuration, formatStatus } from "../../../src/cli/show/status.ts";
import { formatTable } from "../../../src/cli/table.ts";
import type { EndpointDocument, NetworkDocument, NicDocument } from "../../../src/observe/admin-view.ts";
import { NIC, STATUS } from "./documents.ts";

describe("a table", () => {
  it("is as wide as its widest cells, with nothing after the last", () => {
    expect(formatTable(["A", "LONG"], [["longer", "x"], ["b"]])).toBe("A       LONG\nlonger  x\nb\n");
  });

  it("does not count colour", () => {
    const red = "\u001b[31mNO\u001b[0m";
    expect(formatTable(["SEEN", "B"], [[red, "x"]])).toBe(`SEEN  B\n${red}    x\n`);
  });

  it("without rows is its header", () => {
    expect(formatTable(["A", "B"], [])).toBe("A  B\n");
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.00 kB"],
    [1_236, "1.24 kB"],
    [999_499, "999 kB"],
    [999_999, "1.00 MB"],
    [123_456_789, "123 MB"],
    [Number.MAX_SAFE_INTEGER, "9.01 PB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [-5, "0s"],
    [999, "0s"],
    [61_000, "1m 1s"],
    [3_600_000, "1h 0m"],
    [90_061_000, "1d 1h"],
    [59_000, "59s"],
  ])("%i ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("status", () => {
  it("fits on a screen", () => {
    expect(formatStatus(STATUS, 62_000)).toBe(`daemon:      version 0.1.0, pid 7, up 1m 2s
data plane:  ebpf, tables adopted, up to date
connections: 3 of 1024
docker:      unix:///var/run/docker.sock, engine 29.1.0
networks:    1
endpoints:   2
VFs:         2 used, 16 warm, limit 4096
events lost: 0
`);
  });

  const withNic = (more: Partial<NicDocument>) => {
    const dataplane = { ...STATUS.dataplane, backend: "doca", nic: { ...NIC, ...more } };
    return formatStatus({ ...STATUS, dataplane }, 0).split("\n")[3];
  };

  it("says what a NIC does, where there is one", () => {
    expect(withNic({})).toBe(
      "NIC:         312 entries, 120 of connections; 4 210 packets decided in software, 0 lost",
    );
  });

  it("says when a NIC is full or refuses", () => {
    expect(withNic({ connectionsRefused: 1_234_567, failed: 2 })).toMatch(
      / 0 lost; FULL: 1 234 567 times no room; 2 operations refused$/,
    );
  });

  it("is loud about what is not well", () => {
    const text = formatStatus(
      {
        ...STATUS,
        quarantined: 1,
        reconciled: false,
        docker: { host: "tcp://192.0.2.1:2375", connected: false, version: null },
      },
      0,
    );
    expect(text).toContain("BEHIND: see the log");
    expect(text).toContain("tcp://192.0.2.1:2375, NOT CONNECTED: new containers stay quarantined");
    expect(text).toContain("endpoints:   2, 1 quarantined");
  });

  it("says when Docker is not used, and when its version is not known", () => {
    const docker = { host: null, connected: false, version: null };
    expect(formatStatus({ ...STATUS, docker }, 0)).toContain("docker:      not used");
    const silent = { host: "unix:///d.sock", connected: true, version: null };
    expect(formatStatus({ ...STATUS, docker: silent }, 0)).toContain("unix:///d.sock, connected");
  });
});

const ENDPOINT = {
  id: "e1".padEnd(64, "0"),
  networkId: "a1".padEnd(64, "0"),
  networkName: null,
  container: null,
  mode: "quarantine",
  problems: ["Docker has not said yet which container this is"],
  mac: "02:42:0a:01:00:02",
  ipv4: "10.1.0.2",
  ipv6: null,
  vf: "hyv1",
  representor: "hyr1",
  identity: null,
  sentPackets: 0,
  sentBytes: 1_500,
  receivedPackets: 0,
  receivedBytes: 0,
} as unknown as EndpointDocument;

describe("endpoints", () => {
  it("show IDs where names are not known, and why one is quarantined", () => {
    const lines = formatEndpoints([ENDPOINT]).split("\n");
    expect(lines[1]).toMatch(
      /^\(e10000000000\) +a10000000000 +10\.1\.0\.2 +- +02:42:0a:01:00:02 +hyv1 +quarantine +- +1\.50 kB +0 B$/,
    );
    expect(lines.slice(3, 5)).toEqual([
      "e10000000000 is quarantined:",
      "Docker has not said yet which container this is",
    ]);
  });
});

describe("networks", () => {
  it("show what is set and a dash for what is not", () => {
    const network = {
      id: "a1".padEnd(64, "0"),
      name: "shop",
      subnets: [{ prefix: "10.1.0.0/24" }, { prefix: "fd00::/64" }],
      internal: true,
      gateway: "docker",
      mtuBytes: 1500,
      posture: null,
      multicast: true,
      endpoints: 2,
    } as unknown as NetworkDocument;
    expect(formatNetworks([network]).split("\n")[1]).toMatch(
      /^shop +a10000000000 +10\.1\.0\.0\/24,fd00::\/64 +1500 +internal +- +on +2$/,
    );
  });
});

describe("drops", () => {
  it("come with most packets first", () => {
    const drop = (containerName: string | null, packets: number) => ({
      endpointId: null,
      containerName,
      reason: "POLICY_INGRESS" as never,
      packets,
      bytes: 60,
    });
    const lines = formatDrops([drop("web", 1), drop(null, 3)]).split("\n");
    expect(lines[1]).toMatch(/^- .* 3 /);
    expect(lines[2]).toMatch(/^web .* 1 /);
  });

  it("as events have their time, their kind and what is known", () => {
    expect(formatEvent({ event: "drop", timeMs: 0, reason: "SPOOF", rule: null, port: 80 })).toBe(
      "1970-01-01T00:00:00.000Z drop  reason=SPOOF port=80",
    );
  });
});

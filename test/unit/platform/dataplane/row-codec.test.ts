import { describe, expect, it } from "vitest";
import { parseIp } from "../../../../src/model/ip.ts";
import { parseMac } from "../../../../src/model/mac.ts";
import { parsePrefix } from "../../../../src/model/prefix.ts";
import { encodeBatch } from "../../../../src/platform/dataplane/native/batch.ts";
import { packetEvent } from "../../../../src/platform/dataplane/native/report-codec.ts";
import { codecOf } from "../../../../src/platform/dataplane/native/row-codec.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Expected bytes are written by hand from tables.h, not computed: both directions of a codec may be wrong alike. */
describe("a batch", () => {
  it("is header, key, value, padding", () => {
    const batch = encodeBatch([
      { verb: "upsert", row: { table: "port", port: 0x01020304, endpoint: 7, kind: "gateway" } },
      { verb: "delete", row: { table: "port", port: 9, endpoint: 0, kind: "vf" } },
    ]);
    expect(hex(batch)).toBe(
      [
        "0000010000000000",
        "04030201",
        "0700000001000000",
        "00000000",
        "0000020000000000",
        "0900000000000000",
      ].join(""),
    );
  });

  it("writes addresses in wire order and integers in host order", () => {
    const batch = encodeBatch([
      {
        verb: "upsert",
        row: {
          table: "neighbour",
          network: 3,
          address: parseIp("10.1.2.3"),
          endpoint: 258,
          identity: 0,
          vtep: 0,
          mac: parseMac("02:42:0a:01:02:03"),
        },
      },
    ]);
    expect(hex(batch)).toBe(
      [
        "0300010000000000",
        "03000000",
        "00000000000000000000ffff0a010203",
        "02010000",
        "0000000000000000",
        "02420a010203",
        "0000",
      ].join(""),
    );
  });

  it("writes what tunnels are made of", () => {
    const mac = parseMac("02:42:c0:00:02:01");
    const batch = encodeBatch([
      { verb: "upsert", row: { table: "vtep", vtep: 7, ipv4: parseIp("192.0.2.1"), mac } },
      {
        verb: "upsert",
        row: { table: "uplink", port: 2, ipv4: parseIp("192.0.2.2"), mac, mtuBytes: 1500 },
      },
      {
        verb: "upsert",
        row: {
          table: "network",
          network: 1,
          multicast: true,
          mtuBytes: 1450,
          members: 3,
          vni: 0x0abcde,
        },
      },
      {
        verb: "upsert",
        row: {
          table: "neighbour",
          network: 1,
          address: parseIp("10.1.2.3"),
          endpoint: 0,
          identity: 9,
          vtep: 7,
          mac,
        },
      },
    ]);
    expect(hex(batch)).toBe(
      [
        ["0600010000000000", "07000000", "c0000201", "0242c0000201", "0000"],
        ["0700010000000000", "02000000", "c0000202", "0242c0000201", "0000", "dc050000", "00000000"],
        ["0100010000000000", "01000000", "01000000aa05000003000000debc0a00", "00000000"],
        ["0300010000000000", "01000000", "00000000000000000000ffff0a010203"],
        ["000000000900000007000000", "0242c0000201", "0000"],
      ]
        .flat()
        .join(""),
    );
  });

  it("writes a policy entry", () => {
    const batch = encodeBatch([
      {
        verb: "upsert",
        row: {
          table: "policy",
          policy: 1,
          direction: "ingress",
          identity: 2,
          protocol: "sctp",
          port: 0x1f90,
          prefixLength: 16,
          verdict: "deny",
          rule: 4,
          log: true,
          audit: true,
        },
      },
    ]);
    expect(hex(batch)).toBe("0500010000000000" + "0100000002000000901f108401000000" + "0400000002030000");
  });

  it("writes prefixes, those of IPv4 as mapped ones", () => {
    const batch = encodeBatch([
      { verb: "upsert", row: { table: "prefix", prefix: parsePrefix("10.1.0.0/16"), identity: 9 } },
      { verb: "upsert", row: { table: "prefix", prefix: parsePrefix("2001:db8::/32"), identity: 8 } },
      { verb: "delete", row: { table: "prefix", prefix: parsePrefix("0.0.0.0/0"), identity: 0 } },
    ]);
    expect(hex(batch)).toBe(
      [
        ["0800010000000000", "70000000", "00000000000000000000ffff0a010000", "09000000"],
        ["0800010000000000", "20000000", "20010db8000000000000000000000000", "08000000"],
        ["0800020000000000", "60000000", "00000000000000000000ffff00000000", "00000000"],
      ]
        .flat()
        .join(""),
    );
  });

  it("writes an endpoint", () => {
    const batch = encodeBatch([
      {
        verb: "upsert",
        row: {
          table: "endpoint",
          endpoint: 5,
          generation: 1,
          network: 2,
          port: 3,
          identity: 4,
          policy: 6,
          egressDeny: false,
          ingressDeny: true,
          egressPrefixLengths: 0x1_0000,
          ingressPrefixLengths: 1,
          mode: "learn",
          software: true,
          mac: parseMac("02:00:00:00:00:09"),
          ipv4: parseIp("192.0.2.1"),
          ipv6: parseIp("2001:db8::1"),
          egressRate: 1,
          ingressRate: 2 ** 40,
          egressBurst: 3,
          ingressBurst: 4,
        },
      },
    ]);
    expect(hex(batch)).toBe(
      [
        "0200010000000000",
        "05000000",
        "010000000200000003000000040000000600000006000000",
        "0000010001000000",
        "c0000201",
        "03000000",
        "20010db8000000000000000000000001",
        "020000000009",
        "0000",
        "01000000000000000000000000010000",
        "03000000000000000400000000000000",
        "00000000",
      ].join(""),
    );
  });
});

describe("reading", () => {
  it("refuses numbers that have no name", () => {
    const memory = new Uint8Array(100);
    memory[4 + 36] = 9; // mode
    expect(() => codecOf("endpoint").read(memory, 0)).toThrow(
      expect.objectContaining({ code: "E501", message: expect.stringContaining("mode 9") }),
    );
  });

  it("reads an event", () => {
    const memory = Buffer.from(
      [
        "0100000000000080", // time_ns
        "01000000", // type: drop
        "11000000", // reason 17: POLICY_INGRESS
        "01000000", // network
        "02000000", // endpoint
        "03000000", // peer
        "04000000", // policy
        "05000000", // rule
        "4a000000", // bytes
        "0008", // ethertype
        "39300000".slice(0, 4), // source port 12345
        "5000", // destination port
        "06", // TCP
        "01", // ingress
        "00000000000000000000ffff0a000001",
        "00000000000000000000000000000000",
        "020000000001",
        "0000",
      ].join(""),
      "hex",
    );
    expect(memory.length).toBe(88);
    expect(packetEvent.read(memory, 0)).toEqual({
      type: "drop",
      timeNs: 0x8000000000000001n,
      reason: "POLICY_INGRESS",
      network: 1,
      endpoint: 2,
      peer: 3,
      policy: 4,
      rule: 5,
      bytes: 74,
      etherType: 0x0800,
      protocol: 6,
      direction: "ingress",
      source: "10.0.0.1",
      destination: undefined,
      sourcePort: 12345,
      destinationPort: 80,
      sourceMac: "02:00:00:00:00:01",
    });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipFromBigInt } from "../../../src/model/ip.ts";
import { macFromBytes } from "../../../src/model/mac.ts";
import { prefixOf } from "../../../src/model/prefix.ts";
import type { Operation, Row } from "../../../src/platform/dataplane/dataplane.ts";
import { encodeBatch } from "../../../src/platform/dataplane/native/batch.ts";
import { codecOf } from "../../../src/platform/dataplane/native/row-codec.ts";

const u32 = fc.nat({ max: 0xffff_ffff });
const u17 = fc.nat({ max: 0x1_ffff });
const rate = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
/** Zero stands for "none" on the ABI, so it is no address. */
const ipv4 = fc.integer({ min: 1, max: 0xffff_ffff }).map((n) => ipFromBigInt(BigInt(n), 4));
const ipv6 = fc
  .bigInt({ min: 1n, max: (1n << 128n) - 1n })
  .filter((n) => n >> 32n !== 0xffffn)
  .map((n) => ipFromBigInt(n, 6));
const prefix = fc.oneof(
  fc.tuple(ipv4, fc.nat({ max: 32 })).map(([ip, bits]) => prefixOf(ip, bits)),
  fc.tuple(ipv6, fc.nat({ max: 128 })).map(([ip, bits]) => prefixOf(ip, bits)),
);
const direction = fc.constantFrom("egress" as const, "ingress" as const);

const rows: fc.Arbitrary<Row> = fc.oneof(
  fc.record({
    table: fc.constant("port" as const),
    port: u32,
    endpoint: u32,
    kind: fc.constantFrom("vf" as const, "gateway" as const),
  }),
  fc.record({
    table: fc.constant("network" as const),
    network: u32,
    multicast: fc.boolean(),
    mtuBytes: u32,
    members: u32,
    vni: u32,
  }),
  fc.record({
    table: fc.constant("endpoint" as const),
    endpoint: u32,
    generation: u32,
    network: u32,
    port: u32,
    identity: u32,
    policy: u32,
    egressDeny: fc.boolean(),
    ingressDeny: fc.boolean(),
    egressPrefixLengths: u17,
    ingressPrefixLengths: u17,
    mode: fc.constantFrom("quarantine", "enforce", "audit", "learn"),
    software: fc.boolean(),
    mac,
    ipv4: fc.option(ipv4, { nil: undefined }),
    ipv6: fc.option(ipv6, { nil: undefined }),
    egressRate: rate,
    ingressRate: rate,
    egressBurst: rate,
    ingressBurst: rate,
  }),
  fc.record({
    table: fc.constant("neighbour" as const),
    network: u32,
    address: fc.oneof(ipv4, ipv6),
    endpoint: u32,
    identity: u32,
    vtep: u32,
    mac,
  }),
  fc.record({ table: fc.constant("member" as const), network: u32, slot: u32, endpoint: u32 }),
  fc.record({
    table: fc.constant("policy" as const),
    policy: u32,
    direction,
    identity: u32,
    protocol: fc.constantFrom("icmp", "tcp", "udp", "icmp6", "sctp", "other"),
    port: fc.nat({ max: 0xffff }),
    prefixLength: fc.nat({ max: 16 }),
    verdict: fc.constantFrom("allow" as const, "deny" as const),
    rule: u32,
    log: fc.boolean(),
    audit: fc.boolean(),
  }),
  fc.record({ table: fc.constant("vtep" as const), vtep: u32, ipv4, mac }),
  fc.record({ table: fc.constant("uplink" as const), port: u32, ipv4, mac, mtuBytes: u32 }),
  fc.record({ table: fc.constant("prefix" as const), prefix, identity: u32 }),
);

const operations: fc.Arbitrary<Operation> = fc.record({
  verb: fc.constantFrom("upsert" as const, "delete" as const),
  row: rows,
});

/** Walks a batch as the library does: header, key, value, up to the next multiple of 8. */
function decodeBatch(batch: Uint8Array, expected: readonly Operation[]): unknown[] {
  const view = new DataView(batch.buffer);
  let base = 0;
  return expected.map(({ row }) => {
    const codec = codecOf(row.table);
    expect(view.getUint16(base, true)).toBe(codec.table);
    const verb = view.getUint8(base + 2);
    const key = base + 8;
    const bytes = 8 + codec.keyBytes + (verb === 1 ? codec.valueBytes : 0);
    base += Math.ceil(bytes / 8) * 8;
    if (verb === 2) return { verb: "delete", key: batch.slice(key, key + codec.keyBytes) };
    return { verb: "upsert", row: codec.read(batch, key) };
  });
}

describe("rows on the ABI", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(rows, (row) => {
        const codec = codecOf(row.table);
        // At an odd place, as in the middle of a dump.
        const memory = new Uint8Array(12 + codec.keyBytes + codec.valueBytes);
        codec.putKey(row, memory, 12);
        codec.putValue(row, memory, 12 + codec.keyBytes);
        expect(codec.read(memory, 12)).toEqual(row);
      }),
    );
  });

  it("survive a batch, in order, deletes by key alone", () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 20 }), (list) => {
        const expected = list.map(({ verb, row }) => {
          if (verb === "upsert") return { verb, row };
          const key = new Uint8Array(codecOf(row.table).keyBytes);
          codecOf(row.table).putKey(row, key, 0);
          return { verb, key };
        });
        expect(decodeBatch(encodeBatch(list), list)).toEqual(expected);
      }),
    );
  });
});

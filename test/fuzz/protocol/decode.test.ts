import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HyperionError, MESSAGE_LENGTH_MAX } from "../../../src/model/errors.ts";
import { parseBody } from "../../../src/protocol/decode.ts";
import { encodeError } from "../../../src/protocol/error-reply.ts";
import { METHOD_NAMES, methodNamed } from "../../../src/protocol/methods.ts";
import { RecordingDrivers } from "../../protocol/recording-drivers.ts";

/** Given, it repeats a run; else every run is another one, and says which. */
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);
console.log(`protocol fuzz: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`);

const options = { seed: SEED, numRuns: RUNS };

const method = fc.constantFrom(...METHOD_NAMES);

/** The words of the protocol, right and nearly right, so that the fuzz gets past the first check. */
const word = fc.constantFrom(
  ...[
    "",
    "<nil>",
    "a".repeat(64),
    "../x",
    "10.1.0.0/16",
    "10.1.0.2/16",
    "10.1.0.2",
    "fd00::/64",
    "fd00::2/64",
  ],
  ...["::ffff:10.0.0.1/96", "0.0.0.0/0", "::/0", "1.2.3.4/33", "02:42:0a:01:00:02", "01-00-5E-00-00-01"],
);
const scalar = fc.oneof(word, fc.string(), fc.boolean(), fc.integer(), fc.constant(null));
const key = fc.constantFrom(
  ...["com.docker.network.generic", "com.docker.network.internal", "com.docker.network.enable_ipv4"],
  ...["com.docker.network.endpoint.macaddress", "RequestAddressType", "__proto__", "constructor", "x"],
);
const dictionary = fc.dictionary(key, fc.oneof(scalar, fc.dictionary(key, scalar)));
const pool = fc.record(
  { Pool: scalar, Gateway: scalar, AuxAddresses: fc.oneof(scalar, fc.dictionary(fc.string(), scalar)) },
  { requiredKeys: [] },
);
const pools = fc.oneof(scalar, fc.array(fc.oneof(pool, scalar), { maxLength: 3 }));
const face = fc.record({ Address: scalar, AddressIPv6: scalar, MacAddress: scalar }, { requiredKeys: [] });

const message = fc.record(
  {
    NetworkID: scalar,
    EndpointID: scalar,
    PoolID: scalar,
    Address: scalar,
    AddressSpace: scalar,
    Pool: scalar,
    SubPool: scalar,
    V6: scalar,
    SandboxKey: scalar,
    Options: fc.oneof(dictionary, scalar),
    Interface: fc.oneof(face, scalar),
    IPv4Data: pools,
    IPv6Data: pools,
    DiscoveryType: fc.oneof(fc.constant(1), scalar),
    DiscoveryData: fc.oneof(fc.record({ Address: scalar, BindAddress: scalar, Self: scalar }), scalar),
  },
  { requiredKeys: [] },
);

/** Calls a method as the server does. Anything thrown that is no HyperionError passes through. */
async function attempt(name: string, bytes: Uint8Array): Promise<"answered" | "refused"> {
  try {
    const reply = await methodNamed(name)(new RecordingDrivers(), parseBody(name, bytes));
    expect(JSON.parse(JSON.stringify(reply))).toBeTypeOf("object");
    return "answered";
  } catch (error) {
    if (!(error instanceof HyperionError)) throw error;
    expect(["E200", "E201", "E202", "E203"]).toContain(error.code);
    const { body } = encodeError(error);
    expect(body.Err.length).toBeLessThanOrEqual(MESSAGE_LENGTH_MAX);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested.
    expect(body.Err).not.toMatch(/[\u0000-\u001f\u007f]/);
    // Every placeholder of the template was filled.
    expect(body.Err).not.toMatch(/^\{|: \{(path|reason|limit)\}/);
    return "refused";
  }
}

describe("any bytes at all", () => {
  it("are answered or refused", async () => {
    await fc.assert(
      fc.asyncProperty(method, fc.uint8Array({ maxLength: 256 }), async (name, bytes) => {
        await attempt(name, bytes);
      }),
      options,
    );
  });
});

describe("any JSON at all", () => {
  it("is answered or refused", async () => {
    await fc.assert(
      fc.asyncProperty(method, fc.json({ maxDepth: 4 }), async (name, json) => {
        await attempt(name, Buffer.from(json));
      }),
      options,
    );
  });
});

describe("anything like a message", () => {
  it("is answered or refused, and both happen", async () => {
    const outcomes = { answered: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(method, message, async (name, body) => {
        outcomes[await attempt(name, Buffer.from(JSON.stringify(body)))] += 1;
      }),
      options,
    );
    expect(outcomes.answered).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});

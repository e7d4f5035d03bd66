import fc from "fast-check";
import { test } from "vitest";
import {
  decodeContainer,
  decodeEvent,
  decodeImageLabels,
  decodeNetwork,
} from "../../../src/platform/docker/dockerode/decode.ts";

/** What an engine, or something that passes for one, could write where something else was expected. */
const junk = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("", "invalid Prefix", "1.2.3.999/24", "10.0.0.0/99", "::/129", "/name", "ep-", "create"),
);
const container = fc.record(
  {
    Id: junk,
    Names: fc.oneof(junk, fc.array(junk)),
    Labels: junk,
    ImageID: junk,
    ImageManifestDescriptor: fc.oneof(junk, fc.record({ platform: junk })),
  },
  { requiredKeys: [] },
);
const endpoint = fc.record(
  { EndpointID: fc.oneof(junk, fc.constant("e")), Name: junk, IPv4Address: junk, IPv6Address: junk },
  { requiredKeys: [] },
);
const network = fc.record(
  {
    Id: fc.oneof(junk, fc.constant("n")),
    Name: junk,
    IPAM: fc.oneof(
      junk,
      fc.record({ Driver: junk, Config: fc.oneof(junk, fc.array(fc.record({ Subnet: junk }))) }),
    ),
    Containers: fc.oneof(junk, fc.dictionary(fc.string(), endpoint)),
  },
  { requiredKeys: [] },
);
const event = fc.record(
  {
    Type: fc.constantFrom("network", "container", 1),
    Action: fc.oneof(junk, fc.constantFrom("connect", "create", "rename", "destroy")),
    Actor: fc.oneof(junk, fc.record({ ID: fc.oneof(junk, fc.constant("i")), Attributes: junk })),
  },
  { requiredKeys: [] },
);

test("whatever an engine answers, it is read or overlooked, and never thrown over", () => {
  fc.assert(
    fc.property(fc.oneof(junk, container), fc.oneof(junk, network), fc.oneof(junk, event), (c, n, e) => {
      decodeContainer(c);
      decodeNetwork(n);
      decodeEvent(e);
      decodeImageLabels(c);
      decodeImageLabels({ Config: n });
    }),
    { numRuns: 2000 },
  );
});

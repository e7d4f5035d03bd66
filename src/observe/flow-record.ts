import { createHash } from "node:crypto";
import { asRecord, integer, type JsonRecord, optionalText, texts } from "../base/json-record.ts";
import type { Json } from "../platform/store/store.ts";
import { PROTOCOLS, type SeenAddress, type SeenContainer, type SeenFlow } from "../policy/index.ts";
import type { FlowDocument } from "./admin-view.ts";

/** Flows lie in the store under `flows/<hash of what they are>`: a name could be longer than a key. */
export const FLOW_KEYS = "flows/";

/** Equal for flows that differ in nothing but how often and when they were seen. */
export function flowKey(flow: SeenFlow): string {
  const { owner, direction, peer, protocol, port } = flow;
  const text = JSON.stringify([endText(owner), direction, endText(peer), protocol, port]);
  return `${FLOW_KEYS}${createHash("sha256").update(text).digest("base64url")}`;
}

function endText(end: SeenContainer | SeenAddress): readonly unknown[] {
  if ("address" in end) return [end.address, end.host];
  return [end.container, end.project, end.service, ...end.groups];
}

export function encodeFlow(flow: FlowDocument): Json {
  return { ...flow, owner: encodeEnd(flow.owner), peer: encodeEnd(flow.peer) };
}

function encodeEnd(end: SeenContainer | SeenAddress): Json {
  return "address" in end ? { address: end.address, host: end.host } : { ...end, groups: [...end.groups] };
}

/** Throws an Error that says what makes no sense. */
export function decodeFlow(value: Json): FlowDocument {
  const record = asRecord(value);
  const { direction } = record;
  if (direction !== "ingress" && direction !== "egress") throw new Error("direction is neither");
  const protocol = PROTOCOLS.find((one) => one === record.protocol);
  if (protocol === undefined) throw new Error(`there is no protocol ${record.protocol}`);
  return {
    owner: decodeContainer(asRecord(record.owner)),
    direction,
    peer: decodePeer(asRecord(record.peer)),
    protocol,
    port: integer(record, "port"),
    packets: integer(record, "packets"),
    firstSeenMs: integer(record, "firstSeenMs"),
    lastSeenMs: integer(record, "lastSeenMs"),
  };
}

function decodePeer(record: JsonRecord): SeenContainer | SeenAddress {
  const { address, host } = record;
  if (address === undefined) return decodeContainer(record);
  if (typeof address !== "string") throw new Error("address is not text");
  return { address, host: host === true };
}

function decodeContainer(record: JsonRecord): SeenContainer {
  return {
    container: optionalText(record, "container") ?? null,
    project: optionalText(record, "project") ?? null,
    service: optionalText(record, "service") ?? null,
    groups: texts(record, "groups"),
  };
}

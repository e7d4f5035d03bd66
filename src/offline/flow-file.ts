import { HyperionError, isHyperionError, reasonOf } from "../model/errors.ts";
import { parseIp } from "../model/ip.ts";
import { PROTOCOLS, type SeenAddress, type SeenContainer, type SeenFlow } from "../policy/index.ts";

const PORT_MAX = 65535;

/**
 * Reads recorded flows as `hyperion flows --json` prints them: a list, or a document with a list under
 * `flows`, or one object a line. Throws E183, with what is wrong.
 */
export function readFlows(text: string, file: string): readonly SeenFlow[] {
  const refuse = (reason: string) => new HyperionError("E183", { place: file, reason });
  const items = parseItems(text);
  if (typeof items === "string") throw refuse(items);
  return items.map((item, i) => {
    const flow = readFlow(item);
    if (typeof flow === "string") throw refuse(`flow ${i + 1}: ${flow}`);
    return flow;
  });
}

function parseItems(text: string): readonly unknown[] | string {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
    if (isObject(value) && Array.isArray(value.flows)) return value.flows;
    return isObject(value) && "owner" in value ? [value] : "expected a list of flows";
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    try {
      return lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      return `is not JSON: ${reasonOf(error)}`;
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The flow, or what is wrong with it. */
function readFlow(item: unknown): SeenFlow | string {
  if (!isObject(item)) return "expected an object";
  const { owner, direction, peer, protocol, port, packets } = item;
  const whose = readContainer(owner);
  if (whose === undefined) return "owner: expected container, project, service and groups";
  if (direction !== "ingress" && direction !== "egress") return 'direction: expected "ingress" or "egress"';
  const whom = readContainer(peer) ?? readAddress(peer);
  if (whom === undefined) return "peer: expected a container, or an address and host";
  const known = PROTOCOLS.find((one) => one === protocol);
  if (known === undefined) return `protocol: expected one of ${PROTOCOLS.join(", ")}`;
  if (!isCount(port, PORT_MAX)) return `port: expected a number from 0 to ${PORT_MAX}`;
  if (!isCount(packets, Number.MAX_SAFE_INTEGER)) return "packets: expected a number";
  return { owner: whose, direction, peer: whom, protocol: known, port, packets };
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}

function readContainer(value: unknown): SeenContainer | undefined {
  if (!isObject(value) || "address" in value) return undefined;
  const { container = null, project = null, service = null, groups = [] } = value;
  const isNames = Array.isArray(groups) && groups.every((group) => typeof group === "string");
  if (!isText(container) || !isText(project) || !isText(service) || !isNames) return undefined;
  return { container, project, service, groups };
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function readAddress(value: unknown): SeenAddress | undefined {
  if (!isObject(value) || typeof value.address !== "string" || typeof value.host !== "boolean")
    return undefined;
  try {
    return { address: parseIp(value.address), host: value.host };
  } catch (error) {
    if (isHyperionError(error, "E205")) return undefined;
    throw error;
  }
}

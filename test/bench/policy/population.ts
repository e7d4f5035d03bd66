import type { EndpointFacts, Facts } from "../../../src/model/facts.ts";
import type { EndpointId } from "../../../src/model/ids.ts";
import { parseInterfaceAddress, parseIp } from "../../../src/model/ip.ts";
import { container, endpoint, facts, network } from "../../unit/pipeline/facts.ts";
import { composeLabels } from "../../unit/policy/subjects.ts";

const SERVICES = 25;
const REPLICAS = 2;
/** Ports of ways out follow those of representors. */
const GATEWAY_PORT_FIRST = 100_000;

/** Compose projects of 25 services with two replicas each, a network and a way out per container, every service with rules of its own. */
export function population(endpoints: number, rules: number): Facts {
  const projects = Math.ceil(endpoints / (SERVICES * REPLICAS));
  const networks = Array.from({ length: projects }, (_, p) => network(`p${p}_default`, {}, p + 1));
  const all: EndpointFacts[] = [];
  for (let index = 1; index <= endpoints; index++) {
    const place = index - 1;
    const project = Math.floor(place / (SERVICES * REPLICAS));
    const service = Math.floor(place / REPLICAS) % SERVICES;
    const on = networks[project];
    if (on === undefined) throw new Error(`project ${project} has no network`);
    const name = `p${project}-s${service}-${(place % REPLICAS) + 1}`;
    // The fixture's own addresses end at 255.
    const own = {
      id: `e${index}` as EndpointId,
      index,
      ipv4: parseInterfaceAddress(`10.1.${index >> 8}.${index & 255}/16`),
      representor: `hyr${index}`,
      port: 100 + index,
    };
    all.push(endpoint((index % 250) + 1, on, container(name, labels(project, service, rules)), own));
  }
  return {
    ...facts(networks, all),
    gateways: new Map(all.map(({ id, index }) => [id, GATEWAY_PORT_FIRST + index])),
    hostAddresses: new Set(["192.0.2.1", "172.17.0.1", "fe80::1"].map(parseIp)),
  };
}

function labels(project: number, service: number, rules: number): Record<string, string> {
  const written: Record<string, string> = {
    ...composeLabels(`p${project}`, `s${service}`),
    "hyperion.group": `tier-${service % 5}`,
    "hyperion.label.env": project % 2 === 0 ? "prod" : "test",
  };
  for (let rule = 0; rule < rules; rule++) {
    const port = 1_024 + service * 100 + rule * 3;
    const peer = (service + rule + 1) % SERVICES;
    const direction = rule % 4 === 3 ? "egress" : "ingress";
    written[`hyperion.${direction}.r${rule}`] = ruleText(
      rule,
      port,
      peer,
      direction === "egress" ? "to" : "from",
    );
  }
  return written;
}

/** Rules of every usual form, in turn. */
function ruleText(rule: number, port: number, peer: number, preposition: string): string {
  switch (rule % 5) {
    case 0:
      return `allow tcp/${port} ${preposition} service:s${peer}`;
    case 1:
      return `allow tcp/${port}-${port + 20} ${preposition} group:tier-${peer % 5}`;
    case 2:
      return `allow tcp/${port},${port + 1} ${preposition} project & env=prod`;
    case 3:
      return `allow udp/${port} ${preposition} any`;
    default:
      return `deny tcp/${port} ${preposition} group:tier-${peer % 5} & !service:s${peer} prio 100`;
  }
}

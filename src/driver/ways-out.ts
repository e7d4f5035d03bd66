import type { EndpointFacts, Facts } from "../model/facts.ts";
import type { ContainerId, EndpointId } from "../model/ids.ts";
import { hasWayOut } from "../pipeline/index.ts";
import type { Link } from "../platform/host/host.ts";

/** Docker's bridge for containers whose networks give them no gateway (libnetwork, default_gateway.go). */
const GATEWAY_BRIDGE = "docker_gwbridge";

/** The ways out of containers, as the host's devices show them. */
export interface WaysOut {
  /** The host's ends of all links to the bridge, whoever's container has the other. */
  readonly ports: readonly Link[];
  /** By endpoint: all of those whose container has a way out. */
  readonly byEndpoint: ReadonlyMap<EndpointId, number>;
  /** Those of the ports that our endpoints answer for. */
  readonly ours: ReadonlySet<number>;
  /** A port that leads nowhere yet may turn out to be one of ours. */
  readonly expecting: boolean;
  /** A VF is still here, on its way into a container: any, as far as one can see. */
  readonly arriving: boolean;
}

/**
 * How long a container may be without a way out before none is expected any more: one that has a gateway by
 * another driver's network never gets one. The engine makes it in the same breath in which it moves the VF.
 */
const EXPECTED_WITHIN_MS = 30_000;

/**
 * Whose is which: the other ends of a container's VFs and of its link to the bridge are in one network
 * namespace, for which the kernel has one number.
 *
 * @param before the ways out found last time. Where a container has moved its own end of a device into
 * yet another namespace, or has deleted its VF, its way out is still the one that it had, or that its other
 * endpoints have.
 */
export function findWaysOut(
  links: readonly Link[],
  facts: Facts,
  before: Facts["gateways"],
  nowMs: number,
): WaysOut {
  const bridge = links.find(({ name }) => name === GATEWAY_BRIDGE)?.index;
  // Docker makes veth pairs; any other device on the bridge is its owner's business.
  const ports = links.filter(
    ({ master, kind }) => kind === "veth" && master === bridge && bridge !== undefined,
  );
  const present = new Set(ports.map(({ index }) => index));
  const byNamespace = new Map<number, number>();
  for (const { peerNamespace, index } of ports) {
    if (peerNamespace !== undefined) byNamespace.set(peerNamespace, index);
  }
  const representors = new Map(links.map((link) => [link.index, link]));
  const byEndpoint = new Map<EndpointId, number>();
  const byContainer = new Map<ContainerId, number>();
  const withoutDevice: EndpointFacts[] = [];
  const ours = new Set<number>();
  const ourNamespaces = new Set<number>();
  let expecting = false;
  let arriving = false;
  for (const endpoint of facts.endpoints.values()) {
    const device = representors.get(endpoint.port);
    const representor = device?.name === endpoint.representor ? device : undefined;
    const peerNamespace = representor?.peerNamespace;
    const known = before.get(endpoint.id);
    const kept = known !== undefined && present.has(known) ? known : undefined;
    const port = (peerNamespace === undefined ? undefined : byNamespace.get(peerNamespace)) ?? kept;
    if (port !== undefined) byEndpoint.set(endpoint.id, port);
    if (representor === undefined) withoutDevice.push(endpoint);
    else if (port !== undefined && endpoint.container) byContainer.set(endpoint.container.id, port);
    if (!leadsOut(endpoint, facts)) continue;
    if (port !== undefined) ours.add(port);
    if (representor === undefined) continue;
    if (peerNamespace === undefined) arriving = true;
    else ourNamespaces.add(peerNamespace);
    if (port === undefined && nowMs - endpoint.createdAtMs < EXPECTED_WITHIN_MS) expecting = true;
  }
  for (const { id, container } of withoutDevice) {
    const port = container && byContainer.get(container.id);
    if (port !== undefined) byEndpoint.set(id, port);
  }
  // For a moment there may be two into one container, an old one and its successor.
  for (const { index, peerNamespace } of ports) {
    if (peerNamespace !== undefined && ourNamespaces.has(peerNamespace)) ours.add(index);
  }
  return { ports, byEndpoint, ours, expecting: expecting || arriving, arriving };
}

function leadsOut(endpoint: EndpointFacts, facts: Facts): boolean {
  const network = facts.networks.get(endpoint.networkId);
  return network !== undefined && hasWayOut(network);
}

import { Interner } from "../base/interner.ts";
import { sameItems } from "../base/same-items.ts";
import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";
import type { EndpointId, EndpointIndex, NetworkId } from "../model/ids.ts";
import type { PortRow, Row } from "../model/rows.ts";
import { type Binding, bind, bindingKey } from "./binding.ts";
import type { Desired, EndpointView, Numbering, Settings } from "./desired.ts";
import { endpointRows } from "./endpoint-rows.ts";
import { governingEndpoints } from "./gateways.ts";
import type { IdentityClass } from "./identity-class.ts";
import { networkRows } from "./network-rows.ts";
import { OutsideWorld } from "./outside-world.ts";
import { PolicySet } from "./policy-set.ts";
import { EMPTY_SHELF, shelfAfter } from "./policy-shelf.ts";
import { NOBODY, type Population, populationAfter } from "./population.ts";
import { SelectorIndex } from "./selector-index.ts";

/** One endpoint in its place among the others, and what came of it. */
interface Placed {
  /** The owner of its rows. Kept, as every compilation asks for it again. */
  readonly group: string;
  readonly network: NetworkFacts;
  readonly binding: Binding;
  readonly identity: IdentityClass;
  readonly policySet: PolicySet;
  readonly rows: readonly Row[];
  readonly view: EndpointView;
}

/** Who is on a network. */
interface Attendance {
  readonly network: NetworkFacts;
  readonly endpoints: readonly EndpointIndex[];
  readonly population: Population;
  readonly rows: readonly Row[];
}

/**
 * Turns facts into rows. The outcome is a function of the facts and the numbers alone; what is
 * remembered from one compilation to the next only saves work, and lets the reconciler skip by
 * reference what did not change.
 */
export class Compiler {
  readonly #settings: Settings;
  #shelf = EMPTY_SHELF;
  #bindingKeys = new WeakMap<EndpointFacts, { network: NetworkFacts; key: string }>();
  #bindings = new Interner<Binding>();
  #placed = new WeakMap<EndpointFacts, Placed>();
  #networks: ReadonlyMap<NetworkId, Attendance> = new Map();
  #identities = new Interner<IdentityClass>();
  #policySets = new Interner<PolicySet>();
  #index = new SelectorIndex();
  #outside = new OutsideWorld(this.#index);
  #gateways: ReadonlyMap<number, readonly [PortRow]> = new Map();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * @param numbering the same for the life of the compiler; a number may be released when a
   * compilation no longer used it. What it throws is passed on.
   */
  compile(facts: Facts, numbering: Numbering): Desired {
    try {
      return this.#compile(facts, numbering);
    } catch (error) {
      // Half a compilation remembers numbers that its caller never saw and may give to others.
      this.#forget();
      throw error;
    }
  }

  #compile(facts: Facts, numbering: Numbering): Desired {
    this.#takeShelf(facts);
    const placed = this.#placeAll(facts, numbering);
    const governing = governingEndpoints(facts);
    const gatewaySets = this.#gatewaySets(governing.values(), placed);
    this.#outside.update([...gatewaySets], facts.hostAddresses, numbering);
    this.#gateways = this.#gatewayRows(governing);
    this.#bindings.sweep();
    for (const gone of this.#identities.sweep()) this.#index.removeClass(gone);
    for (const gone of this.#policySets.sweep()) gone.dispose();
    this.#networks = this.#takeAttendance(facts, placed);

    const groups = new Map<string, readonly Row[]>();
    for (const [id, { rows }] of this.#networks) groups.set(`network:${id}`, rows);
    for (const [policySet, populations] of this.#populationsByPolicySet(placed)) {
      groups.set(`policy:${policySet.number}`, policySet.rows(populations));
    }
    for (const policySet of gatewaySets) {
      groups.set(`outside:${policySet.number}`, policySet.outsideRows(this.#outside.population));
    }
    if (this.#outside.rows.length > 0) groups.set("prefixes", this.#outside.rows);
    const endpoints = new Map<EndpointId, EndpointView>();
    for (const [{ id }, { group, rows, view }] of placed) {
      groups.set(group, rows);
      endpoints.set(id, view);
    }
    for (const [port, rows] of this.#gateways) groups.set(`gateway:${port}`, rows);
    return { groups, endpoints };
  }

  #forget(): void {
    this.#placed = new WeakMap();
    this.#networks = new Map();
    this.#identities = new Interner();
    this.#policySets = new Interner();
    this.#index = new SelectorIndex();
    this.#outside = new OutsideWorld(this.#index);
  }

  /** What was bound under other admin policies says nothing under these. */
  #takeShelf({ policies }: Facts): void {
    const shelf = shelfAfter(this.#shelf, policies.values());
    if (shelf === this.#shelf) return;
    this.#shelf = shelf;
    this.#bindingKeys = new WeakMap();
    this.#bindings = new Interner();
  }

  /** The policy sets that decide at ways out and tell apart who is outside, by number. */
  #gatewaySets(
    governing: Iterable<EndpointFacts>,
    placed: ReadonlyMap<EndpointFacts, Placed>,
  ): ReadonlySet<PolicySet> {
    const sets = new Set<PolicySet>();
    for (const endpoint of governing) {
      const policySet = placed.get(endpoint)?.policySet;
      if (policySet?.namesOutside === true) sets.add(policySet);
    }
    return new Set([...sets].sort((a, b) => a.number - b.number));
  }

  #gatewayRows(governing: ReadonlyMap<number, EndpointFacts>): ReadonlyMap<number, readonly [PortRow]> {
    const gateways = new Map<number, readonly [PortRow]>();
    for (const [port, { index }] of governing) {
      const known = this.#gateways.get(port);
      const row = { table: "port", port, endpoint: index, kind: "gateway" } as const;
      gateways.set(port, known?.[0].endpoint === index ? known : [row]);
    }
    return gateways;
  }

  /** An endpoint whose network is not among the facts has no place: nothing can be said of it. */
  #placeAll(facts: Facts, numbering: Numbering): ReadonlyMap<EndpointFacts, Placed> {
    const bound: [EndpointFacts, NetworkFacts, Binding][] = [];
    const mentioned = new Set<string>();
    for (const endpoint of facts.endpoints.values()) {
      const network = facts.networks.get(endpoint.networkId);
      if (network === undefined) continue;
      const binding = this.#bind(endpoint, network);
      bound.push([endpoint, network, binding]);
      for (const name of binding.mentionedContainers) mentioned.add(name);
    }
    const placed = new Map<EndpointFacts, Placed>();
    for (const [endpoint, network, binding] of bound) {
      const identity = this.#identityOf(endpoint, binding, mentioned, numbering);
      const policySet = this.#policySetOf(binding, numbering);
      placed.set(endpoint, this.#place(endpoint, network, binding, identity, policySet));
    }
    return placed;
  }

  #bind(endpoint: EndpointFacts, network: NetworkFacts): Binding {
    let known = this.#bindingKeys.get(endpoint);
    if (known?.network !== network) {
      known = { network, key: bindingKey(endpoint, network, this.#settings, this.#shelf) };
      this.#bindingKeys.set(endpoint, known);
    }
    return this.#bindings.get(known.key, () => bind(endpoint, network, this.#settings, this.#shelf));
  }

  #place(
    endpoint: EndpointFacts,
    network: NetworkFacts,
    binding: Binding,
    identity: IdentityClass,
    policySet: PolicySet,
  ): Placed {
    const known = this.#placed.get(endpoint);
    const same =
      known?.network === network &&
      known.binding === binding &&
      known.identity === identity &&
      known.policySet === policySet;
    if (same) return known;
    const { mode, quarantine, posture, problems, warnings, owner } = binding;
    const containerName = endpoint.container?.name;
    const rows = endpointRows(endpoint, network.index, binding, identity.number, policySet);
    const placed: Placed = {
      group: `endpoint:${endpoint.id}`,
      network,
      binding,
      identity,
      policySet,
      rows: known !== undefined && sameText(known.rows, rows) ? known.rows : rows,
      view: {
        identity: identity.number,
        policy: policySet.number,
        mode,
        quarantine,
        posture,
        problems,
        warnings,
        owner: owner && { ...owner, subject: { ...owner.subject, containerName } },
        rules: policySet.rules,
      },
    };
    this.#placed.set(endpoint, placed);
    return placed;
  }

  #policySetOf({ policyKey, source }: Binding, numbering: Numbering): PolicySet {
    return this.#policySets.get(
      policyKey,
      () => new PolicySet(numbering.policy(policyKey), source, this.#index),
    );
  }

  /** A name that no rule mentions is not part of the class: its members have different ones. */
  #identityOf(
    { container }: EndpointFacts,
    { quarantine, subject, identityKey }: Binding,
    mentioned: ReadonlySet<string>,
    numbering: Numbering,
  ): IdentityClass {
    const named = quarantine === undefined && container !== undefined && mentioned.has(container.name);
    const containerName = named ? container.name : undefined;
    const key = named ? `${identityKey} ${containerName}` : identityKey;
    return this.#identities.get(key, () => {
      const added = { number: numbering.identity(key), remote: { ...subject, containerName } };
      this.#index.addClass(added);
      return added;
    });
  }

  #takeAttendance(
    facts: Facts,
    placed: ReadonlyMap<EndpointFacts, Placed>,
  ): ReadonlyMap<NetworkId, Attendance> {
    const endpoints = new Map<NetworkId, EndpointIndex[]>();
    const classes = new Map<NetworkId, Set<IdentityClass>>();
    for (const id of facts.networks.keys()) {
      endpoints.set(id, []);
      classes.set(id, new Set());
    }
    for (const [{ networkId, index }, { binding, identity }] of placed) {
      endpoints.get(networkId)?.push(index);
      if (binding.quarantine === undefined) classes.get(networkId)?.add(identity);
    }
    const attendances = new Map<NetworkId, Attendance>();
    for (const [id, network] of facts.networks) {
      const known = this.#networks.get(id);
      const members = network.options.multicast ? (endpoints.get(id) ?? []).sort((a, b) => a - b) : [];
      const unchanged = known?.network === network && sameItems(known.endpoints, members);
      attendances.set(id, {
        network,
        endpoints: members,
        population: populationAfter(known?.population ?? NOBODY, classes.get(id) ?? new Set()),
        rows: unchanged ? known.rows : networkRows(network, members),
      });
    }
    return attendances;
  }

  /** Locality: a policy set needs rows only for who lives on a network that one of its endpoints is on. */
  #populationsByPolicySet(
    placed: ReadonlyMap<EndpointFacts, Placed>,
  ): ReadonlyMap<PolicySet, readonly Population[]> {
    const networks = new Map<PolicySet, Set<NetworkId>>();
    for (const [{ networkId }, { policySet }] of placed) {
      const known = networks.get(policySet);
      if (known === undefined) networks.set(policySet, new Set([networkId]));
      else known.add(networkId);
    }
    const populationOf = (id: NetworkId): Population => this.#networks.get(id)?.population ?? NOBODY;
    return new Map([...networks].map(([set, ids]) => [set, [...ids].sort().map(populationOf)]));
  }
}

function sameText(a: readonly Row[], b: readonly Row[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import { Interner } from "../base/interner.ts";
import type { EndpointFacts, Facts, NetworkFacts } from "../model/facts.ts";
import type { EndpointId, NetworkId } from "../model/ids.ts";
import type { Row } from "../model/rows.ts";
import { type Binding, bind } from "./binding.ts";
import type { Desired, EndpointView, Numbering, Settings } from "./desired.ts";
import { endpointRows } from "./endpoint-rows.ts";
import type { IdentityClass } from "./identity-class.ts";
import { networkRows } from "./network-rows.ts";
import { PolicySet, type Population } from "./policy-set.ts";
import { SelectorIndex } from "./selector-index.ts";

/** One endpoint in its place among the others, and what came of it. */
interface Placed {
  readonly binding: Binding;
  readonly identity: IdentityClass;
  readonly policySet: PolicySet;
  readonly rows: readonly Row[];
  readonly view: EndpointView;
}

/** Who is on a network, while it is being found out. */
interface Attendance {
  readonly network: NetworkFacts;
  readonly endpoints: number[];
  readonly classes: Set<IdentityClass>;
}

interface NetworkMemo {
  readonly attendance: Attendance;
  readonly rows: readonly Row[];
}

/**
 * Turns facts into rows. The outcome is a function of the facts and the numbers alone; what is
 * remembered from one compilation to the next only saves work, and lets the reconciler skip by
 * reference what did not change.
 */
export class Compiler {
  readonly #settings: Settings;
  #bindings = new WeakMap<EndpointFacts, Binding>();
  #placed = new WeakMap<EndpointFacts, Placed>();
  #networks: ReadonlyMap<NetworkId, NetworkMemo> = new Map();
  #identities = new Interner<IdentityClass>();
  #policySets = new Interner<PolicySet>();
  #index = new SelectorIndex();

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
    const placed = this.#placeAll(facts, numbering);
    for (const gone of this.#identities.sweep()) this.#index.removeClass(gone);
    for (const gone of this.#policySets.sweep()) gone.dispose();
    this.#networks = this.#takeAttendance(facts, placed);

    const groups = new Map<string, readonly Row[]>();
    for (const [id, { rows }] of this.#networks) groups.set(`network:${id}`, rows);
    for (const [policySet, populations] of this.#populationsByPolicySet(placed)) {
      groups.set(`policy:${policySet.number}`, policySet.rows(populations));
    }
    const endpoints = new Map<EndpointId, EndpointView>();
    for (const [{ id }, { rows, view }] of placed) {
      groups.set(`endpoint:${id}`, rows);
      endpoints.set(id, view);
    }
    return { groups, endpoints };
  }

  #forget(): void {
    this.#placed = new WeakMap();
    this.#networks = new Map();
    this.#identities = new Interner();
    this.#policySets = new Interner();
    this.#index = new SelectorIndex();
  }

  /** An endpoint whose network is not among the facts has no place: nothing can be said of it. */
  #placeAll(facts: Facts, numbering: Numbering): ReadonlyMap<EndpointFacts, Placed> {
    const bindings = new Map<EndpointFacts, Binding>();
    const mentioned = new Set<string>();
    for (const endpoint of facts.endpoints.values()) {
      const network = facts.networks.get(endpoint.networkId);
      if (network === undefined) continue;
      const binding = this.#bind(endpoint, network);
      bindings.set(endpoint, binding);
      for (const name of binding.mentionedContainers) mentioned.add(name);
    }
    const placed = new Map<EndpointFacts, Placed>();
    for (const [endpoint, binding] of bindings) {
      placed.set(endpoint, this.#place(endpoint, binding, mentioned, numbering));
    }
    return placed;
  }

  #bind(endpoint: EndpointFacts, network: NetworkFacts): Binding {
    const known = this.#bindings.get(endpoint);
    if (known?.network === network) return known;
    const binding = bind(endpoint, network, this.#settings);
    this.#bindings.set(endpoint, binding);
    return binding;
  }

  #place(
    endpoint: EndpointFacts,
    binding: Binding,
    mentioned: ReadonlySet<string>,
    numbering: Numbering,
  ): Placed {
    const identity = this.#identityOf(binding, mentioned, numbering);
    const policySet = this.#policySets.get(
      binding.policyKey,
      () => new PolicySet(numbering.policy(binding.policyKey), binding.source, this.#index),
    );
    const known = this.#placed.get(endpoint);
    if (known?.binding === binding && known.identity === identity && known.policySet === policySet) {
      return known;
    }
    const placed: Placed = {
      binding,
      identity,
      policySet,
      rows: endpointRows(endpoint, binding, identity.number, policySet),
      view: {
        identity: identity.number,
        policy: policySet.number,
        mode: binding.mode,
        quarantine: binding.quarantine,
        posture: binding.posture,
        problems: binding.problems,
        rules: policySet.rules,
      },
    };
    this.#placed.set(endpoint, placed);
    return placed;
  }

  #identityOf(binding: Binding, mentioned: ReadonlySet<string>, numbering: Numbering): IdentityClass {
    const { subject } = binding;
    const name = subject.containerName;
    const named = name !== undefined && mentioned.has(name);
    const key = named ? `${binding.identityKey} ${name}` : binding.identityKey;
    return this.#identities.get(key, () => {
      // A name that no rule mentions is not part of the class: its members have different ones.
      const seen = named ? subject : { ...subject, containerName: undefined };
      const added = { number: numbering.identity(key), subject: seen };
      this.#index.addClass(added);
      return added;
    });
  }

  #takeAttendance(
    facts: Facts,
    placed: ReadonlyMap<EndpointFacts, Placed>,
  ): ReadonlyMap<NetworkId, NetworkMemo> {
    const attendances = new Map<NetworkId, Attendance>();
    for (const network of facts.networks.values()) {
      attendances.set(network.id, { network, endpoints: [], classes: new Set() });
    }
    for (const [{ networkId, index }, { binding, identity }] of placed) {
      const attendance = attendances.get(networkId);
      attendance?.endpoints.push(index);
      if (binding.quarantine === undefined) attendance?.classes.add(identity);
    }
    return new Map([...attendances].map(([id, found]) => [id, renew(this.#networks.get(id), found)]));
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
    const populationOf = (id: NetworkId): Population =>
      this.#networks.get(id)?.attendance.classes ?? new Set();
    return new Map([...networks].map(([set, ids]) => [set, [...ids].sort().map(populationOf)]));
  }
}

/** What is known of a network, with the objects of the last time where nothing changed. */
function renew(known: NetworkMemo | undefined, found: Attendance): NetworkMemo {
  if (known === undefined) return { attendance: found, rows: networkRows(found.network, found.endpoints) };
  const before = known.attendance;
  const classes = sameSet(before.classes, found.classes) ? before.classes : found.classes;
  const sameMembers =
    !found.network.options.multicast || sameSet(new Set(before.endpoints), new Set(found.endpoints));
  const unchanged = before.network === found.network && sameMembers;
  const rows = unchanged ? known.rows : networkRows(found.network, found.endpoints);
  return { attendance: { ...found, classes }, rows };
}

function sameSet(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const item of a) if (!b.has(item)) return false;
  return true;
}

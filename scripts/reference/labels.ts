import { code, GENERATED, table } from "./markdown.ts";

export interface LabelRow {
  /** With RULE and KEY for what is the author's to choose. */
  readonly key: string;
  /** Values that may be written so, or the kind of value. */
  readonly values: readonly string[];
  readonly meaning: string;
}

/** A test asks the parser whether each key is one, whether all are here, and whether the values are values. */
export const LABELS: readonly LabelRow[] = [
  {
    key: "hyperion.policy",
    values: ["default-deny", "default-deny-ingress", "default-deny-egress", "default-allow"],
    meaning:
      "What decides where no rule does. Where nothing says anything, a direction that at least one allow rule applies to is default-deny, and any other is as the daemon's `--posture` says.",
  },
  { key: "hyperion.ingress.RULE", values: [], meaning: "A rule: who may talk to this container." },
  { key: "hyperion.egress.RULE", values: [], meaning: "A rule: whom this container may talk to." },
  {
    key: "hyperion.mode",
    values: ["enforce", "audit", "learn"],
    meaning:
      "`audit`: this container's own denials pass, are counted and reported. `learn`: the same, and its connections are recorded for `hyperion policy suggest`. Default `enforce`.",
  },
  {
    key: "hyperion.group",
    values: ["web", "web,edge"],
    meaning: "Groups that the container belongs to, for `group:` selectors.",
  },
  { key: "hyperion.label.KEY", values: [], meaning: "Identity label that selectors see as `KEY`; any text." },
  {
    key: "hyperion.rate.ingress",
    values: ["200mbit", "200mbit burst 1mb"],
    meaning:
      "Cap on what the container receives. What is over it is dropped. The burst is half a second of the rate unless it is given; TCP makes little use of a cap with a much smaller one.",
  },
  { key: "hyperion.rate.egress", values: ["50mbit"], meaning: "Cap on what the container sends; as above." },
  {
    key: "hyperion.offload",
    values: ["prefer", "require", "off"],
    meaning:
      "Whether a NIC carries its established connections. `require`: does not start without one, nor without room in its tables. `off`: software carries all of them. Default `prefer`.",
  },
];

const RULES = `\`\`\`
rule    = action [protos] [peer] {option}
action  = "allow" | "deny"
protos  = proto {"," proto}                                   (default: any)
proto   = ("tcp"|"udp"|"sctp") ["/" ports] | ("icmp"|"icmp6") ["/" type [":" code]] | "any"
ports   = port-or-range {"," port-or-range}                   (an item that begins with a digit continues the port list)
peer    = ("from" | "to") alternative {"," alternative}       (ingress takes from, egress takes to; "," is OR; default: any)
alternative = term {"&" term}                                 ("&" is AND)
term    = ["!"] atom
option  = "on" NETWORK | "prio" 0..1000 | "log" | "audit" | "comment" "\\"…\\""
\`\`\`

\`RULE\`, the rule's name, is what counters, events and explanations show: 1 to 32 lower-case letters, digits and dashes. Words may be in any case;
\`hyperion policy fmt\` prints the canonical form. Values with spaces or commas are quoted. Bare \`icmp\` is ICMP and ICMPv6; \`icmp/8\` numbers
IPv4's types, \`icmp6/128\` IPv6's. NETWORK is the name that Docker shows, or the compose key of a network of the owner's own project.
`;

/** A test reads each of these as a peer. */
export const ATOMS: readonly (readonly [atoms: readonly string[], meaning: string])[] = [
  [["any"], "everything"],
  [["containers"], "every endpoint that Hyperion manages, on any node"],
  [["host"], "the machine that the rule's owner runs on, by any of its addresses"],
  [["world"], "every other address that is not a Hyperion endpoint"],
  [
    ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32"],
    "addresses that are not Hyperion endpoints; containers are matched by who they are, never by where. The host's own addresses count",
  ],
  [["project"], "the same compose project or Swarm stack as the owner"],
  [["service"], "the same service of the same project"],
  [["service:db"], "service `db` of the owner's own project (E131 on an owner without one)"],
  [["service:shop/db"], "service `db` of project `shop`"],
  [["project:shop"], "every service of project `shop`"],
  [["group:web"], "members of the group: `hyperion.group`"],
  [["container:db-1"], "the container of that name"],
  [["tier=front"], "identity label `tier` is `front`"],
  [["env!=dev"], "identity label `env` is not `dev`, or is not there"],
  [['tier in("front","batch")'], "identity label `tier` is one of these"],
  [["has(tier)"], "identity label `tier` is there"],
];

const DECIDING = `A connection from A to B passes if and only if **A's egress and B's ingress both allow it**; replies follow the connection. For one
endpoint and direction:

1. Of the rules whose peer, protocol and port match the first decides: by tier (admin, container, baseline), then \`prio\` (lower first; default 500), then deny before allow.
2. No rule: the posture, by the strongest carrier that says anything of that direction: admin policy, \`driver_opts\`, labels, the network's option, baseline policy. Nothing says anything: a direction
   that at least one *allow* rule applies to is default-deny, any other is as the daemon's \`--posture\` says. \`on NETWORK\` limits a rule, and this effect of it, to endpoints on that network.
3. \`audit\` on a rule or a container turns *its own* denials into passes that are counted and reported; the other side still enforces.

Published ports, the host and DNS upstreams are \`world\` or \`host\` traffic like any other.
`;

export function labelsPage(): string {
  return `# Labels

${GENERATED} [The policy language](../policy.md) teaches them; this page lists them.

The same keys and values may stand in an endpoint's \`driver_opts\`, where they need no access to Docker's API. A rule name
in both is an error (E140); different names add up. Any other \`hyperion.*\` key is an error (E101).

${table(
  ["label", "values", "meaning"],
  LABELS.map(({ key, values, meaning }) => [code(key), values.map(code).join(", "), meaning]),
)}
Labels that come from the *image* (same key, same value) are ignored with a warning (W401) unless the daemon is told \`--trust-image-labels\`. Selectors see other
labels of a container only if \`--identity-labels\` lists them.

## Rules

${RULES}
## Who a rule is about

${table(
  ["atom", "matches"],
  ATOMS.map(([atoms, meaning]) => [atoms.map(code).join(", "), meaning]),
)}
\`!\` stays within its kind: \`!group:web\` is every *container* that is not in it, \`!10.1.0.0/16\` every *outside* address that is not in it. A conjunction that can match nothing is an error (E133).

## Deciding

${DECIDING}`;
}

import type { Ip } from "../model/ip.ts";
import type { Verdict } from "../model/posture.ts";
import type { Prefix } from "../model/prefix.ts";
import type { Span } from "./problem.ts";

/*
 * A rule as its author wrote it. Every node knows where it stands in the text.
 * Names that depend on who owns the rule ("project", "service:db") stay as they are: the same rule
 * means something else on another container.
 */

export interface Rule {
  readonly action: Verdict;
  /** Any of these; empty: every protocol. */
  readonly protocols: readonly ProtocolMatch[];
  /** Any of these; empty: anyone. */
  readonly peer: readonly Alternative[];
  /** The network that the rule is limited to. */
  readonly on: string | undefined;
  /** 0 to 1000; the lower decides. */
  readonly prio: number;
  readonly log: boolean;
  readonly audit: boolean;
  readonly comment: string | undefined;
  readonly span: Span;
}

export const PRIO_DEFAULT = 500;
export const PRIO_MAX = 1000;

export type PortProtocol = "tcp" | "udp" | "sctp";
export type IcmpProtocol = "icmp" | "icmp6";
export type ProtocolMatch = PortMatch | IcmpMatch;

export interface PortMatch {
  readonly protocol: PortProtocol;
  /** Any of these; empty: every port. */
  readonly ports: readonly PortRange[];
  readonly span: Span;
}

/** Both ends inclusive, 1 to 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly span: Span;
}

/** `icmp` without a type is ICMP and ICMPv6; with one it is ICMP, whose types it numbers. */
export interface IcmpMatch {
  readonly protocol: IcmpProtocol;
  readonly type: number | undefined;
  readonly code: number | undefined;
  readonly span: Span;
}

/** A conjunction of terms. */
export interface Alternative {
  readonly terms: readonly Term[];
  readonly span: Span;
}

export interface Term {
  readonly negated: boolean;
  readonly atom: Atom;
  readonly span: Span;
}

/** Atoms that are one word. */
export type WordKind = "any" | "containers" | "world" | "host" | "project" | "service";

/** Atoms that are `kind:NAME` and no more. */
export type NameKind = "group" | "container";

export type Atom = AnyAtom | OutsideAtom | ContainerAtom;

export interface AnyAtom {
  readonly kind: "any";
  readonly span: Span;
}

/** Holds of remotes that are no containers of Hyperion, by where they are. */
export type OutsideAtom =
  | { readonly kind: "world" | "host"; readonly span: Span }
  | { readonly kind: "prefix"; readonly prefix: Prefix; readonly span: Span }
  | { readonly kind: "address"; readonly address: Ip; readonly span: Span };

/** Holds of containers, by who they are. */
export type ContainerAtom =
  | { readonly kind: "containers" | "project" | "service"; readonly span: Span }
  | { readonly kind: NameKind; readonly name: string; readonly span: Span }
  | { readonly kind: "project-named"; readonly project: string; readonly span: Span }
  | ServiceNamed
  | LabelAtom;

export interface ServiceNamed {
  readonly kind: "service-named";
  /** Undefined: the owner's own project. */
  readonly project: string | undefined;
  readonly service: string;
  readonly span: Span;
}

/** `!=` also holds for a container that lacks the label, as in Kubernetes' selectors. */
export type LabelAtom =
  | { readonly kind: "label-has"; readonly key: string; readonly span: Span }
  | { readonly kind: "label-is"; readonly key: string; readonly value: string; readonly span: Span }
  | { readonly kind: "label-is-not"; readonly key: string; readonly value: string; readonly span: Span }
  | {
      readonly kind: "label-in";
      readonly key: string;
      readonly values: readonly string[];
      readonly span: Span;
    };

/** `!` stays on the side of what it negates, and a conjunction across sides matches nothing. */
export type AtomSide = "either" | "containers" | "outside";

export function sideOf(atom: Atom): AtomSide {
  switch (atom.kind) {
    case "any":
      return "either";
    case "world":
    case "host":
    case "prefix":
    case "address":
      return "outside";
    default:
      return "containers";
  }
}

export function isOutsideAtom(atom: Atom): atom is OutsideAtom {
  return sideOf(atom) === "outside";
}

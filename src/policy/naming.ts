import { bitsOf } from "../model/ip.ts";
import type { Verdict } from "../model/posture.ts";
import { prefixBase, prefixBits, prefixFamily } from "../model/prefix.ts";
import { type Alternative, type Atom, PRIO_DEFAULT, type ProtocolMatch, type Rule } from "./ast.ts";
import { isName } from "./label-keys.ts";
import type { Outside } from "./outside.ts";
import { printAtom } from "./print.ts";
import type { Subject } from "./subject.ts";

/** What a name is made of; a subject has it, and so has a container that was seen. */
export type Nameable = Pick<Subject, "project" | "service" | "containerName" | "groups">;

/** The place of what nobody wrote. */
export const NOWHERE = { start: 0, end: 0 };

/**
 * The selector by which a rule of `owner` best means `remote`, as a person would write it: by service,
 * else by group, else by name. Undefined when nothing names it.
 */
export function nameContainer(owner: Nameable, remote: Nameable): Alternative | undefined {
  const { project, service, containerName } = remote;
  if (project !== undefined && service !== undefined && isName(project) && isName(service)) {
    const own = project === owner.project;
    return one({ kind: "service-named", project: own ? undefined : project, service, span: NOWHERE });
  }
  const group = [...remote.groups].sort()[0];
  if (group !== undefined) return one({ kind: "group", name: group, span: NOWHERE });
  if (containerName !== undefined && isName(containerName)) {
    return one({ kind: "container", name: containerName, span: NOWHERE });
  }
  return undefined;
}

/** The same for what is outside: the machine, an address, a subnet, or everywhere. */
export function nameOutside({ prefix, host }: Outside): Alternative {
  if (host) return one({ kind: "host", span: NOWHERE });
  const bits = prefixBits(prefix);
  if (bits === 0) return one({ kind: "world", span: NOWHERE });
  if (bits < bitsOf(prefixFamily(prefix))) return one({ kind: "prefix", prefix, span: NOWHERE });
  return one({ kind: "address", address: prefixBase(prefix), span: NOWHERE });
}

function one(atom: Atom): Alternative {
  return { terms: [{ negated: false, atom, span: NOWHERE }], span: NOWHERE };
}

/** Longest name of a rule. */
const RULE_NAME_LENGTH_MAX = 32;
/** Room for a number behind a name that is taken. */
const STEM_LENGTH_MAX = RULE_NAME_LENGTH_MAX - 4;

/** A name for a rule that says what it is for, and that none of `taken` has. */
export function ruleNameFor(about: string, taken: ReadonlySet<string>): string {
  const stem = about
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, STEM_LENGTH_MAX)
    .replace(/^-+|-+$/g, "");
  const name = stem === "" ? "rule" : stem;
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

/** What to call a rule about this peer: `api` for `service:api`, `world`, `10-1-0-0-16`. */
export function shortNameOf({ terms }: Alternative): string {
  const atom = terms[0]?.atom;
  if (atom === undefined) return "any";
  if (atom.kind === "service-named") return atom.service;
  if (atom.kind === "group" || atom.kind === "container") return atom.name;
  return printAtom(atom);
}

/** A rule that says no more than this, to be printed. */
export function newRule(
  action: Verdict,
  protocols: readonly ProtocolMatch[],
  peer: readonly Alternative[],
  prio: number = PRIO_DEFAULT,
): Rule {
  const options = { on: undefined, prio, log: false, audit: false, comment: undefined };
  return { action, protocols, peer, ...options, span: NOWHERE };
}

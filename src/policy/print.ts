import type { Direction } from "../model/posture.ts";
import { type Alternative, type Atom, PRIO_DEFAULT, type ProtocolMatch, type Rule } from "./ast.ts";
import { isWord, quoteString } from "./token.ts";

/** The canonical text of a rule: parsing it gives the same rule. */
export function printRule(rule: Rule, direction: Direction): string {
  const parts: string[] = [rule.action];
  if (rule.protocols.length > 0) parts.push(rule.protocols.map(printProtocol).join(","));
  if (rule.peer.length > 0) parts.push(direction === "ingress" ? "from" : "to", printPeer(rule.peer));
  if (rule.on !== undefined) parts.push("on", printValue(rule.on));
  if (rule.prio !== PRIO_DEFAULT) parts.push("prio", String(rule.prio));
  if (rule.log) parts.push("log");
  if (rule.audit) parts.push("audit");
  if (rule.comment !== undefined) parts.push("comment", quoteString(rule.comment));
  return parts.join(" ");
}

function printProtocol(match: ProtocolMatch): string {
  if ("type" in match) {
    if (match.type === undefined) return match.protocol;
    return `${match.protocol}/${match.type}${match.code === undefined ? "" : `:${match.code}`}`;
  }
  if (match.ports.length === 0) return match.protocol;
  const ports = match.ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return `${match.protocol}/${ports.join(",")}`;
}

export function printPeer(peer: readonly Alternative[]): string {
  return peer.map(printAlternative).join(", ");
}

export function printAlternative(alternative: Alternative): string {
  return alternative.terms.map(({ negated, atom }) => (negated ? "!" : "") + printAtom(atom)).join(" & ");
}

export function printAtom(atom: Atom): string {
  switch (atom.kind) {
    case "group":
    case "container":
      return `${atom.kind}:${atom.name}`;
    case "project-named":
      return `project:${atom.project}`;
    case "service-named":
      return `service:${atom.project === undefined ? "" : `${atom.project}/`}${atom.service}`;
    case "prefix":
      return atom.prefix;
    case "address":
      return atom.address;
    case "label-has":
      return `has(${atom.key})`;
    case "label-is":
      return `${atom.key}=${printValue(atom.value)}`;
    case "label-is-not":
      return `${atom.key}!=${printValue(atom.value)}`;
    case "label-in":
      return `${atom.key} in(${atom.values.map(printValue).join(",")})`;
    default:
      return atom.kind;
  }
}

function printValue(value: string): string {
  return isWord(value) ? value : quoteString(value);
}

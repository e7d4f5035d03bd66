import { nearest } from "../base/nearest.ts";
import type { IcmpMatch, IcmpProtocol, PortMatch, PortProtocol, PortRange, ProtocolMatch } from "./ast.ts";
import { type Cursor, refuse } from "./cursor.ts";
import { quote, type Span } from "./problem.ts";

const PORT_PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp"] satisfies PortProtocol[];
const ICMP_PROTOCOLS: readonly string[] = ["icmp", "icmp6"] satisfies IcmpProtocol[];
export const PROTOCOL_WORDS: readonly string[] = [...PORT_PROTOCOLS, ...ICMP_PROTOCOLS, "any"];

const PORT_MAX = 65535;
const ICMP_MAX = 255;

/** `proto {"," proto}`; empty when `any` is among them, as then the others add nothing. */
export function parseProtocols(cursor: Cursor): readonly ProtocolMatch[] {
  const matches: ProtocolMatch[] = [];
  let any = false;
  do {
    const match = parseProtocol(cursor);
    if (match === "any") any = true;
    else matches.push(match);
  } while (cursor.accept(","));
  return any ? [] : matches;
}

function parseProtocol(cursor: Cursor): ProtocolMatch | "any" {
  const token = cursor.next("a protocol");
  const slash = token.text.indexOf("/");
  const head = (slash < 0 ? token.text : token.text.slice(0, slash)).toLowerCase();
  const rest = slash < 0 ? undefined : token.text.slice(slash + 1);
  const restSpan = { start: token.span.start + slash + 1, end: token.span.end };
  if (token.kind === "word") {
    if (PORT_PROTOCOLS.includes(head)) {
      return parsePorts(cursor, head as PortProtocol, token.span, rest, restSpan);
    }
    if (ICMP_PROTOCOLS.includes(head)) {
      return parseIcmp(head as IcmpProtocol, token.span, rest, restSpan);
    }
    if (head === "any" && rest === undefined) return "any";
  }
  throw refuse("E102", token.span, `expected a protocol, not ${quote(token.text)}`, likely(token.text));
}

/** What was meant by a word that is no protocol: a bare port, `tcp:80`, or a mistyped name. */
function likely(text: string): string | undefined {
  if (/^\d+(-\d+)?$/.test(text)) return `tcp/${text}`;
  const [, head = "", rest] = /^([a-z0-9]+)(?:[:/](.+))?$/i.exec(text) ?? [];
  const protocol = nearest(head, PROTOCOL_WORDS);
  if (protocol === undefined || rest === undefined || protocol === "any") return protocol;
  return `${protocol}/${rest}`;
}

/** The ports of one protocol: an item that begins with a digit continues the list. */
function parsePorts(
  cursor: Cursor,
  protocol: PortProtocol,
  span: Span,
  first: string | undefined,
  firstSpan: Span,
): PortMatch {
  if (first === undefined) {
    const port = cursor.peek()?.kind === "," ? cursor.peek(1) : cursor.peek();
    if (port?.kind === "word" && /^\d/.test(port.text)) {
      const where = { start: span.start, end: port.span.end };
      throw refuse("E102", where, 'expected "/" before the ports', `${protocol}/${port.text}`);
    }
    return { protocol, ports: [], span };
  }
  const ports = [parseRange(first, firstSpan)];
  while (cursor.peek()?.kind === "," && /^\d/.test(cursor.peekWord(1) ?? "")) {
    cursor.accept(",");
    const token = cursor.next("a port");
    ports.push(parseRange(token.text, token.span));
  }
  return { protocol, ports, span: { start: span.start, end: cursor.end } };
}

function parseRange(text: string, span: Span): PortRange {
  const [, firstText, lastText] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (firstText === undefined) {
    throw refuse("E102", span, "expected a port or a range of ports, like 80 or 7000-7100");
  }
  for (const port of [firstText, lastText ?? firstText]) {
    if (Number(port) >= 1 && Number(port) <= PORT_MAX) continue;
    const shown = port.length > 10 ? `${port.slice(0, 10)}…` : port;
    throw refuse("E117", span, `port ${shown} is outside 1–${PORT_MAX}`);
  }
  const first = Number(firstText);
  const last = lastText === undefined ? first : Number(lastText);
  if (first > last) throw refuse("E117", span, "the range of ports is reversed", `${last}-${first}`);
  return { first, last, span };
}

function parseIcmp(protocol: IcmpProtocol, span: Span, text: string | undefined, textSpan: Span): IcmpMatch {
  if (text === undefined) return { protocol, type: undefined, code: undefined, span };
  const [, typeText, codeText] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (typeText === undefined) {
    throw refuse("E102", textSpan, `expected an ICMP type, like ${protocol}/8 or ${protocol}/3:4`);
  }
  const type = Number(typeText);
  const code = codeText === undefined ? undefined : Number(codeText);
  if (type > ICMP_MAX) throw refuse("E102", textSpan, `ICMP type ${type} is outside 0–${ICMP_MAX}`);
  if (code !== undefined && code > ICMP_MAX) {
    throw refuse("E102", textSpan, `ICMP code ${code} is outside 0–${ICMP_MAX}`);
  }
  return { protocol, type, code, span };
}

import type { Protocol } from "../model/rows.ts";
import { PROTOCOLS, type ProbeRange, type Reach } from "../policy/index.ts";

/** The largest port, and the largest ICMP type << 8 | code. */
const LAST = 0xffff;
const CODE_LAST = 0xff;

/** Protocols and ports as rules write them: `tcp/22,8000-8100 icmp`; `any` for everything. */
export function formatReach(reach: Reach): string {
  const texts = PROTOCOLS.flatMap((protocol) => {
    const ranges = reach.filter((range) => range.protocol === protocol);
    return ranges.length === 0 ? [] : [formatProtocol(protocol, ranges)];
  });
  return texts.length === PROTOCOLS.length && texts.every(isWhole) ? "any" : texts.join(" ");
}

function isWhole(text: string): boolean {
  return !text.includes("/");
}

function formatProtocol(protocol: Protocol, ranges: readonly ProbeRange[]): string {
  if (protocol === "other" || ranges.some(({ first, last }) => first === 0 && last === LAST)) return protocol;
  const format = protocol === "icmp" || protocol === "icmp6" ? formatIcmp : formatPorts;
  return `${protocol}/${ranges.map(format).join(",")}`;
}

/** Port 0 is nobody's: what begins with it begins with 1. */
function formatPorts({ first, last }: ProbeRange): string {
  const start = Math.max(1, first);
  return start >= last ? `${last}` : `${start}-${last}`;
}

function formatIcmp({ first, last }: ProbeRange): string {
  const [start, end] = [splitIcmp(first), splitIcmp(last)];
  const whole = start.code === 0 && end.code === CODE_LAST;
  if (whole) return start.type === end.type ? `${start.type}` : `${start.type}-${end.type}`;
  const from = `${start.type}:${start.code}`;
  return first === last ? from : `${from}-${end.type}:${end.code}`;
}

function splitIcmp(value: number): { readonly type: number; readonly code: number } {
  return { type: value >> 8, code: value & CODE_LAST };
}

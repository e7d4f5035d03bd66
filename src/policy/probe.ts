import { HyperionError } from "../model/errors.ts";
import type { IpFamily } from "../model/ip.ts";
import type { ProtocolMatch } from "./ast.ts";
import type { Probe } from "./decide.ts";
import { NOWHERE } from "./naming.ts";

/** A question about one kind of connection, as people write it: `tcp/5432`, `icmp/8`, `icmp`. */
export interface NamedProbe {
  /** As documents show it: in lower case, and without zeroes in front. */
  readonly text: string;
  /** What it means between these addresses. */
  in(family: IpFamily): Probe;
}

const EXPECTED = "a probe: tcp/80, udp/53, sctp/9, icmp/8, icmp6/128, or icmp for an echo request";

const PORT_MAX = 65535;
const ICMP_MAX = 255;
/** Echo requests: RFC 792, RFC 4443 §4.1. */
const ECHO: Readonly<Record<IpFamily, Probe>> = {
  4: { protocol: "icmp", port: 8 << 8 },
  6: { protocol: "icmp6", port: 128 << 8 },
};

/**
 * Reads a probe. Bare `icmp` is an echo request, in the protocol of whichever addresses there are; a
 * type without a code has code 0. Throws E181.
 */
export function parseProbe(text: string): NamedProbe {
  const [, protocol, numberText, codeText] =
    /^(tcp|udp|sctp|icmp6?)(?:\/(\d+)(?::(\d+))?)?$/.exec(text.trim().toLowerCase()) ?? [];
  if (protocol === "icmp" && numberText === undefined) return { text: "icmp", in: (family) => ECHO[family] };
  const number = Number(numberText);
  const code = codeText === undefined ? 0 : Number(codeText);
  if (protocol === "tcp" || protocol === "udp" || protocol === "sctp") {
    if (number >= 1 && number <= PORT_MAX && codeText === undefined) {
      return fixed(`${protocol}/${number}`, { protocol, port: number });
    }
  } else if (protocol === "icmp" || protocol === "icmp6") {
    if (number <= ICMP_MAX && code <= ICMP_MAX) {
      const suffix = codeText === undefined ? "" : `:${code}`;
      return fixed(`${protocol}/${number}${suffix}`, { protocol, port: (number << 8) | code });
    }
  }
  throw new HyperionError("E181", { text: JSON.stringify(text), expected: EXPECTED });
}

function fixed(text: string, probe: Probe): NamedProbe {
  return { text, in: () => probe };
}

/** True when a rule can mean such connections and no others: not of protocols without a name, nor of port 0. */
export function hasName({ protocol, port }: Probe): boolean {
  return protocol === "icmp" || protocol === "icmp6" || (protocol !== "other" && port > 0);
}

/** What a rule says to mean such connections; empty (any protocol) for what no rule can name. */
export function protocolsOf(probe: Probe): readonly ProtocolMatch[] {
  const { protocol, port } = probe;
  if (!hasName(probe)) return [];
  switch (protocol) {
    case "other":
      return [];
    case "icmp":
    case "icmp6": {
      const code = port & 0xff;
      return [{ protocol, type: port >> 8, code: code === 0 ? undefined : code, span: NOWHERE }];
    }
    default:
      return [{ protocol, ports: [{ first: port, last: port, span: NOWHERE }], span: NOWHERE }];
  }
}

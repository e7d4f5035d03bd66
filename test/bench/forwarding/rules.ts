/** What the servers of every arena listen on. */
export const PORTS = { http: 8_080, httpDenied: 8_081, stream: 5_201, roundTrip: 7_007 } as const;

/** Ports of rules that nothing is served for: two apart, so that no two of them make one row. */
const FILLER_FIRST = 20_001;
const FILLER_STEP = 2;

/** The port of filler rule `n`, from 0. */
export function fillerPort(n: number): number {
  return FILLER_FIRST + n * FILLER_STEP;
}

/**
 * Labels of a server with `count` ingress rules, each a row of its own: the rules for what is served
 * come last, after those for ports that nobody uses. One allow closes the direction for all else.
 */
export function serverLabels(count: number): readonly string[] {
  const served = [
    `allow udp/${PORTS.roundTrip} from any`,
    `allow tcp/${PORTS.roundTrip} from any`,
    `allow tcp/${PORTS.stream} from any`,
    `allow tcp/${PORTS.http} from any`,
  ];
  const fillers = Array.from(
    { length: count - served.length },
    (_, n) => `allow tcp/${fillerPort(n)} from any`,
  );
  return [...fillers, ...served].map((rule, i) => `hyperion.ingress.r${i + 1}=${rule}`);
}

/** Number of filler rules among `count` rules. */
export function fillerCount(count: number): number {
  return count - 4;
}

/** Ten egress rules, so that both sides of a connection have a policy to look up. */
export function clientLabels(): readonly string[] {
  const rules = [
    `allow tcp/${PORTS.http} to containers`,
    `allow tcp/${PORTS.httpDenied} to containers`,
    `allow tcp/${PORTS.stream} to containers`,
    `allow tcp/${PORTS.roundTrip} to containers`,
    `allow udp/${PORTS.roundTrip} to containers`,
    "allow tcp/16384-32767 to containers",
    "allow tcp/32768-65535 to containers",
    "allow udp/53,tcp/53 to world",
    "allow tcp/443 to world",
    "allow icmp to any",
  ];
  return rules.map((rule, i) => `hyperion.egress.r${i + 1}=${rule}`);
}

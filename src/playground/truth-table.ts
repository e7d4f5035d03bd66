import type { Outcome } from "./agent/probe.ts";
import { type Probe, type Prober, reached } from "./prober.ts";

/** `expected.json` of an example: who may reach whom, written by hand. */
export interface Expectations {
  readonly services: readonly string[];
  readonly probes: readonly Probe[];
  /** `web -> api tcp/8080`; whatever is not listed is denied. */
  readonly allowed: readonly string[];
}

/** One real probe, to one address. */
export interface Observation {
  readonly from: string;
  readonly to: string;
  readonly probe: Probe;
  readonly address: string;
  readonly expected: boolean;
  readonly seen: boolean;
  readonly outcome: Outcome;
}

/** A place to probe from and to. */
export interface Station {
  readonly service: string;
  readonly addresses: readonly string[];
  readonly prober: Prober;
}

/** Denied probes each wait for their time-out; so many at once keep the agents' timers honest. */
const PARALLEL_PROBES = 48;

/** Reads the text of an `expected.json`. Throws on a line that names no such service or probe. */
export function parseExpectations(text: string): Expectations {
  const read = JSON.parse(text) as Expectations;
  for (const line of read.allowed) {
    const [from = "", arrow, to = "", probe = ""] = line.split(" ");
    const known = read.services.includes(from) && read.services.includes(to) && read.probes.includes(probe);
    if (arrow !== "->" || !known) throw new Error(`expected.json: ${line} names no known service or probe`);
  }
  return read;
}

/** Probes every ordered pair of different stations on every address, and says what was expected. */
export async function observe(
  expectations: Expectations,
  stations: readonly Station[],
): Promise<readonly Observation[]> {
  const allowed = new Set(expectations.allowed);
  const jobs = stations.flatMap((from) =>
    stations
      .filter((to) => to !== from)
      .flatMap((to) =>
        expectations.probes.flatMap((probe) =>
          to.addresses.map((address) => async (): Promise<Observation> => {
            const outcome = await from.prober.probe(address, probe);
            const expected = allowed.has(`${from.service} -> ${to.service} ${probe}`);
            const pair = { from: from.service, to: to.service, probe, address };
            return { ...pair, expected, seen: reached(outcome), outcome };
          }),
        ),
      ),
  );
  return inParallel(PARALLEL_PROBES, jobs);
}

/** Runs the jobs, so many at a time; answers in their order. */
export async function inParallel<T>(
  width: number,
  jobs: readonly (() => Promise<T>)[],
): Promise<readonly T[]> {
  const results: T[] = new Array<T>(jobs.length);
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      const job = jobs[index];
      if (job !== undefined) results[index] = await job();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}

const GREEN = "\u001b[32m";
const RED = "\u001b[1;31m";
const PLAIN = "\u001b[0m";

/** One row per ordered pair, one column per probe: expected, then seen. A `!` stands where they differ. */
export function formatObservations(
  expectations: Expectations,
  observations: readonly Observation[],
  color: boolean,
): string {
  const paint = (code: string, text: string) => (color ? `${code}${text}${PLAIN}` : text);
  const name = Math.max(4, ...expectations.services.map((service) => service.length)) + 2;
  const width = 14;
  const head = ["from".padEnd(name), "to".padEnd(name), ...expectations.probes.map((p) => p.padEnd(width))];
  const under = ["".padEnd(name * 2), ...expectations.probes.map(() => "expected seen".padEnd(width))];
  const rows = [head.join("").trimEnd(), under.join("").trimEnd()];
  for (const from of expectations.services) {
    for (const to of expectations.services) {
      if (from === to) continue;
      const cells = expectations.probes.map((probe) => {
        const made = observations.filter((o) => o.from === from && o.to === to && o.probe === probe);
        const wrong = made.length === 0 || made.some(({ expected, seen }) => expected !== seen);
        const expected = (made[0]?.expected === true ? "yes" : "no").padEnd(9);
        return expected + paint(wrong ? RED : GREEN, (seenText(made) + (wrong ? "!" : "")).padEnd(width - 9));
      });
      rows.push([from.padEnd(name), to.padEnd(name), ...cells].join("").trimEnd());
    }
  }
  return `${rows.join("\n")}\n`;
}

function seenText(made: readonly Observation[]): string {
  const yes = made.filter(({ seen }) => seen);
  if (made.length === 0) return "-";
  if (yes.length === made.length) return "yes";
  if (yes.length === 0) return "no";
  return yes.every(({ address }) => address.includes(":")) ? "v6" : "v4";
}

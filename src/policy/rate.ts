/** A cap on what an endpoint sends or receives. */
export interface Rate {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** One segment-offloaded packet may be this long, and a shorter burst would never let it pass. */
const BURST_BYTES_MIN = 64 * 1024;
/**
 * A default burst is what the rate carries in this time. What is over the rate is dropped and not queued,
 * and TCP that lost all it had under way sends again after 200 ms, then 400 ms: a smaller bucket is full
 * for most of that time, and TCP gets a fraction of its rate (a quarter of 24mbit from 128 KiB, measured).
 */
const BURST_SECONDS = 0.5;
const RATE_BYTES_MAX = 1e12 / 8;
const BURST_BYTES_MAX = 2 ** 32 - 1;

/** Bits per second, decimal, and bytes, binary: the units of tc(8). */
const RATE_UNITS: ReadonlyMap<string, number> = new Map([
  ["bit", 1],
  ["kbit", 1e3],
  ["mbit", 1e6],
  ["gbit", 1e9],
]);
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1024],
  ["mb", 1024 ** 2],
]);

export const RATE_EXPECTED = 'a rate from 8bit to 1000gbit, like "200mbit" or "200mbit burst 1mb"';

/** Reads `200mbit [burst 1mb]`; a text that is none gives a sentence about what is expected. */
export function parseRate(text: string): Rate | string {
  const parts = /^(\d+(?:\.\d+)?)([a-z]+)(?:\s+burst\s+(\d+(?:\.\d+)?)([a-z]+))?$/.exec(
    text.trim().toLowerCase(),
  );
  const [, rateText, rateUnit = "", burstText, burstUnit = ""] = parts ?? [];
  const bits = Number(rateText) * (RATE_UNITS.get(rateUnit) ?? Number.NaN);
  const bytesPerSecond = Math.floor(bits / 8);
  // A rate of nothing must not be mistaken for the data plane's "unlimited".
  if (!(bytesPerSecond >= 1 && bytesPerSecond <= RATE_BYTES_MAX)) return `expected ${RATE_EXPECTED}`;
  const burstDefault = Math.min(
    BURST_BYTES_MAX,
    Math.max(2 * BURST_BYTES_MIN, Math.ceil(bytesPerSecond * BURST_SECONDS)),
  );
  if (burstText === undefined) return { bytesPerSecond, burstBytes: burstDefault };
  const burstBytes = Math.floor(Number(burstText) * (SIZE_UNITS.get(burstUnit) ?? Number.NaN));
  if (!(burstBytes >= BURST_BYTES_MIN && burstBytes <= BURST_BYTES_MAX)) {
    return "expected a burst from 64kb (one offloaded packet) to 4095mb";
  }
  return { bytesPerSecond, burstBytes };
}

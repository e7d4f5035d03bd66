import { describe, expect, it } from "vitest";
import { parseLabels } from "../../../src/policy/index.ts";
import { readArguments } from "../../bench/arguments.ts";
import type { Figure } from "../../bench/figures.ts";
import { readIperf, readWrk } from "../../bench/forwarding/load.ts";
import { clientLabels, fillerCount, fillerPort, PORTS, serverLabels } from "../../bench/forwarding/rules.ts";
import { plot } from "../../bench/report/plots.ts";
import { median, medianRatio, quantile } from "../../bench/statistics.ts";
import { judge } from "../../bench/targets.ts";

const WRK = `Running 1s test @ http://10.97.0.3:8080/
  1 threads and 32 connections
  45092 requests in 1.00s, 6.71MB read
Requests/sec:  45012.52
Transfer/sec:      6.70MB
`;

const figure = (system: string, samples: readonly number[]): Figure => ({
  ...{ id: "driver-time", title: "Driver time", unit: "ms", better: "lower", method: "a < b" },
  series: [{ system, samples }],
});

describe("statistics", () => {
  it("takes the middle, between neighbours where there is none", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10, 20, 30, 40], 0.25)).toBe(10);
    expect(median([])).toBeNaN();
  });

  it("compares within rounds, so that a slow round does not count", () => {
    expect(medianRatio([100, 10, 110], [50, 5, 55])).toBe(2);
  });
});

describe("what the tools print", () => {
  it("wrk's rate, and its errors", () => {
    expect(readWrk(WRK)).toBe(45_012.52);
    const errors = "  Socket errors: connect 0, read 3, write 0, timeout 0\n";
    expect(() => readWrk(`${errors}${WRK}`)).toThrow("read 3");
    expect(() => readWrk(`  Non-2xx or 3xx responses: 7\n${WRK}`)).toThrow("Non-2xx");
    expect(() => readWrk("unable to connect")).toThrow("no rate");
  });

  it("iperf3's sum at the receiver, and its error", () => {
    expect(readIperf('{"end": {"sum_received": {"bits_per_second": 15e9}}}')).toBe(15);
    expect(() => readIperf('{"error": "the server is busy"}')).toThrow("busy");
  });
});

describe("the rules", () => {
  it("are as many as asked for, all readable, the served ones last and the denied one nowhere", () => {
    for (const count of [10, 1_000, 10_000]) {
      const labels = Object.fromEntries(serverLabels(count).map((label) => label.split(/=(.*)/s, 2)));
      const { statement, problems } = parseLabels(labels, "label");
      expect(problems).toEqual([]);
      expect(statement.rules).toHaveLength(count);
      expect(labels[`hyperion.ingress.r${count}`]).toBe(`allow tcp/${PORTS.http} from any`);
      expect(
        Object.values<unknown>(labels).some((rule) => String(rule).includes(`/${PORTS.httpDenied} `)),
      ).toBe(false);
      expect(fillerPort(fillerCount(count) - 1)).toBeLessThan(65_535);
    }
  });

  it("of a client are ten", () => {
    const labels = Object.fromEntries(clientLabels().map((label) => label.split(/=(.*)/s, 2)));
    expect(parseLabels(labels, "label").problems).toEqual([]);
    expect(Object.keys(labels)).toHaveLength(10);
  });
});

describe("targets", () => {
  it("are judged where they were measured, and nowhere else", () => {
    expect(judge([figure("one-by-one", [1, 15, 90])])).toEqual([
      { target: "Driver time per endpoint, median", promised: "≤ 15 ms", seen: "15.0 ms", met: true },
    ]);
    expect(judge([figure("at-once", [1, 2, 26])]).map(({ met }) => met)).toEqual([true, false]);
    expect(judge([])).toEqual([]);
  });
});

describe("arguments", () => {
  it("are read, or refused with what would be right", () => {
    expect(readArguments(["--quick", "--only", "policy,start"])).toMatchObject({
      rounds: 1,
      only: ["policy", "start"],
    });
    expect(readArguments(["--help"])).toBeUndefined();
    expect(() => readArguments(["--only", "polcy"])).toThrow("none of forwarding, driver, start, policy");
    expect(() => readArguments(["--rounds", "0"])).toThrow("whole number");
    expect(() => readArguments(["--quick", "--publish"])).toThrow("full run");
  });
});

describe("plots", () => {
  it("are well-formed and say what they show", () => {
    const svg = plot(figure("one-by-one", [1, 2, 3]));
    expect(svg).toContain("a &lt; b");
    expect(svg).toContain("2 ms");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

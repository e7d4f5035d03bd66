import type { Row } from "../../../src/model/rows.ts";
import type { Operation } from "../../../src/platform/dataplane/dataplane.ts";

/** More than a case has networks, and than it has policy sets or generations. */
const NETWORKS = 10;
const STRIDE = 1000;

/** Cases that the network indices of one data plane are enough for. */
export const CASES_MAX = 100;

/**
 * The numbers of one case, moved to where no other case has been: what a data plane remembers of
 * earlier cases (connections, fragments, counters of rules) then means nothing to this one.
 */
export class Numbers {
  readonly #networkBase: number;
  readonly #base: number;
  /** Kernel index of port n at [n - 1]. */
  readonly #ports: readonly number[];

  /** @param nth of the cases of this data plane, from 0. */
  constructor(nth: number, ports: readonly number[]) {
    this.#networkBase = nth * NETWORKS;
    this.#base = nth * STRIDE;
    this.#ports = ports;
  }

  operation({ verb, row }: Operation): Operation {
    return { verb, row: this.row(row) };
  }

  row(row: Row): Row {
    switch (row.table) {
      case "port":
        return { ...row, port: this.#port(row.port) };
      case "endpoint":
        return {
          ...row,
          network: this.#networkBase + row.network,
          port: this.#port(row.port),
          policy: this.#base + row.policy,
          generation: this.#base + row.generation,
        };
      case "network":
      case "neighbour":
      case "member":
        return { ...row, network: this.#networkBase + row.network };
      case "policy":
        return { ...row, policy: this.#base + row.policy };
      case "uplink":
        return { ...row, port: this.#port(row.port) };
      case "vtep":
      case "prefix":
        return row;
    }
  }

  /** The case's number of a policy set, undefined when it belongs to another case. */
  policy(policy: number): number | undefined {
    const mine = policy - this.#base;
    return policy === 0 ? 0 : mine > 0 && mine < STRIDE ? mine : undefined;
  }

  #port(port: number): number {
    const index = this.#ports[port - 1];
    if (index === undefined) throw new RangeError(`the lab has no port ${port}`);
    return index;
  }
}

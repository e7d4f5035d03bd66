import type { Owner } from "./decide.ts";

/** One endpoint, or several that nothing tells apart, under the name that people know: `shop/web`, `shop-web-1`. */
export interface Party {
  readonly name: string;
  readonly owner: Owner;
}

/** Who can meet whom: containers talk to each other only on a network that both are on. */
export interface Population {
  readonly networks: readonly PopulatedNetwork[];
  /** Names of those who are on none of the networks, and a phrase that says why. */
  readonly elsewhere?: ReadonlyMap<string, string>;
}

export interface PopulatedNetwork {
  /** As Docker shows it. */
  readonly name: string;
  /** False: `--internal`, or a network without a gateway; its parties reach nobody outside by it. */
  readonly hasWayOut: boolean;
  readonly parties: readonly Party[];
}

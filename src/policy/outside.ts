import type { Prefix } from "../model/prefix.ts";

/**
 * A remote that is no container of Hyperion, by where it is: an address, or all the addresses of a
 * prefix that no rule in question tells apart.
 */
export interface Outside {
  readonly prefix: Prefix;
  /** True for the addresses of the machine that the rule's owner runs on. */
  readonly host: boolean;
}

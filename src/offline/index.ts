/**
 * hyperion/offline: compose files and admin policies as a population, and what is to be said of it.
 *
 * Needs no daemon, no root and no network; reads no files itself. What it makes is decided by the same
 * library as packets are.
 */
export { checkAssertions, type PlacedAssertion, readAssertions } from "./assertion-file.ts";
export { type Formatted, formatRules, type Spelling } from "./canonical.ts";
export {
  errorsIn,
  findAll,
  NETWORK_NOTICES,
  type OfflineInput,
  type PlacedFinding,
  policyErrors,
} from "./findings.ts";
export { readFlows } from "./flow-file.ts";
export { isHyperions, type SharedNetwork, sharedNetworks } from "./networks.ts";
export { type PolicyFile, readPolicyFile } from "./policies.ts";
export { type OfflinePopulation, type OfflineService, type OfflineSettings, populate } from "./population.ts";

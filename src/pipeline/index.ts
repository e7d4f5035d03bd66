/** Facts in, rows out. Pure: no clock, no waiting, no doors. */
export { Compiler } from "./compiler.ts";
export type { Desired, EndpointView, Numbering, QuarantineReason, Settings } from "./desired.ts";
export { endpointName, placeOf, serviceName } from "./endpoint-name.ts";
export { governingEndpoints, hasWayOut } from "./gateways.ts";
export { type LookedUpRemote, type Lookup, LookupTables, lookUp } from "./lookup.ts";
export { NETWORK_MEMBERS_MAX } from "./network-rows.ts";
export { offloadProblem } from "./offload.ts";
export { quarantineTexts } from "./quarantine-text.ts";
export { type StartProblems, startProblems } from "./start-problems.ts";

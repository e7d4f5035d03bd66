/** Facts in, rows out. Pure: no clock, no waiting, no doors. */
export { Compiler } from "./compiler.ts";
export type { Desired, EndpointView, Numbering, QuarantineReason, Settings } from "./desired.ts";
export { NETWORK_MEMBERS_MAX } from "./network-rows.ts";

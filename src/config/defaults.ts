/*
 * Defaults that commands without the daemon need. They stand apart from the options: to load the schemas of
 * those takes a fifth of what such a command takes in all.
 */

export const DEFAULT_ADMIN_SOCKET = "/run/hyperion/admin.sock";

export const DEFAULT_POSTURE = "default-allow";

/** CIDRs, and the prefix length of the subnets that are taken from each. */
export const DEFAULT_ADDRESS_POOLS = [
  { base: "10.144.0.0/12", size: 20 },
  { base: "fd68:7970:6572::/48", size: 64 },
] as const;

import { HyperionError } from "../model/errors.ts";

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const LISTEN_FDS_START = 3;

/**
 * The listening socket that systemd passed to this process, or undefined when it passed none. The
 * variables are for the process `LISTEN_PID` alone. Throws E707 for more than one socket: the socket
 * unit names the plugin socket and nothing else.
 */
export function inheritedSocket(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const { LISTEN_FDS, LISTEN_PID } = environment;
  if (LISTEN_FDS === undefined || LISTEN_FDS === "0") return undefined;
  if (LISTEN_PID !== undefined && LISTEN_PID !== String(pid)) return undefined;
  if (LISTEN_FDS !== "1") {
    throw new HyperionError("E707", {
      path: "the sockets passed by systemd",
      reason: `LISTEN_FDS is ${LISTEN_FDS}, expected 1; keep one ListenStream= in the socket unit`,
    });
  }
  return LISTEN_FDS_START;
}

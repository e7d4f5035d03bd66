import type { Place } from "../yaml/index.ts";
import { fault, quote } from "./fault.ts";

/** What compose would fetch: an OCI artifact or a Git repository. */
const REMOTE = /^(?:oci:\/\/|git:\/\/|https?:\/\/|ssh:\/\/|git@|github\.com\/)/;

/** Throws E162 for a file that is not on this machine: nothing is fetched. */
export function refuseRemote(path: string, place: Place): void {
  if (!REMOTE.test(path)) return;
  throw fault("E162", place, `${quote(path)} would have to be fetched; name a copy of it on this machine`);
}

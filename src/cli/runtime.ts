import { setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";

/** Of nice(2): before whatever runs beside it, behind what must not wait at all. */
const PRIORITY = -10;

/**
 * Makes this process one that waits most of the time, and must not be waited for. To be called before
 * the daemon's modules are loaded: it is their loading that would make the heap grow, and threads
 * that are started later have the priority of the one that starts them.
 */
export function becomeDaemon(): void {
  // V8 makes the room for new objects larger while many are made, and keeps it: what the first second of a
  // start asks for would be a fifth of the daemon's memory ever after.
  setFlagsFromString("--semi-space-growth-factor=1");
  try {
    // Every starting container waits for the daemon, and starting containers are what keeps cores busy.
    setPriority(PRIORITY);
  } catch {
    // Not root, and then the start ends with a sentence about that; or a container without CAP_SYS_NICE.
  }
}

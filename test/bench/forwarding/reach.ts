import { run } from "../../../src/playground/command.ts";
import type { PrivateHost } from "../../../src/playground/private-host.ts";
import type { Arena } from "./arena.ts";

/** `refused`: packets pass both ways, and nobody listens. */
export type Reach = "open" | "refused" | "timeout";

/** Long enough for a SYN to be sent twice. */
const TIMEOUT_SECONDS = "1.5";
/** Of timeout(1), when the time was up. */
const TIMED_OUT = 124;

/** Makes a TCP connection from the arena's client to its server. */
export async function reach(host: PrivateHost, arena: Arena, port: number): Promise<Reach> {
  const connect = ["timeout", TIMEOUT_SECONDS, "bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"'];
  const [enter = "", ...words] = [...arena.client, ...connect, arena.address, String(port)];
  const { status, stderr } = await run(host, enter, words);
  if (status === 0) return "open";
  if (status === TIMED_OUT) return "timeout";
  if (/refused/i.test(stderr)) return "refused";
  throw new Error(`${arena.system}: connecting to ${arena.address}:${port}: ${stderr.trim()}`);
}

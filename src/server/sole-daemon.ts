import { createServer } from "node:net";
import { HyperionError, reasonOf } from "../model/errors.ts";

/**
 * A name in the abstract namespace of unix sockets (unix(7)). That namespace is the network
 * namespace's own, as are the names of VFs, and the kernel gives the name back when its holder dies.
 */
const NAME = "\0hyperion/daemon";

/**
 * Makes this process the one daemon of its network namespace: a second one would take the first
 * one's VFs for orphans. Returns how to end that. Throws E710 when there is one.
 */
export function claimNamespace(name = NAME): Promise<() => Promise<void>> {
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new HyperionError("E710", {}, { cause: error })
          : new HyperionError("E707", { path: name.slice(1), reason: reasonOf(error) }, { cause: error }),
      );
    });
    server.listen(name, () => {
      server.unref();
      resolve(() => new Promise((closed) => void server.close(() => closed())));
    });
  });
}

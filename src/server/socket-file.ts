import { lstat, mkdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { HyperionError, reasonOf } from "../model/errors.ts";

/** Longest path of a socket: `sun_path` without its zero byte (unix(7)). */
const PATH_BYTES_MAX = 107;

/**
 * Makes a path ready to be bound: its directory exists, and a socket file that an earlier process
 * left behind is gone. Throws E706 when a process answers on it, E707 when it cannot be made ready.
 */
export async function clearTheWay(path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw new HyperionError("E707", { path, reason: `the path is longer than ${PATH_BYTES_MAX} bytes` });
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    const stat = await lstat(path).catch(absent);
    if (stat === undefined) return;
    if (!stat.isSocket()) {
      throw new HyperionError("E707", { path, reason: "something that is not a socket is in the way" });
    }
    if (await answers(path)) throw new HyperionError("E706", { path });
    await unlink(path).catch(absent);
  } catch (error) {
    if (error instanceof HyperionError) throw error;
    throw new HyperionError("E707", { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** False only when the kernel says that nobody listens: a socket that is merely busy is in use. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else if (error.code === "EAGAIN") resolve(true);
      else reject(error);
    });
  });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

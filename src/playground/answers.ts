import { request } from "node:http";

/** True when something on the unix socket answers the path with 200. */
export function answers(socketPath: string, path: string, method = "GET"): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path, method, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.end();
  });
}

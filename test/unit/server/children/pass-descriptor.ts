import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** Makes a listening socket at the path given, starts serve-descriptor.ts with it, and goes. */
const server = createServer().listen(process.argv[2], () => {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const child = fileURLToPath(new URL("serve-descriptor.ts", import.meta.url));
  const served = spawn(process.execPath, [child], { stdio: ["inherit", "inherit", "inherit", fd] });
  // Closing the server here would remove the file: only the end of the process leaves it.
  served.once("spawn", () => process.exit(0));
});

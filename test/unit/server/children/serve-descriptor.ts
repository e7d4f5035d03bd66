import { listen } from "../../../../src/server/listener.ts";
import { inheritedSocket } from "../../../../src/server/socket-activation.ts";

/** Serves the socket that it was started with, until SIGTERM. */
const fd = inheritedSocket({ LISTEN_FDS: "1", LISTEN_PID: String(process.pid) }, process.pid);
if (fd === undefined) throw new Error("no socket was passed on");
const listener = await listen((_request, response) => response.end(`served by ${process.pid}`), { fd });
process.once("SIGTERM", () => void listener.close().then(() => process.exit(0)));
process.stdout.write(`${process.pid}\n`);

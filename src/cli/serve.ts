import { optionsHelp } from "../config/help.ts";
import { loadConfig } from "../config/load.ts";
import type { DaemonLogs } from "../main.ts";
import { EventHub } from "../observe/event-hub.ts";
import { EventLog, lineSink } from "../observe/event-log.ts";
import { withoutRepeats } from "../observe/repeat-filter.ts";
import type { Command } from "./commands.ts";
import { VERSION } from "./version.ts";

/** The daemon, in the foreground, until SIGTERM or Ctrl-C. */
export const serve: Command = {
  summary: "Run the daemon that Docker calls",
  help: `Run the daemon that Docker calls, in the foreground, until SIGTERM or Ctrl-C.
Containers keep their networks when it stops.

Options (environment variable; the later wins: DOCKER_HOST, file, HYPERION_*, command line):
${optionsHelp()}`,
  async run({ args, environment, interrupted }) {
    const config = loadConfig(args, environment);
    const logs = createLogs(config.logFormat);
    const { log } = logs;
    // Not above: `hyperion --help` reads these lines too, and needs no engine.
    const { startDaemon } = await import("../main.ts");
    const daemon = await startDaemon(config, VERSION, logs);
    if (!interrupted.aborted) {
      await new Promise((resolve) => interrupted.addEventListener("abort", resolve, { once: true }));
    }
    log.info("daemon.stopping", "stopping; containers keep their networks");
    await daemon.stop();
    return 0;
  },
};

/** How long an entry that says the same again is kept from the log. */
const REPEAT_WINDOW_MS = 60_000;

function createLogs(format: "text" | "json"): DaemonLogs {
  const hub = new EventHub();
  const lines = withoutRepeats(lineSink(process.stderr, { format }), REPEAT_WINDOW_MS);
  return { log: new EventLog([lines, hub.logSink]), packetLog: new EventLog([lines]), hub };
}

import { readOptions } from "./arguments.ts";
import type { Command } from "./commands.ts";

/** The quickstart on a real engine, every pair of containers probed by real connections. */
export const demo: Command = {
  summary: "Show the quickstart on a real Docker engine, every promise probed",
  help: `Bring up examples/quickstart on a real Docker engine and probe every pair of its containers.
Needs root. Cleans up after itself, also when interrupted.

Options:
  --docker-host URL  the engine (DOCKER_HOST); default: a private one in namespaces of its own
  --dataplane URL    "ebpf" (the default) or "doca:softnic", the data plane to show it on
  --keep             leave everything running, and say how to use and how to end it
  --json             one JSON document instead of the table; progress goes to stderr
`,
  async run({ args, environment, print, interrupted }) {
    const options = readOptions(args, {
      "docker-host": { type: "string" },
      dataplane: { type: "string" },
      keep: { type: "boolean" },
      json: { type: "boolean" },
    });
    const json = options.json === true;
    const { demo: playDemo } = await import("../playground/demo.ts");
    return playDemo({
      dockerHost: options["docker-host"] ?? (environment.DOCKER_HOST || undefined),
      dataplane: options.dataplane,
      keep: options.keep === true,
      json,
      color: process.stdout.isTTY === true && environment.NO_COLOR === undefined,
      print,
      progress: (text) => void (json ? process.stderr : process.stdout).write(text),
      interrupted,
    });
  },
};

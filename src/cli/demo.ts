import { demo as play } from "../playground/demo.ts";
import { readOptions } from "./arguments.ts";
import type { Command } from "./commands.ts";

/** The quickstart on a real engine, probed. */
export const demo: Command = {
  summary: "The quickstart on a real Docker engine, every pair of containers probed",
  help: `The quickstart on a real Docker engine, every pair of containers probed with real connections.
Needs root. Cleans up after itself; exit code 1 when what was seen is not what the labels say.

Options:
  --docker-host URL  the engine to use (DOCKER_HOST); default: a private one, apart from this machine's network
  --keep             leave it running, and say how to look around and how to end it
  --json             every probe as JSON; progress goes to standard error
`,
  run({ args, environment, print, interrupted }) {
    const options = readOptions(args, {
      "docker-host": { type: "string" },
      keep: { type: "boolean" },
      json: { type: "boolean" },
    });
    const json = options.json === true;
    return play({
      dockerHost: options["docker-host"] ?? environment.DOCKER_HOST,
      keep: options.keep === true,
      json,
      color: process.stdout.isTTY === true && environment.NO_COLOR === undefined,
      print,
      progress: json ? (text) => void process.stderr.write(text) : print,
      interrupted,
    });
  },
};

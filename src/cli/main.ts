#!/usr/bin/env -S node --
import { fileURLToPath } from "node:url";
import { nearest } from "../base/nearest.ts";
import { printableLines } from "../base/printable.ts";
import { isHyperionError, reasonOf } from "../model/errors.ts";
import { askOnTerminal } from "./ask.ts";
import type { CommandFamily, Invocation } from "./commands.ts";
import { becomeDaemon } from "./runtime.ts";
import { VERSION } from "./version.ts";

/** Loaded when called for: `hyperion status` needs neither the native library nor Docker. */
const HYPERION: CommandFamily = {
  summary: "Docker networks whose access policy is the labels on containers",
  commands: {
    serve: async () => (await import("./serve.ts")).serve,
    status: async () => (await import("./inspect.ts")).status,
    networks: async () => (await import("./inspect.ts")).networks,
    endpoints: async () => (await import("./inspect.ts")).endpoints,
    drops: async () => (await import("./inspect.ts")).drops,
    rules: async () => (await import("./rules.ts")).rules,
    why: async () => (await import("./why.ts")).why,
    flows: async () => (await import("./flows.ts")).flows,
    events: async () => (await import("./events.ts")).events,
    policy: async () => (await import("./policy/policy.ts")).policy,
    doctor: async () => (await import("./doctor/doctor.ts")).doctor,
    demo: async () => (await import("./demo.ts")).demo,
  },
};

const HELP_WORDS = ["help", "--help", "-h"];
const USAGE_ERROR = 2;
/** The package brings its own Node.js; older ones lack what the rooms below take for granted. */
const NODE_MAJOR_NEEDED = 24;

async function main(argv: readonly string[]): Promise<number> {
  const [name] = argv;
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_NEEDED) {
    const own = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
    process.stderr.write(`hyperion: Node.js ${process.versions.node} is too old; run it with ${own}\n`);
    return USAGE_ERROR;
  }
  if (name === "--version") {
    process.stdout.write(`hyperion ${VERSION}\n`);
    return 0;
  }
  if (name === "serve") becomeDaemon();
  return dispatch("hyperion", HYPERION, argv);
}

/** Runs the command of a family that `words` begin with, or says which there are. */
async function dispatch(called: string, family: CommandFamily, words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  if (name === undefined || HELP_WORDS.includes(name)) {
    process.stdout.write(await usage(called, family));
    return name === undefined ? USAGE_ERROR : 0;
  }
  const names = Object.keys(family.commands);
  const load = names.includes(name) ? family.commands[name] : undefined;
  if (load === undefined) {
    const meant = nearest(name, names);
    const full = (word: string) => [...called.split(" ").slice(1), word].join(" ");
    const hint = meant === undefined ? `commands are ${names.join(", ")}` : `did you mean ${full(meant)}?`;
    process.stderr.write(`hyperion: unknown command ${JSON.stringify(full(name))}; ${hint}\n`);
    return USAGE_ERROR;
  }
  const command = await load();
  if ("commands" in command) return dispatch(`${called} ${name}`, command, args);
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`${called} ${name}: ${command.help}`);
    return 0;
  }
  return command.run(invocation(args));
}

function invocation(args: readonly string[]): Invocation {
  let interruption: AbortController | undefined;
  return {
    args,
    environment: process.env,
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    get ask() {
      return askOnTerminal(() => this.interrupted);
    },
    // A command that does not ask for it ends at once, as others do.
    get interrupted() {
      interruption ??= onInterruption();
      return interruption.signal;
    },
  };
}

function onInterruption(): AbortController {
  const interruption = new AbortController();
  // Once: a second Ctrl-C ends what does not come to an end by itself.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
  return interruption;
}

async function usage(called: string, { summary, commands }: CommandFamily): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(10)} ${(await load()).summary}\n`),
  );
  const title = called === "hyperion" ? `hyperion ${VERSION}` : called;
  return `${title}: ${summary}

Usage: ${called} COMMAND [OPTIONS]

${lines.join("")}
${called} COMMAND --help says more of each. Exit codes: 0 fine, 1 findings, 2 wrong usage or no daemon.
`;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that went away (`hyperion drops --follow | head`) is no error.
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`hyperion: standard output cannot be written: ${reasonOf(error)}\n`);
  process.exit(USAGE_ERROR);
});

try {
  const status = await main(process.argv.slice(2));
  // Not by itself: a question to an engine that hangs would keep a stopped daemon for its whole time
  // limit. Not before the reader of a pipe has everything either.
  process.stdout.write("", (error) => {
    // What could not be written ends by the listener above.
    if (!error) process.exit(status);
  });
} catch (error) {
  const code = isHyperionError(error) ? ` [${error.code}]` : "";
  process.stderr.write(`hyperion: ${printableLines(reasonOf(error))}${code}\n`);
  if (!isHyperionError(error) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = USAGE_ERROR;
}

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../main.ts";
import type { Outcome } from "../targets.ts";
import { writePlots } from "./plots.ts";
import {
  FIGURE_HEAD,
  figureRows,
  markdown,
  OUTCOME_HEAD,
  outcomeRows,
  RATIO_HEAD,
  ratioRows,
} from "./table.ts";

/** Writes the page of a run, with its plots, in place of the one before. */
export function publish(report: Report, outcomes: readonly Outcome[], directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) if (name.endsWith(".svg")) rmSync(join(directory, name));
  const plots = writePlots(report.figures, directory);
  writeFileSync(join(directory, "README.md"), page(report, outcomes, plots));
}

function page(report: Report, outcomes: readonly Outcome[], plots: readonly string[]): string {
  const { machine, date, figures, notes, options } = report;
  const titles = new Map(figures.map(({ id, title }) => [`${id}.svg`, title]));
  return `# Benchmarks

Written by \`npm run bench -- --publish\` on ${date.slice(0, 10)}; every number and plot is of that one run. Absolute
numbers are this machine's; the ratios are what carries over. Each of the ${options.rounds} rounds measures every system
once, in another order each time, so that noise hits all alike; ratios in the first two tables are medians of
the ratios within each round.

## Targets

${markdown(OUTCOME_HEAD, outcomeRows(outcomes))}
## Ratios

${markdown(RATIO_HEAD, ratioRows(figures))}
## Figures

${markdown(FIGURE_HEAD, figureRows(figures))}
${notes.map((note) => `- ${note}\n`).join("")}
## Plots

${plots.map((name) => `![${titles.get(name)}](${name})\n`).join("\n")}
## What is measured

- **bare-veth**: two network namespaces and one veth pair; nothing between, so this is the limit.
- **docker-bridge**: two containers on Docker's default bridge.
- **docker-network**: two containers on a bridge network made with \`docker network create\`. In containers on
  such networks, of any driver, Docker redirects DNS to its own resolver by NAT rules, and these make the
  kernel track every connection once more, inside both containers; on the default bridge it does not.
- **hyperion-N**: two containers on a Hyperion network. The server has N ingress rules, each a row of its
  own in the data plane, the rules for what is served last; the client has 10 egress rules. Source guard, policy and
  connection tracking are on, and checked before the load: ports of the first, the middle and the last
  rule can be reached, their neighbours cannot.
- **hyperion-10-no-dns**: the same with Docker's DNS rules taken out of both containers: what Hyperion itself costs.
- **on softnic**: the data plane of a smartNIC on a NIC in software. How fast it is says nothing of hardware; how many entries a change
  touches, what is lost by it, and what the first packet of a connection costs beside the others carries over.
- The client is pinned to core 0, the server to core 1; a warm-up round is thrown away.
${figures.map(({ title, method }) => `- **${title}**: ${method}.\n`).join("")}
## The machine

${markdown(["part", "what"], Object.entries(machine))}`;
}

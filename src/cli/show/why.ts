import { printableLines } from "../../base/printable.ts";
import type { WhyAnswer, WhyDocument } from "../../observe/admin-view.ts";

/** `hyperion why` for people: a paragraph for each pair. */
export function formatWhy({ answers, more, notes, settled }: WhyDocument): string {
  const unsettled = answers.some(({ mismatches }) => mismatches.length > 0) && !settled;
  const paragraphs = [
    ...answers.map(formatAnswer),
    ...(more > 0 ? [`… and ${more} more pairs; name one container of each\n`] : []),
    ...(unsettled
      ? ["the data plane did not take all of its rows, which are tried again: see the log\n"]
      : []),
    ...notes.map((note) => `${note}\n`),
  ];
  return printableLines(paragraphs.join("\n"));
}

function formatAnswer(answer: WhyAnswer): string {
  const { network, from, to, verdict, egress, ingress, explanation, quarantine, mismatches } = answer;
  const counts = [
    egress.by === null ? "" : `egress ${egress.packets}`,
    ingress.by === null ? "" : `ingress ${ingress.packets}`,
  ].filter((text) => text !== "");
  return [
    explanation ?? `${from} -> ${to} on ${network}: ${verdict}\n`,
    counts.length === 0 ? "" : `Decided so: ${counts.join(", ")} times.\n`,
    ...quarantine.map((text) => `${text}\n`),
    // What is explained above is what should be.
    mismatches.length === 0 ? "" : `In the data plane: ${verdict}\n`,
    ...mismatches.map((text) => `NOT AS THE POLICIES SAY: ${text}\n`),
  ].join("");
}

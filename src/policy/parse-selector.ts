import { type Alternative, isOutsideAtom } from "./ast.ts";
import { type Cursor, refuse } from "./cursor.ts";
import { parseAlternatives } from "./parse-peer.ts";
import { type ParsedText, parseText } from "./parse-rule.ts";
import { printAtom } from "./print.ts";
import { quote } from "./problem.ts";

/**
 * Reads a selector without `from` or `to`: what an admin policy applies to. It selects endpoints, so
 * that what is outside can match nothing (E133). The first fault found is returned, never thrown.
 */
export function parseSelector(text: string): ParsedText<readonly Alternative[]> {
  return parseText(text, (cursor) => {
    const word = cursor.peekWord();
    if ((word === "from" || word === "to") && isFollowedBySelector(cursor)) {
      throw refuse("E102", cursor.here, `a selector is written without "${word}" here`);
    }
    const peer = parseAlternatives(cursor);
    if (!cursor.done) throw cursor.unexpected('"&", "," or the end of the selector', []);
    for (const { negated, atom, span } of peer.flatMap(({ terms }) => terms)) {
      if (!isOutsideAtom(atom)) continue;
      const text = quote(`${negated ? "!" : ""}${printAtom(atom)}`);
      throw refuse("E133", span, `${text} can match nothing here: policies apply to containers`);
    }
    return peer;
  });
}

/** `from = x` and `from in(x)` ask for a label that has this name. */
function isFollowedBySelector(cursor: Cursor): boolean {
  if (cursor.peekWord(1) === "in" && cursor.peek(2)?.kind === "(") return false;
  return cursor.peek(1)?.kind === "word" || cursor.peek(1)?.kind === "!";
}

import { type CST, Lexer, type LineCounter, Parser } from "yaml";

/** Deepest nesting that is read. */
export const DEPTH_MAX = 100;
/** Most documents of a text. */
export const DOCUMENTS_MAX = 50;
export const DEPTH_REASON = `nested deeper than ${DEPTH_MAX} levels`;

/**
 * The documents of a text as the library's parser sees them; undefined, and reported, when there are too
 * many, or when one nests too deeply for what comes after the parser and recurses.
 */
export function tokensOf(
  text: string,
  lines: LineCounter,
  report: (offset: number, reason: string) => void,
): readonly CST.Token[] | undefined {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let documents = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === "document") documents += 1;
    }
    // What is open: the document, and one for each collection.
    if (parser.stack.length > DEPTH_MAX + 1) {
      report(parser.offset, DEPTH_REASON);
      return undefined;
    }
    if (documents > DOCUMENTS_MAX) {
      report(parser.offset, `more than ${DOCUMENTS_MAX} documents in one file`);
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

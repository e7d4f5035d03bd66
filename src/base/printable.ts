/**
 * Text for a line on a terminal: control characters, which whoever starts a container can put into
 * labels, stand as `\u001b`, line breaks included.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\u2028|\u2029/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

/** As {@link printable}, for text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

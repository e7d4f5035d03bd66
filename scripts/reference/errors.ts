import { NOTICES } from "../../src/compose/project.ts";
import { ERRORS, type ErrorCode } from "../../src/model/errors.ts";
import { NETWORK_NOTICES } from "../../src/offline/findings.ts";
import { PROBLEM_MEANINGS, WARNINGS } from "../../src/policy/codes.ts";
import { code, GENERATED, table } from "./markdown.ts";

/** Of messages that are composed where the error is found, so that their template says nothing. */
const MEANINGS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ...PROBLEM_MEANINGS,
  E160: "a file that cannot be read, or is no YAML",
  E161: "a compose file that says something in a place where compose does not take it",
  E162: "`extends`, `include` or another reference of a compose file that leads nowhere",
  E164: "a compose file that contradicts itself",
  E183: "what a file says is no assertion, no flow, or a project name that another has",
  E185: "a file that cannot be read or written",
  E192: "`hyperion why` about an end that is none: all of the world, an address outside that a container has",
  E202: "a message of Docker's that lacks something, or has it otherwise than the protocol says",
};

export function meaningOf(errorCode: ErrorCode): string {
  const meaning = MEANINGS[errorCode];
  const { message } = ERRORS[errorCode];
  if (meaning === undefined) return message;
  return saysNothing(message) ? meaning : `${meaning}: ${message}`;
}

/** True for a template of placeholders alone. */
export function saysNothing(message: string): boolean {
  return message.replace(/\{\w+\}/g, "").replace(/[^a-z]/gi, "") === "";
}

export function errorsPage(): string {
  return `# Errors and warnings

${GENERATED} Match on the code, never on the text.

## Errors

\`{…}\` is filled in. What is wrong with a label is said with the container or service, the label, its text with a caret, and a suggestion; the first line is what Docker shows.

${table(
  ["code", "kind", "meaning"],
  (Object.keys(ERRORS) as ErrorCode[]).map((each) => [each, ERRORS[each].kind, meaningOf(each)]),
)}
## Warnings

A warning changes no verdict. \`hyperion policy lint\` prints them, and does not fail for them.

${table(["code", "meaning"], [...Object.entries(WARNINGS), ...Object.entries(NOTICES), ...Object.entries(NETWORK_NOTICES)])}
Where a code should be somebody's concern, [the policy language](../policy.md#when-it-does-not-work) says what to do about it: ${code("hyperion policy lint")} before, ${code("hyperion why")} after.
`;
}

import { DROP_REASONS } from "../../src/model/drop-reason.ts";
import { code, GENERATED, table } from "./markdown.ts";

export function dropsPage(): string {
  return `# Drop reasons

${GENERATED}

Every packet that is not delivered is counted under exactly one of these (\`hyperion drops\`).

${table(
  ["reason", "meaning"],
  DROP_REASONS.slice(1).map(([reason, meaning]) => [code(reason), meaning]),
)}`;
}

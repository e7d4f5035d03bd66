import {
  type AdminProblem,
  checkAdminPolicies,
  type LintedPolicy,
  parseAdminPolicy,
} from "../policy/index.ts";
import { type Place, readYamlDocument, type YamlText } from "../yaml/index.ts";

/** An admin policy as a file has it. */
export interface PolicyFile {
  /** Undefined where the file is wrong. */
  readonly policy: LintedPolicy | undefined;
  readonly problems: readonly AdminProblem[];
  /** Where the value at a path of the file stands. */
  where(path: AdminProblem["path"]): Place | undefined;
}

/**
 * Reads the text of an admin policy's file. Throws E160 when it is no YAML, or more than one policy.
 *
 * @param name of the policy, where the text gives none.
 */
export function readPolicyFile(text: string, file: string, name: string): PolicyFile {
  const yaml = readYamlDocument(text, file, "policy");
  const { texts, policy, problems } = parseAdminPolicy(yaml.value() ?? null, name);
  return {
    policy: texts === undefined ? undefined : { texts, policy },
    problems,
    where: (path) => deepest(yaml, path) ?? { file, line: 1, column: 1 },
  };
}

/** The place of what is there of a path: what is missing has none of its own. */
function deepest(yaml: YamlText, path: AdminProblem["path"]): Place | undefined {
  for (let length = path.length; length >= 0; length--) {
    const place = yaml.place(path.slice(0, length));
    if (place !== undefined) return place;
  }
  return undefined;
}

/** What several files do wrong together, by the name of the policy that has the problem. */
export function problemsTogether(files: readonly PolicyFile[]): readonly AdminProblem[] {
  return checkAdminPolicies(files.flatMap(({ policy }) => (policy === undefined ? [] : [policy.texts])));
}

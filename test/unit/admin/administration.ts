import { PolicyAdmin, type PolicyAdministration, PolicyBook } from "../../../src/admin/index.ts";
import { HyperionError } from "../../../src/model/errors.ts";
import type { Facts } from "../../../src/model/facts.ts";
import { Compiler } from "../../../src/pipeline/index.ts";
import { MemoryStore } from "../../../src/platform/store/memory/store.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { numbering, SETTINGS } from "../pipeline/facts.ts";

const none = (): never => {
  throw new HyperionError("E173", { name: "of any name" });
};

/** A daemon without admin policies, which takes none either. */
export const NO_POLICIES: PolicyAdministration = {
  list: () => [],
  get: async () => none(),
  plan: none,
  put: async () => none(),
  remove: async () => none(),
};

/** Admin policies of a daemon on which these facts hold, and whose data plane takes everything. */
export async function administrationOf(facts: Facts): Promise<PolicyAdministration> {
  const book = await PolicyBook.open(new MemoryStore(), () => 0);
  return new PolicyAdmin({
    book,
    facts: () => ({ ...facts, policies: book.policies }),
    compile: (other) => new Compiler(SETTINGS).compile(other, numbering()),
    settle: async () => {},
    log: recordingLog(),
  });
}

import type { PolicyAdministration } from "../../../src/admin/index.ts";
import { HyperionError } from "../../../src/model/errors.ts";

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

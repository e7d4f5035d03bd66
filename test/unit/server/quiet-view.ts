import type { AdminView } from "../../../src/observe/admin-view.ts";
import { STATUS } from "../cli/documents.ts";

/** A daemon on which nothing happens. */
export const QUIET_VIEW: AdminView = {
  status: async () => STATUS,
  networks: async () => [],
  endpoints: async () => [],
  drops: async () => [],
  rules: async () => [],
  why: async ({ from, to, probe }) => ({ from, to, probe, answers: [], more: 0, notes: [], settled: true }),
  flows: () => [],
  clearFlows: async () => {},
  recentEvents: () => [],
  follow: () => () => {},
};

import { reasonOf } from "../../model/errors.ts";
import type { Dataplane } from "../../platform/dataplane/dataplane.ts";
import type { Docker } from "../../platform/docker/docker.ts";
import type { AdminClient } from "../admin-client.ts";
import type { CheckResult } from "./check.ts";

export async function checkDocker(docker: Docker | undefined): Promise<CheckResult> {
  if (docker === undefined) {
    return {
      check: "Docker",
      state: "warn",
      found: "switched off",
      remedy: "labels need Docker's API: set --docker-host",
    };
  }
  try {
    return { check: "Docker", state: "ok", found: `engine ${await docker.version()} at ${docker.host}` };
  } catch (error) {
    return {
      check: "Docker",
      state: "missing",
      found: reasonOf(error),
      remedy: "start Docker, or name it with --docker-host",
    };
  }
}

/** Loads the real programs into a place of their own and takes them out again. */
export async function checkDataplane(
  check: string,
  open: () => Promise<Dataplane>,
  remove: () => Promise<void>,
): Promise<CheckResult> {
  const dataplane = await open();
  const { backend, connectionsMax, endpointsMax, policyEntriesMax } = dataplane.capabilities;
  await dataplane.close();
  await remove();
  const found = `${backend}: ${endpointsMax} endpoints, ${policyEntriesMax} policy entries, ${connectionsMax} connections`;
  return { check, state: "ok", found };
}

export async function checkDaemon(admin: AdminClient): Promise<CheckResult> {
  try {
    const status = await admin.get<{ readonly version: string; readonly pid: number }>("/v1/status");
    return { check: "daemon", state: "ok", found: `version ${status.version}, pid ${status.pid}` };
  } catch (error) {
    return { check: "daemon", state: "warn", found: reasonOf(error), remedy: "hyperion serve" };
  }
}

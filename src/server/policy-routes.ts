import express, { type Request, Router } from "express";
import { POLICY_BYTES_MAX, type PolicyAdministration } from "../admin/index.ts";
import { HyperionError, reasonOf } from "../model/errors.ts";

/**
 * Admin policies, below `/v1/policies`:
 *
 * - `GET /`, `GET /NAME`, `?version=3` of it: what is in force, and what was;
 * - `POST /NAME/plan`: who would gain and lose access by the policy in the body, or by its removal where there is none;
 * - `PUT /NAME?base=2` with the policy, `DELETE /NAME?base=2`: the change, if the policy still is at that version.
 */
export function policyRoutes(policies: PolicyAdministration): Router {
  const router = Router();
  router.use(express.text({ type: () => true, limit: POLICY_BYTES_MAX }));
  router.get("/", (_request, response) => void response.json(policies.list()));
  router.get("/:name", async (request, response) => {
    const version = request.query.version === undefined ? undefined : wholeNumber(request, "version");
    response.json(await policies.get(request.params.name, version));
  });
  router.post("/:name/plan", (request, response) => {
    response.json(policies.plan(request.params.name, documentIn(request)));
  });
  router.put("/:name", async (request, response) => {
    const base = wholeNumber(request, "base");
    response.json(await policies.put(request.params.name, documentIn(request), base));
  });
  router.delete("/:name", async (request, response) => {
    response.json(await policies.remove(request.params.name, wholeNumber(request, "base")));
  });
  return router;
}

/** The body as JSON; undefined where there is none. Throws E200. */
function documentIn(request: Request): unknown {
  const text: unknown = request.body;
  if (typeof text !== "string" || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const method = `${request.method} ${request.path}`;
    throw new HyperionError("E200", { method, reason: reasonOf(error) }, { cause: error });
  }
}

/** Throws E205. */
function wholeNumber(request: Request, name: string): number {
  const text = request.query[name];
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
  const shown = `${name}=${typeof text === "string" ? text.slice(0, 20) : ""}`;
  throw new HyperionError("E205", { text: JSON.stringify(shown), expected: "a version" });
}

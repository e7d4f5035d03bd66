import request from "supertest";
import { beforeEach, describe, expect, it } from "vitest";
import { POLICY_BYTES_MAX, type PolicyAdministration } from "../../../src/admin/index.ts";
import { HyperionError } from "../../../src/model/errors.ts";
import { createAdminApp } from "../../../src/server/admin-app.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { administrationOf } from "../admin/administration.ts";
import { container, endpoint, facts, network } from "../pipeline/facts.ts";
import { QUIET_VIEW } from "./quiet-view.ts";

const net = network("shop", { gateway: "none" });
const FACTS = facts([net], [endpoint(1, net, container("a")), endpoint(2, net, container("b"))]);
const DOCUMENT = { tier: "admin", rules: [{ name: "r", applies: "containers", ingress: "deny tcp/23" }] };

let policies: PolicyAdministration;

beforeEach(async () => {
  policies = await administrationOf(FACTS);
});

function api() {
  const stopping = new AbortController().signal;
  return request(createAdminApp({ view: QUIET_VIEW, policies, log: recordingLog(), stopping }));
}

describe("admin policies on the admin socket", () => {
  it("are planned, put in force, shown and removed", async () => {
    const plan = await api().post("/v1/policies/base/plan").send(DOCUMENT);
    expect(plan.body).toMatchObject({
      name: "base",
      base: 0,
      unchanged: false,
      access: { lost: 2, gained: 0 },
    });
    const put = await api().put("/v1/policies/base?base=0").send(DOCUMENT);
    expect([put.status, put.body]).toEqual([200, { name: "base", version: 1, changed: true, pending: null }]);
    await api()
      .put("/v1/policies/base?base=1")
      .send({ ...DOCUMENT, tier: "baseline" });
    expect((await api().get("/v1/policies")).body).toEqual([
      { name: "base", version: 2, tier: "baseline", rules: DOCUMENT.rules, appliedAtMs: 0 },
    ]);
    expect((await api().get("/v1/policies/base")).body).toMatchObject({ version: 2, versions: [{}, {}] });
    expect((await api().get("/v1/policies/base?version=1")).body).toMatchObject({
      version: 1,
      tier: "admin",
    });
    expect((await api().post("/v1/policies/base/plan")).body).toMatchObject({
      base: 2,
      access: { gained: 2 },
    });
    expect((await api().delete("/v1/policies/base?base=2")).body).toMatchObject({ version: 3 });
    expect((await api().get("/v1/policies")).body).toEqual([]);
  });

  it.each([
    ["PUT", "base?base=1", DOCUMENT, 409, "E172"],
    ["PUT", "base", DOCUMENT, 400, "E205"],
    ["PUT", "base?base=-1", DOCUMENT, 400, "E205"],
    ["PUT", "base?base=0", { ...DOCUMENT, tier: 7 }, 400, "E176"],
    ["PUT", "base?base=0", null, 400, "E176"],
    ["PUT", "Base?base=0", DOCUMENT, 400, "E175"],
    ["POST", "base/plan", [], 400, "E176"],
    ["POST", "base/plan", undefined, 404, "E173"],
    ["DELETE", "base?base=0", undefined, 404, "E173"],
    ["GET", "base", undefined, 404, "E173"],
    ["GET", "base?version=x", undefined, 400, "E205"],
  ] as const)("%s %s with %j is refused", async (method, path, document, status, code) => {
    const verb = method.toLowerCase() as "put";
    const call = api()[verb](`/v1/policies/${path}`).set("Content-Type", "application/json");
    const response = await (document === undefined ? call : call.send(JSON.stringify(document)));
    expect([response.status, response.body.error.code]).toEqual([status, code]);
    const { message, details } = response.body.error;
    expect(new HyperionError(code, details).message).toBe(message);
  });

  it("take no body that is none, or too large", async () => {
    const put = (body: string) => api().put("/v1/policies/base?base=0").send(body);
    expect((await put("{")).body.error).toMatchObject({ code: "E200" });
    const large = await put(JSON.stringify("x".repeat(POLICY_BYTES_MAX)));
    expect([large.status, large.body.error.code]).toEqual([400, "E203"]);
    expect(large.body.error.message).toContain(`${POLICY_BYTES_MAX}`);
  });
});

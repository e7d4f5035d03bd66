import express, { type Express, type Request, type Response } from "express";
import type { PolicyAdministration } from "../admin/index.ts";
import type { Log } from "../base/log.ts";
import { HyperionError } from "../model/errors.ts";
import type { AdminView, EventDocument } from "../observe/admin-view.ts";
import { answerErrors, refuse } from "./admin-error.ts";
import { FOLLOWER_QUEUE_MAX, Follower } from "./follower.ts";
import { policyRoutes } from "./policy-routes.ts";

export interface AdminAppParts {
  readonly view: AdminView;
  readonly policies: PolicyAdministration;
  readonly log: Log;
  /** Aborted when the daemon stops: event streams end, which would otherwise hold it up. */
  readonly stopping: AbortSignal;
  readonly followerQueueMax?: number;
}

/**
 * What `hyperion status` and its sisters read, on a socket of its own:
 *
 * - `GET /v1/status`, `/v1/networks`, `/v1/endpoints`, `/v1/drops`: one JSON document;
 * - `GET /v1/rules`, `?of=shop/web` of these containers: rules and what they decided;
 * - `GET /v1/why?from=…&to=…&probe=tcp/80`, `&network=…`: whether a connection passes, and why;
 * - `GET /v1/flows`, `DELETE /v1/flows`: what learning containers were seen to do;
 * - `/v1/policies`: admin policies, see {@link policyRoutes};
 * - `GET /v1/events`: the latest events; `?follow=1`: JSON lines from now on; `?type=drop,audit`: only those.
 *
 * An error is an {@link ErrorDocument}. Not yet listening.
 */
export function createAdminApp(parts: AdminAppParts): Express {
  const { view, log } = parts;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");

  app.get("/v1/status", async (_request, response) => void response.json(await view.status()));
  app.get("/v1/networks", async (_request, response) => void response.json(await view.networks()));
  app.get("/v1/endpoints", async (_request, response) => void response.json(await view.endpoints()));
  app.get("/v1/rules", async (request, response) => {
    response.json(await view.rules(queryText(request, "of")));
  });
  app.get("/v1/why", async (request, response) => {
    const [from, to, probe] = ["from", "to", "probe"].map((name) => neededText(request, name));
    const network = queryText(request, "network");
    response.json(await view.why({ from: from ?? "", to: to ?? "", probe: probe ?? "", network }));
  });
  app.get("/v1/flows", (_request, response) => void response.json(view.flows()));
  app.delete("/v1/flows", async (_request, response) => {
    await view.clearFlows();
    response.json([]);
  });
  app.use("/v1/policies", policyRoutes(parts.policies));
  app.get("/v1/drops", async (_request, response) => void response.json(await view.drops()));
  app.get("/v1/events", (request, response) => {
    const wanted = eventFilter(request);
    if (request.query.follow === "1") follow(parts, wanted, response);
    else response.json(view.recentEvents().filter(wanted));
  });

  app.use((request, response) => {
    const path = request.path.slice(0, 64);
    refuse(response, 404, new Error(`${request.method} ${path} is not part of the admin API`));
  });
  app.use(answerErrors(log));
  return app;
}

/** Undefined where it is not given, or given empty. */
function queryText({ query }: Request, name: string): string | undefined {
  const value = query[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Throws E205. */
function neededText(request: Request, name: string): string {
  const text = queryText(request, name);
  if (text !== undefined) return text;
  throw new HyperionError("E205", { text: `${name}=`, expected: "a question" });
}

function eventFilter(request: Request): (event: EventDocument) => boolean {
  const { type } = request.query;
  if (typeof type !== "string" || type === "") return () => true;
  const types = new Set(type.split(","));
  return ({ event }) => types.has(event);
}

function follow(parts: AdminAppParts, wanted: (event: EventDocument) => boolean, response: Response): void {
  const { view, stopping } = parts;
  response.writeHead(200, { "Content-Type": "application/x-ndjson" });
  // The reader learns that it is connected before the first event, which may be long in coming.
  response.flushHeaders();
  const follower = new Follower(response, parts.followerQueueMax ?? FOLLOWER_QUEUE_MAX);
  const unfollow = view.follow((event) => {
    if (wanted(event)) follower.push(event);
  });
  const end = () => {
    unfollow();
    response.end();
  };
  if (stopping.aborted) end();
  stopping.addEventListener("abort", end);
  response.on("close", () => {
    unfollow();
    stopping.removeEventListener("abort", end);
  });
}

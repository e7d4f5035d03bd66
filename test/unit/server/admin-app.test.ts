import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import request from "supertest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HyperionError } from "../../../src/model/errors.ts";
import type { AdminView, EventDocument, FlowDocument, WhyQuestion } from "../../../src/observe/admin-view.ts";
import { createAdminApp } from "../../../src/server/admin-app.ts";
import { type Listener, listen } from "../../../src/server/listener.ts";
import { recordingLog } from "../../protocol/recording-drivers.ts";
import { NO_POLICIES } from "../admin/administration.ts";
import { FLOW, RULE, STATUS } from "../cli/documents.ts";

class FixedView implements AdminView {
  readonly listeners = new Set<(event: EventDocument) => void>();
  failure: Error | undefined;

  async status() {
    if (this.failure !== undefined) throw this.failure;
    return STATUS;
  }
  async networks() {
    return [];
  }
  async endpoints() {
    return [];
  }
  async drops() {
    return [
      {
        endpointId: null,
        containerName: null,
        reason: "NO_ENDPOINT" as const,
        packets: 2 ** 53 - 1,
        bytes: 7,
      },
    ];
  }
  async rules(of: string | undefined) {
    return [{ ...RULE, rule: of ?? "everybody's" }];
  }
  async why(question: WhyQuestion) {
    if (question.to === "nobody") throw new HyperionError("E190", { name: '"nobody"', hint: "see" });
    const { from, to, probe, network } = question;
    return { from, to, probe, answers: [], more: 0, notes: [network ?? "any"], settled: true };
  }
  seenFlows: readonly FlowDocument[] = [FLOW];
  flows() {
    return this.seenFlows;
  }
  async clearFlows() {
    this.seenFlows = [];
  }
  recentEvents() {
    return [event("drop", 1), event("audit", 2)];
  }
  follow(listener: (event: EventDocument) => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  emit(document: EventDocument) {
    for (const listener of this.listeners) listener(document);
  }
}

const event = (name: string, n: number): EventDocument => ({ event: name, timeMs: 0, n });

let view: FixedView;
let stopping: AbortController;
let directory: string;
let listener: Listener | undefined;

beforeEach(() => {
  view = new FixedView();
  stopping = new AbortController();
  directory = mkdtempSync(join(tmpdir(), "hyperion-admin-"));
});

afterEach(async () => {
  stopping.abort();
  await listener?.close();
  listener = undefined;
  rmSync(directory, { recursive: true });
});

function app(followerQueueMax?: number) {
  const policies = NO_POLICIES;
  const parts = { view, policies, log: recordingLog(), stopping: stopping.signal };
  return createAdminApp(followerQueueMax === undefined ? parts : { ...parts, followerQueueMax });
}

async function follow(path: string, followerQueueMax?: number): Promise<IncomingMessage> {
  const socketPath = join(directory, "admin.sock");
  listener = await listen(app(followerQueueMax), { path: socketPath });
  const [response] = await once(httpRequest({ socketPath, path }).end(), "response");
  return response;
}

async function lines(response: IncomingMessage, upTo: (line: EventDocument) => boolean) {
  const found: EventDocument[] = [];
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    found.push(...parts.map((part) => JSON.parse(part) as EventDocument));
    if (found.some(upTo)) break;
  }
  return found;
}

describe("the admin API", () => {
  it.each(["status", "networks", "endpoints", "drops", "flows"] as const)("shows %s", async (document) => {
    const response = await request(app()).get(`/v1/${document}`);
    expect(response.status).toBe(200);
    expect(response.body).toEqual(await view[document]());
  });

  it("shows rules, everybody's or somebody's", async () => {
    expect((await request(app()).get("/v1/rules")).body).toMatchObject([{ rule: "everybody's" }]);
    expect((await request(app()).get("/v1/rules?of=shop/web")).body).toMatchObject([{ rule: "shop/web" }]);
  });

  it("says why, to whole questions", async () => {
    const ask = (query: string) => request(app()).get(`/v1/why?${query}`);
    const answer = await ask("from=a&to=b&probe=tcp/80&network=n");
    expect(answer.body).toMatchObject({ from: "a", to: "b", probe: "tcp/80", notes: ["n"] });
    expect((await ask("from=a&to=b&probe=icmp")).body).toMatchObject({ notes: ["any"] });
    for (const query of ["from=a&to=b", "from=&to=b&probe=tcp/80", "from=a&from=b&to=c&probe=tcp/80"]) {
      const response = await ask(query);
      expect([response.status, response.body.error.code]).toEqual([400, "E205"]);
    }
    expect((await ask("from=a&to=nobody&probe=tcp/80")).status).toBe(404);
  });

  it("forgets flows", async () => {
    expect((await request(app()).delete("/v1/flows")).body).toEqual([]);
    expect((await request(app()).get("/v1/flows")).body).toEqual([]);
  });

  it("shows the latest events, all or by type", async () => {
    expect((await request(app()).get("/v1/events")).body).toEqual(view.recentEvents());
    expect((await request(app()).get("/v1/events?type=audit,log")).body).toEqual([event("audit", 2)]);
  });

  it("answers what it does not have with 404", async () => {
    expect((await request(app()).get("/v2/status")).status).toBe(404);
    const response = await request(app()).post("/v1/status");
    expect(response.status).toBe(404);
    expect(response.body).toEqual({
      error: { code: null, message: "POST /v1/status is not part of the admin API", details: null },
    });
  });

  it("passes on what fails behind it", async () => {
    view.failure = new HyperionError("E501", { operation: "count", reason: "EIO" });
    const response = await request(app()).get("/v1/status");
    expect(response.status).toBe(500);
    expect(response.body).toEqual({
      error: {
        code: "E501",
        message: "the data plane refused count: EIO",
        details: { operation: "count", reason: "EIO" },
      },
    });
  });
});

describe("the event stream", () => {
  it("sends what happens from now on, by type where asked", async () => {
    const response = await follow("/v1/events?follow=1&type=drop,end");
    expect(response.headers["content-type"]).toBe("application/x-ndjson");
    view.emit(event("drop", 1));
    view.emit(event("audit", 2));
    view.emit(event("end", 3));
    const seen = await lines(response, ({ event }) => event === "end");
    expect(seen).toEqual([event("drop", 1), event("end", 3)]);
  });

  it("loses events for a slow reader, says how many, and goes on", async () => {
    const response = await follow("/v1/events?follow=1", 4);
    // Far more than a socket's buffers hold: the reader does not read yet.
    const total = 20_000;
    const padding = "x".repeat(1_000);
    for (let n = 0; n < total; n++) view.emit({ ...event("drop", n), padding });
    const reading = lines(response, ({ event }) => event === "lost" || event === "end");
    const seen = await reading;
    const notice = seen.find(({ event }) => event === "lost");
    const before = seen.filter(({ event }) => event === "drop");
    expect(before.map(({ n }) => n)).toEqual(before.map((_, i) => i));
    expect(notice?.count).toBe(total - before.length);
  });

  it("forgets a reader that goes", async () => {
    const response = await follow("/v1/events?follow=1");
    expect(view.listeners.size).toBe(1);
    response.destroy();
    while (view.listeners.size > 0) await new Promise(setImmediate);
  });

  it("ends when the daemon stops, which it does not hold up", async () => {
    const response = await follow("/v1/events?follow=1");
    response.resume();
    const before = Date.now();
    stopping.abort();
    await Promise.all([once(response, "end"), listener?.close()]);
    expect(Date.now() - before).toBeLessThan(1_000);
    view.emit(event("drop", 1));
  });
});

import { describe, expect, it } from "vitest";
import type { IdentityClass } from "../../../src/pipeline/identity-class.ts";
import { SelectorIndex } from "../../../src/pipeline/selector-index.ts";
import { parseRule, peerKey, STRANGER, type Subject } from "../../../src/policy/index.ts";

function identity(number: number, some: Partial<Subject>): IdentityClass {
  return { number, remote: { ...STRANGER, ...some } };
}

const OWNER: Subject = { ...STRANGER, project: "shop" };
const WEB = identity(1, { groups: new Set(["web"]) });
const API = identity(2, { project: "shop", service: "api" });

function acquire(index: SelectorIndex, text: string) {
  const peer = parseRule(`allow from ${text}`, "ingress").rule?.peer ?? [];
  const key = peerKey(peer, OWNER);
  return { key, matching: index.acquire(key, peer, OWNER) };
}

describe("SelectorIndex", () => {
  it("finds classes that came before the peer, and those that come after", () => {
    const index = new SelectorIndex();
    index.addClass(WEB);
    const { matching } = acquire(index, "group:web, service:api");
    expect([...matching]).toEqual([WEB]);
    index.addClass(API);
    expect([...matching]).toEqual([WEB, API]);
    index.removeClass(WEB);
    expect([...matching]).toEqual([API]);
  });

  it("tries what no handle narrows down against everybody", () => {
    const index = new SelectorIndex();
    const { matching } = acquire(index, "!group:web");
    index.addClass(WEB);
    index.addClass(API);
    expect([...matching]).toEqual([API]);
  });

  it("keeps a peer for as long as anyone uses it, and forgets it then", () => {
    const index = new SelectorIndex();
    const { key, matching } = acquire(index, "group:web");
    expect(acquire(index, "group:web").matching).toBe(matching);
    index.release(key);
    index.addClass(WEB);
    expect([...matching]).toEqual([WEB]);
    index.release(key);
    index.addClass(identity(3, { groups: new Set(["web"]) }));
    expect([...matching]).toEqual([WEB]);
    expect(acquire(index, "group:web").matching).not.toBe(matching);
  });
});

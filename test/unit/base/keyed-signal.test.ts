import { expect, test } from "vitest";
import { KeyedSignal } from "../../../src/base/keyed-signal.ts";

const isPending = async (promise: Promise<void>) =>
  Promise.race([promise.then(() => false), new Promise((resolve) => setTimeout(resolve, 5, true))]);

test("raises for those who wait for the key, and keeps nothing", async () => {
  const signal = new KeyedSignal<string>();
  const a = [signal.wait("a", 10_000), signal.wait("a", 10_000)];
  const b = signal.wait("b", 10_000);
  signal.raise("a");
  await Promise.all(a);
  expect(await isPending(b)).toBe(true);
  expect(signal.size).toBe(1);
  signal.raiseAll();
  await b;
  expect(signal.size).toBe(0);
  signal.raise("nobody");
});

test("waits no longer than asked, and a later raise is the next one's", async () => {
  const signal = new KeyedSignal<string>();
  await signal.wait("a", 5);
  expect(signal.size).toBe(0);
  const next = signal.wait("a", 10_000);
  expect(await isPending(next)).toBe(true);
  signal.raise("a");
  await next;
});

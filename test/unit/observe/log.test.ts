import { beforeEach, describe, expect, test } from "vitest";
import { EventLog, lineSink } from "../../../src/observe/event-log.ts";
import { formatJson, formatText, type LogEntry } from "../../../src/observe/log-entry.ts";
import { withoutRepeats } from "../../../src/observe/repeat-filter.ts";

const entry = (over: Partial<LogEntry> = {}): LogEntry => ({
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  level: "info",
  event: "endpoint.attributed",
  message: "endpoint 0123 is web",
  fields: {},
  ...over,
});

describe("formatJson", () => {
  test("is one line with time, level, event, message and the fields", () => {
    const line = formatJson(
      entry({ message: "a\nb", fields: { container: "web", afterMs: 12, peer: undefined } }),
    );
    expect(line).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"info","event":"endpoint.attributed","message":"a\\nb","container":"web","afterMs":12}',
    );
  });

  test("keeps its own over fields of the same name", () => {
    const read = JSON.parse(formatJson(entry({ fields: { level: "error", message: "x", time: 0 } })));
    expect(read).toMatchObject({
      level: "info",
      message: "endpoint 0123 is web",
      time: "2026-01-02T03:04:05.006Z",
    });
  });
});

describe("formatText", () => {
  test("adds the fields that the message does not mention", () => {
    const line = formatText(entry({ fields: { container: "web", afterMs: 12, peer: undefined } }), false);
    expect(line).toBe(
      "2026-01-02T03:04:05.006Z INFO  endpoint.attributed: endpoint 0123 is web (afterMs=12)",
    );
  });

  test("indents what follows the first line", () => {
    const line = formatText(
      entry({ level: "error", message: "no\n  alow tcp\n  ^", fields: { code: "E101" } }),
      false,
    );
    expect(line).toBe(
      "2026-01-02T03:04:05.006Z ERROR endpoint.attributed: no (code=E101)\n    alow tcp\n    ^",
    );
  });

  test("lets no control character through", () => {
    const line = formatText(entry({ message: "a\u001b[2Jb\u202e", fields: { label: "x\ry" } }), false);
    expect(line).toContain("a\\u001b[2Jb\\u202e (label=x\\u000dy)");
  });
});

describe("EventLog", () => {
  test("stamps entries and hands them to every sink", () => {
    const one: LogEntry[] = [];
    const two: LogEntry[] = [];
    const log = new EventLog([(each) => one.push(each), (each) => two.push(each)], () => 7);
    log.info("a", "A", { x: 1 });
    log.warn("b", "B");
    log.error("c", "C");
    expect(one).toEqual([
      { timeMs: 7, level: "info", event: "a", message: "A", fields: { x: 1 } },
      { timeMs: 7, level: "warn", event: "b", message: "B", fields: {} },
      { timeMs: 7, level: "error", event: "c", message: "C", fields: {} },
    ]);
    expect(two).toEqual(one);
  });
});

describe("lineSink", () => {
  const written = (isTTY: boolean, options: Parameters<typeof lineSink>[1]) => {
    let text = "";
    const output = { isTTY, write: (chunk: string) => (text += chunk) };
    const log = new EventLog([lineSink(output, options)], () => 0);
    log.info("a", "A");
    log.error("b", "B");
    return text;
  };

  test("writes lines, and colour only to a terminal", () => {
    expect(written(false, { format: "text" })).toBe(
      "1970-01-01T00:00:00.000Z INFO  a: A\n1970-01-01T00:00:00.000Z ERROR b: B\n",
    );
    expect(written(true, { format: "text" })).toContain(
      "\u001b[31m1970-01-01T00:00:00.000Z ERROR b: B\u001b[0m\n",
    );
    expect(written(true, { format: "json" })).not.toContain("\u001b");
  });

  test("leaves out what is not serious enough", () => {
    expect(written(false, { format: "text", level: "warn" })).toBe("1970-01-01T00:00:00.000Z ERROR b: B\n");
  });
});

describe("withoutRepeats", () => {
  let passed: LogEntry[];
  let sink: (entry: LogEntry) => void;
  const say = (message: string, timeMs: number, endpoint = "e") =>
    sink(entry({ timeMs, level: "error", event: "endpoint.policy", message, fields: { endpoint } }));

  beforeEach(() => {
    passed = [];
    sink = withoutRepeats((each) => passed.push(each), 60_000);
  });

  test("says a thing once in a while, and how often it was said meanwhile", () => {
    for (let s = 0; s <= 120; s++) say("label is wrong", s * 1000, `endpoint ${s}`);
    expect(passed.map(({ timeMs, fields }) => [timeMs, fields.repeats])).toEqual([
      [0, undefined],
      [60_000, 59],
      [120_000, 59],
    ]);
    expect(passed[1]?.fields.endpoint).toBe("endpoint 60");
  });

  test("does not hold back another message, or the same of another event", () => {
    say("label is wrong", 0);
    say("label is very wrong", 1);
    sink(entry({ timeMs: 2, level: "error", event: "other", message: "label is wrong" }));
    expect(passed).toHaveLength(3);
  });

  test("holds back no information: two calls that took equally long are two calls", () => {
    sink(entry({ timeMs: 0, message: "answered in 1 ms" }));
    sink(entry({ timeMs: 1, message: "answered in 1 ms" }));
    expect(passed).toHaveLength(2);
  });

  test("is not silenced by a clock that was set back", () => {
    say("label is wrong", 100_000);
    say("label is wrong", 1_000);
    expect(passed).toHaveLength(2);
  });

  test("forgets the oldest of very many messages", () => {
    for (let i = 0; i <= 1_000; i++) say(`message ${i}`, i);
    say("message 1", 2_000);
    expect(passed).toHaveLength(1_001);
    say("message 0", 2_000);
    expect(passed).toHaveLength(1_002);
  });
});

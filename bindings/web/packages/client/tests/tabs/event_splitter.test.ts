import { expect, test } from "vitest";

import { EventSplitter, isList, listEvent } from "../../src/tabs/event_splitter.ts";

const TEXTS = ["event: features\ndata: [1]\n\n", ": heartbeat\n", "data: ä\ndata: b\n\n", "\n\n"];

test.each(["\n", "\r\n", "\r"])("events are cut at their ends, whatever the pieces (%j)", (end) => {
  const bytes = new TextEncoder().encode(TEXTS.slice(0, 3).join("").replaceAll("\n", end) + "x");
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const splitter = new EventSplitter();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      found.push(...splitter.push(bytes.subarray(at, at + size)));
    expect(found.join("")).toBe(TEXTS.slice(0, 3).join(""));
    expect(found.filter(isList)).toEqual([TEXTS[0]]);
  }
});

test.each([": heartbeat\n", ": heartbeat\r\n", ":\n", ": one\n: two\n"])(
  "lines of comments between events are cut at once, without an empty line (%j)",
  (lines) => {
    const splitter = new EventSplitter();
    const push = (text: string): string[] => splitter.push(new TextEncoder().encode(text));
    expect([push(lines), push("data: 1\n\n"), push(lines)]).toEqual([
      [lines.replace("\r", "")],
      ["data: 1\n\n"],
      [lines.replace("\r", "")],
    ]);
  },
);

test("a line of a comment in an event is a part of its text", () => {
  const splitter = new EventSplitter();
  const push = (text: string): string[] => splitter.push(new TextEncoder().encode(text));
  expect([push("data: 1\n: heartbeat\n"), push("data: 2\n\n")]).toEqual([
    [],
    ["data: 1\n: heartbeat\ndata: 2\n\n"],
  ]);
});

test("a list keeps the texts of its features", () => {
  expect(listEvent(['{"a":\n1}', '{"b":\r\n7.50}'])).toBe(
    'event: features\ndata: [{"a":\ndata: 1},{"b":\ndata: 7.50}]\n\n',
  );
});

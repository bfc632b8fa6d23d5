import { expect, test } from "vitest";
import { Decoder, type Event } from "../src/session/sse/mod.ts";

/** Decodes the chunks of a stream. */
function decode(chunks: readonly Uint8Array[], limit = 1_000) {
  const decoder = new Decoder(limit);
  const events: Event[] = [];
  for (const bytes of chunks) {
    const chunk = { bytes, at: 0 };
    for (let found = decoder.decode(chunk); found !== undefined; found = decoder.decode(chunk)) {
      if (found === "too_large") return { isTooLarge: true, events, unfinished: decoder.unfinished };
      events.push(found);
    }
  }
  const { retry, lines, parts, unfinished, isWithinEvent } = decoder;
  return { isTooLarge: false, events, retry, lines, parts, unfinished, isWithinEvent };
}

/** Returns the bytes of a text in which each character up to U+00FF stands for one byte. */
function bytes(latin: string): Uint8Array {
  return Uint8Array.from(latin, (character) => character.charCodeAt(0));
}

/** Decodes a stream whole, and expects the same result for single bytes. */
function sameInBytes(stream: string, limit?: number) {
  const whole = decode([bytes(stream)], limit);
  const singly = Array.from(bytes(stream), (byte) => Uint8Array.of(byte));
  if (JSON.stringify(decode(singly, limit)) !== JSON.stringify(whole)) {
    expect(decode(singly, limit), JSON.stringify(stream)).toEqual(whole);
  }
  return whole;
}

/** Decodes a stream by the algorithm of the standard, step by step. */
function byTheStandard(stream: string): Event[] {
  const lines = new TextDecoder().decode(bytes(stream)).split(/\r\n|\n|\r/);
  // Text after the last line end is not a line.
  lines.pop();
  const events: Event[] = [];
  let [data, name] = ["", ""];
  let id: string | undefined;
  for (const line of lines) {
    if (line === "") {
      if (data !== "") events.push({ name: name === "" ? "message" : name, data: data.slice(0, -1), id });
      [data, name] = ["", ""];
      continue;
    }
    const [, field, value] = /^([^:]*)(?::(?: )?([^]*))?$/.exec(line) ?? [];
    if (field === "data") data += `${value ?? ""}\n`;
    else if (field === "event") name = value ?? "";
    else if (field === "id" && !value?.includes("\0")) id = value ?? "";
  }
  return events;
}

test(
  "all small streams of the parts that matter give the events of the standard",
  { timeout: 60_000 },
  () => {
    const parts = ["data", "event", "id", ":", ": ", "x", "\r", "\n", "\xef\xbb\xbf", "\xe2\x9d", "\0"];
    let streams = [""];
    for (let length = 1; length <= 4; length++) {
      streams = streams.flatMap((stream) => parts.map((part) => stream + part));
      for (const stream of streams) {
        const text = `${stream}\n\ndata:x\n\n`;
        const { events } = sameInBytes(text);
        const isSame = JSON.stringify(events) === JSON.stringify(byTheStandard(text));
        if (!isSame) expect(events, JSON.stringify(text)).toEqual(byTheStandard(text));
      }
    }
  },
);

test.each([
  ["retry: 0030\n", 30],
  ["retry:1\nretry:0\n", 0],
  ["retry:1\nretry:2x\nretry:x2\nretry:+2\nretry:2.5\nretry:  2\nretry:2:\nretry:\nretry\nretry:2", 1],
  ["retry:99999999999999999999999\n", Number.MAX_SAFE_INTEGER],
])("%j", (stream, retry) => {
  expect(sameInBytes(stream)).toMatchObject({ retry });
});

test.each([
  ["d", 0, 0, 1, false],
  ["data: x\r\n", 1, 0, 7, true],
  ["data: x\n\n", 2, 1, 0, false],
  ["event: a\ndata: x\ndat", 2, 0, 18, true],
  [": still\nid: 1\nretry: 1\nunknown: 1\nunkno", 4, 3, 5, false],
])(
  "%j has %d lines and %d parts, and %d bytes are unfinished",
  (stream, lines, parts, unfinished, isWithinEvent) => {
    expect(sameInBytes(stream)).toMatchObject({ lines, parts, unfinished, isWithinEvent });
  },
);

test.each([
  ["data:567890123456789", "\n\n", "0"],
  ["data:5678\ndata:56789", "x\n", "xx"],
  ["event:789\ndata:56789", "x\n", "xx"],
  ["unknown:890123456789", "\n\n", "x"],
  ["id:34567890123456789\ndata:567890123456789", "\n\n", "x"],
  ["data:\xff\xff\xff\xff\xff\xff", "\n\n", "\xff\n\n"],
  ["event:\xff\xff\xff\xff\xff\xff", "\ndata:\n\n", "\xff\ndata:\n\n"],
  ["id:\xff\xff\xff\xff\xff\xff", "\n", "\xff\n"],
  ["data\n".repeat(5), "\n".repeat(30), "d\n"],
])("the limit of 20 bytes is exact: %j", (begin, fits, doesNot) => {
  expect(sameInBytes(begin + fits, 20).isTooLarge).toBe(false);
  expect(sameInBytes(begin + doesNot, 20)).toMatchObject({ isTooLarge: true, unfinished: 0 });
});

test("names and ids have at most 64 KiB, an event may have 16 MiB, and an error stays", () => {
  for (const field of ["event", "id"]) {
    const isTooLarge = (length: number) =>
      decode([bytes(`${field}:${"n".repeat(length)}\ndata:x\n\n`)], 100_000).isTooLarge;
    expect([isTooLarge(65_536), isTooLarge(65_537)]).toEqual([false, true]);
  }
  const large = new Uint8Array(16 * 1024 * 1024 + 1).fill(0x78);
  large.set(bytes("data:"));
  expect(decode([large.subarray(0, -1), bytes("\n\n")], large.length - 1).isTooLarge).toBe(false);
  expect(decode([large, bytes("\n\n")], large.length - 1).isTooLarge).toBe(true);
  const decoder = new Decoder(9);
  for (const text of ["data:123456", "\n\n", ""]) {
    expect(decoder.decode({ bytes: bytes(text), at: 0 })).toBe("too_large");
  }
});

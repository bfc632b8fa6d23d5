import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Chunk, Decoder, type Event } from "../src/session/sse/mod.ts";

const DEFAULT_LIMIT = 16 * 1024 * 1024;

/** The result of decoding a stream. */
interface Heard {
  readonly events: readonly Event[];
  readonly retry: number | undefined;
  readonly lines: number;
  readonly unfinished: number;
  readonly isTooLarge: boolean;
}

function hear(chunks: readonly Uint8Array[], limit = DEFAULT_LIMIT): Heard {
  const decoder = new Decoder(limit);
  const events: Event[] = [];
  let isTooLarge = false;
  for (const bytes of chunks) {
    const chunk: Chunk = { bytes, at: 0 };
    for (;;) {
      const found = decoder.decode(chunk);
      if (isTooLarge) expect(found, "an error stays").toBe("too_large");
      if (found === undefined) expect(chunk.at).toBe(bytes.length);
      if (found === "too_large") isTooLarge = true;
      if (found === undefined || found === "too_large") break;
      events.push(found);
    }
  }
  const { retry, lines, unfinished } = decoder;
  return { events, retry, lines, unfinished, isTooLarge };
}

/** Returns the bytes of a text in which each character up to U+00FF stands for one byte. */
function bytes(latin: string): Uint8Array {
  return Uint8Array.from(latin, (character) => character.charCodeAt(0));
}

function singly(stream: Uint8Array): Uint8Array[] {
  return Array.from(stream, (byte) => Uint8Array.of(byte));
}

/** Checks that the result is the same for the whole stream, for single bytes, and for a cut at every position. */
function sameHoweverCut(stream: Uint8Array, limit = DEFAULT_LIMIT): Heard {
  const whole = hear([stream], limit);
  const name = JSON.stringify(Buffer.from(stream).toString("latin1"));
  expect(hear(singly(stream), limit), `${name} in single bytes`).toEqual(whole);
  for (let at = 0; at <= stream.length; at++) {
    const cut = [stream.subarray(0, at), stream.subarray(at)];
    expect(hear(cut, limit), `${name} cut at ${at}`).toEqual(whole);
  }
  return whole;
}

/**
 * Decodes a stream by the algorithm of the standard, step by step: decodes the whole stream, cuts it into lines and processes each line.
 */
function byTheStandard(stream: Uint8Array): Event[] {
  const text = new TextDecoder().decode(stream);
  const lines = text.split(/\r\n|\n|\r/);
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

/** Streams by what they show, each character a byte. */
const STREAMS: readonly (readonly [what: string, stream: string])[] = [
  ["nothing", ""],
  ["one line", "data:x\n\n"],
  ["carriage returns", "data:x\r\r"],
  ["both line ends", "data:x\r\n\r\n"],
  ["mixed line ends", "data:x\n\r\ndata:y\r\rdata:z\r\n\n"],
  ["a line feed after both is another line end", "data:x\r\n\n"],
  ["a line feed and a carriage return are two line ends", "data:x\n\r"],
  ["two line ends, one line", "data:x\r\ndata:y\n\n"],
  ["no line ends: vertical tab, U+0085, U+2028", "data:\x0b\xc2\x85\xe2\x80\xa8\n\n"],
  ["a byte order mark at the start", "\xef\xbb\xbfdata:x\n\n"],
  ["two byte order marks at the start: the second is part of a name", "\xef\xbb\xbf\xef\xbb\xbfdata:x\n\n"],
  ["two byte order marks before a short name", "\xef\xbb\xbf\xef\xbb\xbfid:1\ndata:x\n\n"],
  ["a byte order mark before a long name", "\xef\xbb\xbfevent:a\ndata:x\n\n"],
  ["a byte order mark at the second line", "\n\xef\xbb\xbfdata:x\n\n"],
  ["a byte order mark in a value", "data:\xef\xbb\xbfx\n\n"],
  ["a byte order mark before a comment", "\xef\xbb\xbf:data:x\n\n"],
  ["a part of a byte order mark", "\xef\xbbdata:x\n\n"],
  ["a byte order mark of UTF-16", "\xfe\xffdata:x\n\n"],
  ["one leading space is removed", "data: x\n\n"],
  ["only one", "data:  x \n\n"],
  ["only a space", "data:\tx\n\n"],
  ["a space before the colon", "data :x\n\n"],
  ["further colons", "data::x:\n\n"],
  ["a space and nothing", "data: \n\n"],
  ["a NUL in data", "data:a\0b\n\n"],
  ["two lines of data", "data:x\ndata:y\n\n"],
  ["empty lines of data", "data:\ndata:x\ndata:\n\n"],
  ["the standard's: two events, the third is unfinished", "data\n\ndata\ndata\n\ndata:"],
  ["no data", "event:a\n\n"],
  ["the name of an event without data is forgotten", "event:a\n\ndata:x\n\n"],
  ["several empty lines", "\n\ndata:x\n\n\n\n"],
  ["no empty line at the end", "data:x\n\ndata:y\n"],
  ["no line end at the end", "data:x\n\ndata:y"],
  ["a name", "event: a\ndata:x\n\n"],
  ["a name after the data", "data:x\nevent: a\n\n"],
  ["the last name counts", "event:a\ndata:x\nevent:b\n\n"],
  ["an empty name is none", "event:a\nevent:\ndata:x\n\n"],
  ["nor is one without a colon", "event:a\nevent\ndata:x\n\n"],
  ["a name does not outlive its event", "event:a\ndata:x\n\ndata:y\n\n"],
  ["an id stays", "id: 1\ndata:x\n\ndata:y\n\n"],
  ["an id without data stays too", "id:1\n\ndata:x\n\n"],
  ["an empty id", "id:1\nid\ndata:x\n\n"],
  ["an id with a NUL is ignored", "id:1\nid:a\0b\ndata:x\n\n"],
  ["an id after that", "id:a\0b\nid:2\ndata:x\n\n"],
  ["an id of an unfinished line", "data:x\n\nid:1"],
  ["a later id does not change an earlier event", "id:1\ndata:x\n\nid:2\n"],
  ["a comment", ": data:x\n:\n\n"],
  ["a comment within an event", "data:x\n:y\ndata:z\n\n"],
  ["a comment ends no event", "data:x\n:\n"],
  ["unknown fields", "dat:a\ndatax:b\nDATA:c\n data:d\nbogus\n\n"],
  ["a long name", "data-data-data-data:x\n\n"],
  ["a heart", 'data: "\xe2\x9d\xa4\xef\xb8\x8f"\n\n'],
  ["a bad byte", "data:a\xffb\n\n"],
  ["a character that does not end", "data:\xf0\x9f\x92\n\n"],
  ["a character that begins in one line and ends in the next", "data:\xe2\x9d\ndata:\xa4\n\n"],
  ["a surrogate", "data:\xed\xa0\x80\n\n"],
  ["an overlong slash", "data:\xc0\xaf\n\n"],
  ["a bad byte in a name", "event:\xff\ndata:x\n\n"],
  ["a bad byte in an id", "id:\xff\ndata:x\n\n"],
  ["a bad byte in a field's name", "data\xff:x\n\n"],
];

describe("events are those of the standard, however the stream is cut", { timeout: 60_000 }, () => {
  test.each(STREAMS)("%s", (_what, stream) => {
    const { events, isTooLarge } = sameHoweverCut(bytes(stream));
    expect(events).toEqual(byTheStandard(bytes(stream)));
    expect(isTooLarge).toBe(false);
  });

  test("events that are known", () => {
    expect(hear([bytes("\xef\xbb\xbfid:1\nevent: a\ndata: x\ndata:y\n\n")]).events).toEqual([
      { name: "a", data: "x\ny", id: "1" },
    ]);
    expect(hear([bytes("data:\xef\xbb\xbfx\xff\n\n")]).events).toEqual([
      { name: "message", data: "\ufeffx\ufffd", id: undefined },
    ]);
  });

  test("all small streams of the parts that matter", () => {
    const parts = ["data", ":", " ", "\r", "\n", "\xef\xbb\xbf", "\xe2\x9d", "\0"];
    let streams = [""];
    for (let length = 1; length <= 4; length++) {
      streams = streams.flatMap((stream) => parts.map((part) => stream + part));
      for (const stream of streams) {
        const whole = hear([bytes(`${stream}\n\n`)]);
        const name = JSON.stringify(stream);
        const isSame =
          isEqual(whole.events, byTheStandard(bytes(`${stream}\n\n`))) &&
          isEqual(whole, hear(singly(bytes(`${stream}\n\n`))));
        if (!isSame) expect.fail(`${name}: ${JSON.stringify(whole)}`);
      }
    }
  });

  test("the seeds of the fuzz target", () => {
    const folder = fileURLToPath(new URL("../../../../../conformance/fuzz/seeds/sse/", import.meta.url));
    const seeds = readdirSync(folder);
    expect(seeds.length).toBeGreaterThan(5);
    for (const name of seeds) {
      const stream = new Uint8Array(readFileSync(folder + name));
      expect(sameHoweverCut(stream).events, name).toEqual(byTheStandard(stream));
      for (const limit of [0, 1, 20, 64]) sameHoweverCut(stream, limit);
    }
  });
});

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

describe("delays before a reconnect", () => {
  test.each([
    ["digits", "retry: 3000\n", 3000],
    ["leading zeros", "retry:0030\n", 30],
    ["zero", "retry:0\n", 0],
    ["the last counts", "retry:1\nretry:2\n", 2],
    ["something behind digits", "retry:1\nretry:2x\n", 1],
    ["digits behind something", "retry:x2\n", undefined],
    ["digits on both sides", "retry:2x2\n", undefined],
    ["two spaces", "retry:  2\n", undefined],
    ["a sign", "retry:+2\n", undefined],
    ["a fraction", "retry:2.5\n", undefined],
    ["digits that are not ASCII", "retry:\xd9\xa3\n", undefined],
    ["empty", "retry:1\nretry:\nretry\n", 1],
    ["unfinished", "retry:1\nretry:2", 1],
    ["more than can be counted", "retry:99999999999999999999999\n", Number.MAX_SAFE_INTEGER],
  ] as const)("%s", (_what, stream, retry) => {
    expect(sameHoweverCut(bytes(stream)).retry).toBe(retry);
  });
});

describe("counters and limits", { timeout: 60_000 }, () => {
  test.each([
    ["", 0, 0],
    ["d", 0, 1],
    ["data: x", 0, 7],
    ["data: x\n", 1, 7],
    ["data: x\r", 1, 7],
    ["data: x\r\n", 1, 7],
    ["data: x\n\n", 2, 0],
    ["event: a\ndata: x\n", 2, 15],
    ["event: a\ndata: x\ndat", 2, 18],
    ["event: a\n\n", 2, 0],
    ["data\n", 1, 4],
    ["\r\n\r\n", 2, 0],
    [": still", 0, 7],
    [": still\n", 1, 0],
    ["data: x\n: still here\n", 2, 7],
    ["id: 1\n", 1, 0],
    ["retry: 1\n", 1, 0],
    ["unkno", 0, 5],
  ] as const)("of %j", (stream, lines, unfinished) => {
    const heard = sameHoweverCut(bytes(stream));
    expect([heard.lines, heard.unfinished]).toEqual([lines, unfinished]);
  });

  test.each([
    ["data:567890123456789", "\n\n", "0"],
    ["data:5678\ndata:56789", "x\n", "xx"],
    ["event:789\ndata:56789", "x\n", "xx"],
    [":1234567890123456789", "\n\n", "x"],
    ["unknownunknownunknow", "\n\n", "n"],
    ["unknown:890123456789", "\n\n", "x"],
    ["retry:00000000000000", "\n\n", "0"],
    ["data:56789\n:123456789", "\ndata:56789\n\n", "x"],
    ["id:34567890123456789", "\n\n", "x"],
    ["id:34567890123456789\ndata:567890123456789", "\n\n", "x"],
  ])("of 20 bytes are exact: %j", (begin, fits, doesNot) => {
    expect(sameHoweverCut(bytes(begin + fits), 20).isTooLarge).toBe(false);
    const heard = sameHoweverCut(bytes(begin + doesNot), 20);
    expect([heard.isTooLarge, heard.unfinished]).toEqual([true, 0]);
  });

  test("of every size give the same result however a short stream is cut", () => {
    for (const [, stream] of STREAMS.filter(([, text]) => text.length <= 12)) {
      for (let limit = 0; limit < stream.length; limit++) sameHoweverCut(bytes(stream), limit);
    }
  });

  test("do not apply to a stream as a whole", () => {
    for (const line of [":still here\n", "retry:1000\n", "unknown:1\n", "id:1\n", "\n", "data:x\n\n"]) {
      expect(hear([bytes(line.repeat(1_000))], 20).isTooLarge, line).toBe(false);
    }
    for (const line of ["data\n", "data:\n", "event:a\n"]) {
      expect(hear([bytes(line.repeat(1_000))], 20).isTooLarge, line).toBe(true);
    }
  });

  test("apply to names and ids, and to replacements of bad bytes", () => {
    for (const field of ["event", "id"]) {
      const stream = (length: number) => bytes(`${field}:${"n".repeat(length)}\ndata:x\n\n`);
      expect(hear([stream(65_536)]).events.length, field).toBe(1);
      expect(hear([stream(65_537)]).isTooLarge, field).toBe(true);
    }
    for (const [field, data] of [
      ["data:", ""],
      ["event:", "data:x\n"],
      ["id:", "data:x\n"],
    ] as const) {
      const stream = (bad: number) => bytes(`${field}${"\xff".repeat(bad)}\n${data}\n`);
      expect(hear([stream(6)], 20).events.length, field).toBe(1);
      expect(hear([stream(7)], 20).isTooLarge, field).toBe(true);
    }
  });

  test("stop a stream after the events before, for good", () => {
    const decoder = new Decoder(20);
    const chunk = { bytes: bytes("retry:5\n\ndata:a\n\ndata:5678901234567890\n\ndata:b\n\n"), at: 0 };
    expect(decoder.decode(chunk)).toMatchObject({ data: "a" });
    for (const rest of [
      chunk,
      chunk,
      { bytes: bytes("\n\ndata:c\n\n"), at: 0 },
      { bytes: bytes(""), at: 0 },
    ]) {
      expect(decoder.decode(rest)).toBe("too_large");
    }
    expect([decoder.lines, decoder.unfinished, decoder.retry]).toEqual([4, 0, 5]);
  });

  test("of 16 MiB hold for a large event in time", () => {
    const large = new Uint8Array(DEFAULT_LIMIT + 1).fill(0x78);
    large.set(bytes("data:"));
    expect(hear([large.subarray(0, DEFAULT_LIMIT), bytes("\n\n")]).events.length).toBe(1);
    expect(hear([large, bytes("\n\n")]).isTooLarge).toBe(true);
  });
});

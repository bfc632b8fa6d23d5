import { describe, expect, test } from "vitest";

import { Client, type ClientOptions, type Notice, toScript } from "../../src/index.ts";
import { edge, start } from "./edge_of_each_test.ts";
import { offline } from "./offline.ts";
import { feature, list as listEvent, SERVER_KEY } from "./scripted_edge.ts";

const MARA = { userkey: "mara", plan: ["gold", "a,b"] };
/** What a client in Rust writes for the context of `MARA` (`docs/reference/bootstrap.md`). */
const STATE = JSON.stringify({
  format: 1,
  generation: 4,
  time: "2026-11-21T08:30:00.000Z",
  context: "CONTEXT",
  features: [
    { key: "NEW_CHECKOUT", type: "BOOLEAN", value: true, version: 3, reason: "SPLIT", variant: "x7Ab" },
    { key: "COLOUR", type: "STRING", value: "red", version: 1, reason: "DEFAULT", variant: "default" },
    { key: "PRICE", type: "NUMBER", value: 7.5, version: 1, reason: "STATIC", variant: "default" },
    {
      key: "HUGE",
      type: "NUMBER",
      value: "9007199254740993",
      version: 1,
      reason: "STATIC",
      variant: "default",
    },
    { key: "LIMITS", type: "JSON", value: '{"perDay":3}', version: 1, reason: "STATIC", variant: "default" },
    { key: "NONE", type: "STRING", value: null, version: 1, reason: "NOT_SET", variant: "default", later: 1 },
  ],
});

/** The depth and the number of characters of hostile documents. */
const [DEPTH, LARGE] = [100_000, 10_000_000];
/** Returns a JSON value of this depth. */
function deep(depth = DEPTH): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

/** Returns the hash of the context in a document that this package writes, which the sequences compare with that of Rust. */
function hashOf(attributes: Record<string, string | string[]>): string {
  const client = Client.offline();
  const { context } = JSON.parse(client.context(attributes).dehydrate()) as { context: string };
  client.close();
  return context;
}

function hydrated(state: string, options: ClientOptions = {}, key: string = SERVER_KEY): Client {
  return start({ ...options, hydrate: state }, key);
}

describe("a hydrated client", () => {
  const state = STATE.replace("CONTEXT", hashOf(MARA));

  test("returns the values at once, with their reasons and versions", async () => {
    const mara = hydrated(state).context(MARA);
    expect([mara.isEnabled("NEW_CHECKOUT"), mara.string("COLOUR"), mara.number("PRICE")]).toEqual([
      true,
      "red",
      7.5,
    ]);
    expect([mara.decimal("HUGE"), mara.json("LIMITS"), mara.string("NONE", "-")]).toEqual([
      "9007199254740993",
      { perDay: 3 },
      "-",
    ]);
    expect(mara.detail("NEW_CHECKOUT")).toMatchObject({
      ...{ value: true, reason: "SPLIT", strategyId: "x7Ab", variant: "x7Ab", version: 3, kind: "BOOLEAN" },
      exists: true,
    });
    expect(mara.detail("COLOUR")).toMatchObject({ reason: "DEFAULT", variant: "default" });
    expect((await mara.explain("COLOUR")).report).toBeUndefined();
    expect(mara.detail("UNKNOWN")).toMatchObject({ reason: "NOT_READY", exists: false });
  });

  test.each([
    ["of a context: for it only", state, {}, undefined, "red"],
    ["of the client's first context: without a context, too", state, { context: MARA }, "red", "red"],
    ["of no context: without a context only", STATE.replace('"CONTEXT"', "null"), {}, "red", undefined],
  ])("returns the values of a document %s", (_, document, options, without, maras) => {
    const client = hydrated(document, options);
    const reads = [client, client.context(MARA), client.context({ userkey: "fred" })];
    expect(reads.map((each) => each.string("COLOUR"))).toEqual([without, maras, undefined]);
    expect([client.readiness, reads[2]?.detail("COLOUR").reason]).toEqual(["NOT_READY", "NOT_READY"]);
  });

  test("serves the Edge's features from the first list on, and notifies of the values that differ", async () => {
    const client = hydrated(state, { context: MARA, catchUpdates: true });
    const mara = client.context(MARA);
    const changes: string[] = [];
    for (const key of ["COLOUR", "NEW_CHECKOUT", "PRICE"])
      mara.onChange(key, (change) => changes.push(`${key} ${String(change.old)} ${String(change.new)}`));
    await edge.stream(feature("COLOUR", "blue", 2), feature("NEW_CHECKOUT", true, 3));
    await client.ready();
    expect([mara.string("COLOUR"), mara.isEnabled("NEW_CHECKOUT"), mara.number("PRICE")]).toEqual([
      "blue",
      true,
      undefined,
    ]);
    client.flush();
    expect(changes).toEqual(["COLOUR red blue", "PRICE 7.5 undefined"]);
    expect(mara.detail("LIMITS").reason).toBe("NOT_FOUND");
  });

  test("keeps its values while the Edge evaluates another context before the first list", async () => {
    const client = hydrated(state);
    const mara = client.context(MARA);
    const activated = mara.activate();
    expect(mara.string("COLOUR")).toBe("red");
    const first = await edge.next();
    first.response.writeHead(200, { "content-type": "text/event-stream" });
    first.response.write(listEvent(feature("COLOUR", "green", 2)));
    if (first.request.headers["x-featurehub"] === undefined) await edge.stream(feature("COLOUR", "green", 2));
    await activated;
    expect(mara.string("COLOUR")).toBe("green");
  });

  test.each([
    ["no JSON", ""],
    ["no document", "[]"],
    ["another format", '{"format":2,"features":[]}'],
    ["no features", '{"format":1}'],
    ["a feature that is no object", '{"format":1,"features":[7]}'],
    ["a feature without a reason", '{"format":1,"features":[{"key":"A"}]}'],
    [
      "a version as a text",
      '{"format":1,"features":[{"key":"A","reason":"STATIC","variant":"default","version":"1"}]}',
    ],
    ["deep lists", "[".repeat(200_000)],
    ["deep lists that end", deep()],
    ["deep lists in place of features", `{"format":1,"features":${deep()}}`],
    ["deep objects", '{"format":1,"features":[' + '{"key":'.repeat(DEPTH)],
    [
      "a deep value",
      `{"format":1,"features":[{"key":"A","reason":"STATIC","variant":"default","version":1,"value":${deep()}}]}`,
    ],
    ["10 MB of text", "x".repeat(LARGE)],
    ["10 MB of a text that does not end", `{"format":1,"features":[{"key":"${"x".repeat(LARGE)}`],
    ["10 MB of lists", `{"format":1,"features":[${"[],".repeat(LARGE / 3)}[]]}`],
    ["a prototype", '{"__proto__":{"format":1,"features":[]}}'],
    ["a feature with a prototype", '{"format":1,"features":[{"__proto__":{"key":"A","reason":"STATIC"}}]}'],
  ])("ignores a document with a notice: %s", async (why, document) => {
    expect(why).not.toBe("");
    const notices: Notice[] = [];
    const client = hydrated(document, { onNotice: (notice) => notices.push(notice) });
    expect(client.context(MARA).string("COLOUR")).toBeUndefined();
    client.flush();
    await Promise.resolve();
    expect(notices.map(({ kind }) => kind)).toEqual(["store_ignored"]);
  });

  test.each([
    ["a deep member that is unknown", `"value":"red","later":${deep()}`],
    ["a value of 10 MB", `"value":"${"x".repeat(LARGE)}"`],
    ["a list of 10 MB as a value", `"value":[${`"${"x".repeat(20)}",`.repeat(LARGE / 23)}0]`],
    ["members named __proto__", `"value":"red","__proto__":{"isAdmin":true,"value":"blue"}`],
  ])("reads a feature with %s, and all others", async (_what, members) => {
    const other =
      '{"key":"OTHER","type":"STRING","value":"x","version":1,"reason":"STATIC","variant":"default"}';
    const hostile = `{"key":"COLOUR","type":"STRING",${members},"version":1,"reason":"STATIC","variant":"default"}`;
    const document = `{"format":1,"context":null,"features":[${hostile},${other}]}`;
    const client = hydrated(document, { onNotice: () => undefined });
    const read = [client.detail("COLOUR"), client.values(), client.json("COLOUR"), client.dehydrate()];
    expect(read).toHaveLength(4);
    expect(client.string("OTHER")).toBe("x");
    expect(Object.prototype).not.toHaveProperty("isAdmin");
    await edge.stream(feature("COLOUR", "blue", 2));
    await client.ready();
    expect(client.string("COLOUR")).toBe("blue");
  });

  test("is not changed by members named __proto__", () => {
    const document = state.replace('"key":"COLOUR"', '"key":"__proto__"');
    expect(hydrated(document).context(MARA).string("__proto__")).toBe("red");
  });
});

describe("a dehydrated context", () => {
  test("hydrates another client with the same values", () => {
    const features = [feature("COLOUR", "red"), feature("NEW_CHECKOUT", true)];
    const state = offline(features, { context: MARA }).context(MARA).dehydrate();
    const mara = hydrated(state).context(MARA);
    expect([mara.string("COLOUR"), mara.isEnabled("NEW_CHECKOUT")]).toEqual(["red", true]);
    expect(state).not.toContain("mara");
    expect(mara.dehydrate().replace(/"generation":\d+,"time":"[^"]*"/, "")).toBe(
      state.replace(/"generation":\d+,"time":"[^"]*"/, ""),
    );
  });
});

test("toScript hides what could end or change the script element, and keeps the document", () => {
  const hostile = { a: "</script><!-- ]]> & \u2028\u2029", b: "<script>" };
  const text = toScript(JSON.stringify(hostile));
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(text).toContain("\\u003c/script\\u003e");
  expect(JSON.parse(text)).toEqual(hostile);
});

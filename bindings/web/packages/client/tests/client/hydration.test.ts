import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { Client, type ClientOptions, type Notice, toScript } from "../../src/index.ts";
import { describeEngine } from "../engine/built.ts";
import { problems } from "./json_schema.ts";
import { closing, edge, start } from "./edge_of_each_test.ts";
import { offline } from "./offline.ts";
import { CLIENT_KEY, feature, list as listEvent, SERVER_KEY } from "./scripted_edge.ts";

const MARA = { userkey: "mara", plan: ["gold", "a,b"] };
/** What a client in Rust writes for the context of `MARA` (`docs/bootstrap.md`). */
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

/** Returns the hash of the context in a document that this package writes, whose tables of Rust prove it. */
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

  test("returns no value for another context, or without a context", () => {
    const client = hydrated(state);
    const fred = client.context({ userkey: "fred" });
    expect([fred.isEnabled("NEW_CHECKOUT"), client.isEnabled("NEW_CHECKOUT")]).toEqual([false, false]);
    expect(fred.detail("COLOUR")).toMatchObject({ value: undefined, reason: "NOT_READY" });
    expect(client.readiness).toBe("NOT_READY");
  });

  test("returns the values without a context if the document belongs to its first context", () => {
    const client = hydrated(state, { context: MARA });
    expect([client.isEnabled("NEW_CHECKOUT"), client.string("COLOUR")]).toEqual([true, "red"]);
    expect(client.context({ userkey: "fred" }).string("COLOUR")).toBeUndefined();
  });

  test("of a document without a context returns its values without a context only", () => {
    const client = hydrated(STATE.replace('"CONTEXT"', "null"));
    expect(client.string("COLOUR")).toBe("red");
    expect(client.context(MARA).string("COLOUR")).toBeUndefined();
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

  const schema = JSON.parse(
    readFileSync(new URL("../../../../../../docs/bootstrap.schema.json", import.meta.url), "utf8"),
  ) as Readonly<Record<string, unknown>>;
  const strategy = {
    id: "of mara",
    value: "blue",
    attributes: [{ fieldName: "userkey", type: "STRING", conditional: "EQUALS", values: ["mara"] }],
  };
  const features = [
    { key: "COLOUR", type: "STRING", version: 2, value: "red", strategies: [strategy] },
    { key: "OTHER", type: "STRING", version: 1, value: "red", strategies: [{ ...strategy, value: null }] },
    { key: "ON", type: "BOOLEAN", version: 0, value: false, l: true },
    { key: "PRICE", type: "NUMBER", version: 1, value: 7.5 },
    { key: "LIMITS", type: "JSON", version: 1, value: '{"perDay":3}' },
    { key: "NONE", type: "JSON", version: 1, value: null },
    { key: "UNKNOWN", type: "LATER", version: 1, value: "x" },
    { key: "OVERRIDDEN", type: "STRING", version: 1, value: "x" },
  ].map((each, index) => JSON.stringify({ id: `${index}`, ...each }));
  // JavaScript has no such numbers.
  const list = `[${features.join(",")},{"key":"HUGE","type":"NUMBER","version":9007199254740993,"value":1e400}]`;

  describeEngine("fits the JSON Schema of the repository, as its features do", () => {
    test.each([
      ["server", SERVER_KEY, MARA],
      ["client", CLIENT_KEY, MARA],
      ["client", CLIENT_KEY, undefined],
    ])("with a %s-evaluated key", async (_kind, key, context) => {
      const client = closing(new Client("", key, { mode: "offline", ...(context && { context }) }));
      client.offerFeatures("test", "environment", list);
      client.overrides.set("OVERRIDDEN", "y");
      await client.ready();
      const reads = context ? client.context(context) : client;
      const document = JSON.parse(reads.dehydrate()) as { readonly features: readonly object[] };
      expect(problems(document, schema)).toEqual([]);
      expect(document.features).toHaveLength(9);
      // The members of a later version would be allowed, but this version has none.
      const { required, $defs } = schema as {
        readonly required: string[];
        readonly $defs: { readonly feature: { readonly required: string[] } };
      };
      expect(Object.keys(document)).toEqual(required);
      for (const each of document.features) expect(Object.keys(each)).toEqual($defs.feature.required);
      const [first = {}] = document.features;
      for (const [member, bad] of Object.entries({
        type: "TEXT",
        version: "2",
        reason: "LATER",
        value: true,
      }))
        expect(problems({ ...document, features: [{ ...first, [member]: bad }] }, schema)).not.toEqual([]);
    });

    test("before the client has features", () => {
      using client = Client.offline();
      expect(problems(JSON.parse(client.context(MARA).dehydrate()), schema)).toEqual([]);
    });
  });

  test("of the tests above fits the JSON Schema, too", () => {
    expect(problems(JSON.parse(STATE.replace("CONTEXT", hashOf(MARA))), schema)).toEqual([]);
  });
});

test("toScript hides what could end or change the script element, and keeps the document", () => {
  const hostile = { a: "</script><!-- ]]> & \u2028\u2029", b: "<script>" };
  const text = toScript(JSON.stringify(hostile));
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(text).toContain("\\u003c/script\\u003e");
  expect(JSON.parse(text)).toEqual(hostile);
});

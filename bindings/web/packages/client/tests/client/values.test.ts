import { describe, expect, test } from "vitest";

import type { Client, ClientOptions } from "../../src/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { edge, start as startClient } from "./edge_of_each_test.ts";
import { CLIENT_KEY, SERVER_KEY } from "./scripted_edge.ts";

/** All reads of a value. A getter of another type than that of the feature gives `undefined`. */
interface Expected {
  readonly boolean?: boolean;
  readonly string?: string;
  readonly number?: number;
  readonly decimal?: string;
  readonly json?: unknown;
  readonly rawJson?: string;
}

const number = (value: number, text: string): Expected => ({ number: value, decimal: text });

/** A value: its name, the type of the feature, the value as JSON (`undefined` for none), and what all getters read. */
const VALUES: readonly [name: string, type: string, value: string | undefined, expected: Expected][] = [
  ["false", "BOOLEAN", "false", { boolean: false }],
  ["true", "BOOLEAN", "true", { boolean: true }],
  ["1 in place of true", "BOOLEAN", "1", { boolean: false }],
  ["the text true", "BOOLEAN", '"TRUE"', { boolean: true }],
  ["the text 1 in place of true", "BOOLEAN", '"1"', { boolean: false }],
  ["no truth value", "BOOLEAN", "null", {}],
  ["0", "NUMBER", "0", number(0, "0")],
  ["-0", "NUMBER", "-0", number(-0, "-0")],
  ["7.50", "NUMBER", "7.50", number(7.5, "7.50")],
  ["1.0", "NUMBER", "1.0", number(1, "1.0")],
  ["1e400", "NUMBER", "1e400", number(Infinity, "1e400")],
  ["2⁵³ + 1", "NUMBER", "9007199254740993", number(2 ** 53, "9007199254740993")],
  ["-2⁵³ - 1", "NUMBER", "-9007199254740993", number(-(2 ** 53), "-9007199254740993")],
  ["the text 7.50", "NUMBER", '"7.50"', number(7.5, "7.50")],
  ["no number", "NUMBER", "null", {}],
  ["the empty text", "STRING", '""', { string: "" }],
  ["the text false", "STRING", '"false"', { string: "false" }],
  ["no text", "STRING", "null", {}],
  ["a lone high surrogate", "STRING", '"a\\ud83eb"', { string: "a\ufffdb" }],
  ["a lone low surrogate", "STRING", '"\\udd8a"', { string: "\ufffd" }],
  ["a pair of surrogates", "STRING", '"\\ud83e\\udd8a"', { string: "🦊" }],
  ["a text with U+0000", "STRING", '"a\\u0000b"', { string: "a\0b" }],
  ["a document", "JSON", '"{\\"a\\":[1,null]}"', { json: { a: [1, null] }, rawJson: '{"a":[1,null]}' }],
  ["the document null", "JSON", '"null"', { json: null, rawJson: "null" }],
  [
    "a document with __proto__",
    "JSON",
    '"{\\"__proto__\\":1}"',
    { json: JSON.parse('{"__proto__":1}') as unknown, rawJson: '{"__proto__":1}' },
  ],
  ["a broken document", "JSON", '"{"', { rawJson: "{" }],
  ["the empty document", "JSON", '""', { rawJson: "" }],
  ["no document", "JSON", "null", {}],
  ["an absent value", "STRING", undefined, {}],
];

/** A client with a kind of keys, and where the values come from. */
interface Origin {
  readonly name: string;
  readonly key: string;
  readonly isStrategy: boolean;
}

const SERVER: Origin = { name: "a server-evaluated key", key: SERVER_KEY, isStrategy: false };
const CLIENT: Origin = { name: "a client-evaluated key", key: CLIENT_KEY, isStrategy: false };
const STRATEGY: Origin = { name: "a strategy of a client-evaluated key", key: CLIENT_KEY, isStrategy: true };

/** Returns the JSON of a feature whose value, or the value of its only strategy, is `value`. */
function feature(key: string, type: string, value: string | undefined, isStrategy = false): string {
  const member = value === undefined ? "" : `,"value":${value}`;
  const start = `{"id":${JSON.stringify(key)},"key":${JSON.stringify(key)},"type":"${type}","version":1`;
  if (!isStrategy) return `${start}${member}}`;
  const strategy = `{"id":"s","percentage":1000000,"attributes":[]${member}}`;
  return `${start},"value":${OTHER[type] ?? ""},"strategies":[${strategy}]}`;
}

/** The values of features whose strategies give the values of the tests. */
const OTHER: Readonly<Record<string, string>> = {
  BOOLEAN: "true",
  NUMBER: "3",
  STRING: '"other"',
  JSON: '"[]"',
};

let client: Client;

/** Starts a client that has read these features. */
async function start({ key }: Origin, features: readonly string[]): Promise<Client> {
  const engines = key === CLIENT_KEY && { engine: bytes("lean.wasm"), fullEngine: bytes("full.wasm") };
  const options: ClientOptions = { mode: "once", context: { userkey: "mara" }, ...engines };
  client = startClient(options, key);
  await edge.poll(features);
  await client.ready();
  return client;
}

for (const [describeOrigin, origin] of [
  [describe, SERVER],
  [describeEngine, CLIENT],
  [describeEngine, STRATEGY],
] as const) {
  const { isStrategy } = origin;
  describeOrigin(`with ${origin.name}`, () => {
    test.each(VALUES)("each getter reads %s", async (_name, type, value, expected) => {
      await start(origin, [feature("KEY", type, value, isStrategy)]);
      const mara = client.context({ userkey: "mara" });
      const read = {
        boolean: mara.boolean("KEY"),
        string: mara.string("KEY"),
        number: mara.number("KEY"),
        decimal: mara.decimal("KEY"),
        json: mara.json("KEY"),
        rawJson: mara.rawJson("KEY"),
      };
      // `toStrictEqual` tells -0 from 0.
      expect(read).toStrictEqual({ ...NOTHING, ...expected });
      const isSet = Object.keys(expected).length > 0;
      expect([mara.isSet("KEY"), mara.exists("KEY"), mara.isEnabled("KEY")]).toEqual([
        isSet,
        true,
        expected.boolean === true,
      ]);
      expect(mara.detail("KEY").text).toBe(expected.decimal ?? expected.rawJson);
    });

    test("a getter with a default gives it only where there is no value", async () => {
      await start(origin, [
        feature("FALSE", "BOOLEAN", "false", isStrategy),
        feature("ZERO", "NUMBER", "0", isStrategy),
        feature("EMPTY", "STRING", '""', isStrategy),
        feature("NULL", "STRING", "null", isStrategy),
        feature("DOCUMENT", "JSON", '"null"', isStrategy),
      ]);
      const mara = client.context({ userkey: "mara" });
      expect([mara.boolean("FALSE", true), mara.number("ZERO", 5), mara.decimal("ZERO", "5")]).toEqual([
        false,
        0,
        "0",
      ]);
      expect([mara.string("EMPTY", "x"), mara.string("NULL", "x"), mara.string("ABSENT", "x")]).toEqual([
        "",
        "x",
        "x",
      ]);
      expect([mara.json("DOCUMENT", "x"), mara.json("ABSENT", "x")]).toEqual([null, "x"]);
    });

    test("keys may be names of JavaScript's own properties and 64 KB long, and not empty", async () => {
      const keys = ["__proto__", "constructor", "hasOwnProperty", "toString", "K".repeat(65_536)];
      await start(origin, [
        ...keys.map((key) => feature(key, "STRING", '"value"', isStrategy)),
        feature("", "STRING", '"nameless"', isStrategy),
      ]);
      const mara = client.context({ userkey: "mara" });
      expect(keys.map((key) => mara.string(key))).toEqual(keys.map(() => "value"));
      expect([mara.string(""), mara.exists(""), mara.exists("valueOf")]).toEqual([undefined, false, false]);
      expect([...client.keys()].sort()).toEqual([...keys].sort());
      expect(mara.values().map(({ key }) => key)).toHaveLength(keys.length);
    });
  });
}

test.each([
  ["7", 7, "7"],
  ["7.0", 7, "7"],
  ["9007199254740991", 2 ** 53 - 1, "9007199254740991"],
  ["9007199254740993", 2 ** 53 - 1, "9007199254740993"],
  ["-9223372036854775808", -(2 ** 53 - 1), "-9223372036854775808"],
  ['"7"', 0, "0"],
])("the version %s is a number, whose text has all digits", async (version, double, text) => {
  await start(SERVER, [feature("KEY", "STRING", '"value"').replace('"version":1', `"version":${version}`)]);
  const detail = client.detail("KEY");
  expect([detail.version, detail.versionText(), client.detail("NONE").versionText()]).toEqual([
    double,
    text,
    "-1",
  ]);
});

/** What the getters read from a feature without a value. */
const NOTHING = {
  boolean: undefined,
  string: undefined,
  number: undefined,
  decimal: undefined,
  json: undefined,
  rawJson: undefined,
};

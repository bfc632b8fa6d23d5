import { describe, expect, test } from "vitest";
import { Flags } from "../src/repository/baggage/flags.ts";
import { EnvironmentOverrides, parseBootstrap, writeBootstrap } from "../src/repository/lib.ts";
import { isRefusal, problemText } from "../src/repository/problem.ts";
import { Decimal } from "../src/repository/value.ts";
import { EdgeProblem } from "../src/driver/edge_problem.ts";
import { elements, integer, members, parse } from "../src/text/json.ts";
import { environments, one } from "../src/session/feature_set/answer.ts";
import { featureOf } from "../src/session/feature_set/received.ts";
import { readSnapshot } from "../src/storage/snapshot_form.ts";
import { readAnswer } from "../src/test_updates/answer.ts";
import { isApplied, type Update, updateBody } from "../src/test_updates/update.ts";
import { valid } from "./valid.ts";

/** Forms of texts that no conversation and no sequence reads, each with what a client reads from it. */

test.each([
  ["20.0", 20],
  ["2e1", 20],
  ["100.5E+1", 1005],
  ["2000000.0e-4", 200],
  ["-0.0", 0],
  ["0e-400", 0],
  ["20.00000000000000000000000000001", undefined],
  ["1.25e1", undefined],
  ["1e-400", undefined],
  ["1e999", undefined],
  ['"20"', undefined],
  ["-9007199254740993", -Number.MAX_SAFE_INTEGER],
])("the integer %s is exact", (json, expected) => {
  expect(integer(json)).toBe(expected);
});

test("JSON keeps the texts of its parts, and a byte order mark is no JSON", () => {
  const texts = ["1.50", '"a,]\\"["', '{"b": [2, {}]}', "[ ]", "null", '"\\\\"'];
  expect(elements(`\t[${texts.join(" ,\n")}\r]`)).toEqual(texts);
  const object = ' { "a" : 1.0 ,"a\\u0062":{"c":[]},"a":"x:,}","\\ud800":-0 , "__proto__":{}} ';
  const found = [
    ["a", "1.0"],
    ["ab", '{"c":[]}'],
    ["a", '"x:,}"'],
    ["\ufffd", "-0"],
    ["__proto__", "{}"],
  ];
  expect(members(object)).toEqual(found);
  expect([elements("{}"), members("[]"), elements(" [ ] "), members("{ }"), parse("\ufeff{}")]).toEqual([
    undefined,
    undefined,
    [],
    [],
    undefined,
  ]);
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  expect(members(`{"x":${deep}}`)).toEqual([["x", deep]]);
  const quotes = `"${'\\"'.repeat(200_000)}"`;
  expect(elements(`[${quotes},1]`)).toEqual([quotes, "1"]);
});

test("a poll is a list of environments, which are joined by their ids", () => {
  const shape = (body: string) => {
    const found = environments(body);
    return typeof found === "string" ? found : found.map(({ id, listed }) => [id, listed?.features.length]);
  };
  const body =
    '[{"id":"e","features":[{}]},{"features":[1]},{"id":"E","features":[{},{}]},{"id":"e"},{"features":[2]}]';
  expect(shape(`\ufeff${body}`)).toEqual([
    ["e", 3],
    [undefined, 2],
  ]);
  expect(shape('[{"id":"e","features":[{}],"id":"f","featur\\u0065s":[1,2]}]')).toEqual([["f", 2]]);
  for (const none of ["null", "{}"])
    expect(shape(`[{"features":[{}],"features":${none}}]`)).toEqual([[undefined, undefined]]);
  expect([shape("<html>"), shape("[7]")]).toEqual(["a page of HTML", "an environment is not a JSON object"]);
  expect(
    valid(environments('[{"features":[ {"key" : "A,]"}\n,"x" ]}]'))[0]?.listed?.features.map(
      ({ json }) => json,
    ),
  ).toEqual(['{"key" : "A,]"}', '"x"']);
});

describe("test updates", () => {
  const number = (text: string) => Decimal.parse(text);

  test.each([
    [{ value: null, lock: true }, '{"lock":true,"updateValue":true,"value":null}'],
    [{ value: number("7.50") }, '{"updateValue":true,"value":7.50}'],
    [{ value: number("+5") }, '{"updateValue":true,"value":"+5"}'],
    [{ value: number("007") }, '{"updateValue":true,"value":"007"}'],
    [{ value: number("1e400") }, '{"updateValue":true,"value":"1e400"}'],
    [{ value: number("9007199254740993") }, '{"updateValue":true,"value":"9007199254740993"}'],
    [{ value: number("1152921504606846976") }, '{"updateValue":true,"value":1152921504606846976}'],
    [{ value: 'a"\n\u2028\ud800' }, '{"updateValue":true,"value":"a\\"\\n\u2028\ufffd"}'],
    [{ value: [1] }, '{"updateValue":true,"value":"[1]"}'],
  ])("%o has the body %s", (update, body) => {
    expect(updateBody(update)).toBe(body);
  });

  test.each([
    [200, "", "accepted"],
    [201, "<?xml version='1.0'?>", "accepted"],
    [202, "{}", "unchanged"],
    [
      200,
      "\ufeff\n<!doctype html>",
      "the Edge answers with a page of HTML: probably a sign-in page, the page of a proxy, or a wrong URL",
    ],
    [400, " a\0b\tc ", "the Edge rejected the update as invalid: abc"],
    [401, "", "the API key has no permission for this update"],
    [404, "x", "the Edge does not know this API key or feature"],
    [407, "", "a proxy answered with status 407, because it requires a user name and a password"],
    [412, "null, because it is locked", "the feature is locked: null, because it is locked"],
    [412, "cannot set to null", "the update is not possible: cannot set to null"],
    [500, "é".repeat(501), `the Edge answered with status 500: ${"é".repeat(500)}`],
  ])("the answer %d %j means %s", (status, body, expected) => {
    const found = readAnswer(status, body);
    const text =
      typeof found === "string"
        ? found
        : found instanceof EdgeProblem
          ? problemText(found.problem)
          : found.message;
    expect(text).toBe(expected);
  });

  test.each<[string, Update, boolean]>([
    ['"type":"BOOLEAN","value":true,"l":true', { value: "TRUE", lock: true }, true],
    ['"type":"BOOLEAN","value":true', { value: true, lock: true }, false],
    ['"type":"BOOLEAN","value":null', { value: null }, true],
    ['"type":"BOOLEAN","value":null', { value: false }, false],
    ['"type":"NUMBER","value":7.50', { value: "7.5" }, true],
    ['"type":"NUMBER","value":"18446744073709551616"', { value: number("18446744073709551615") }, false],
    ['"type":"STRING","value":"7.5"', { value: number("7.50") }, false],
    ['"type":"JSON","value":"{\\"a\\":1}"', { value: { a: 1 } }, true],
    ['"type":"STRING","value":""', { lock: false }, true],
  ])("%s fits %o: %s", (feature, update, expected) => {
    expect(isApplied(update, valid(featureOf(valid(one(`{"key":"F",${feature}}`)))!))).toBe(expected);
  });
});

test("an Edge refuses with four of the problems", () => {
  const refusals = ["bad_request", "unauthorised", "not_found", "failure"] as const;
  expect(refusals.map((code) => isRefusal({ code, status: 401, text: "" }))).toEqual(Array(4).fill(true));
  expect([isRefusal({ code: "stale" }), isRefusal({ code: "server_error", status: 500 })]).toEqual([
    false,
    false,
  ]);
});

test("a snapshot is of its owner, and complete", () => {
  const owner = { kind: "client-evaluated", keys: "ab12", context: "0" } as const;
  const good =
    '{"format":"featurehub-snapshot/1","savedAt":"2024-02-29T23:59:59.999Z","kind":"client-evaluated","keys":"ab12","context":"0","environments":[{"id":"e","features":[{"key":"A","value":7.50}, 5]},{"features":[],"id":""}]}';
  const read = (document: string) => readSnapshot(document, owner, "file");
  expect(read(good)).toEqual({
    savedAt: 1_709_251_199_999,
    environments: [
      ["e", '[{"key":"A","value":7.50}, 5]'],
      ["", "[]"],
    ],
  });
  const incomplete = "the file cannot be read: a member is missing or has another type";
  for (const [from, to, why] of [
    ["2024-02-29", "2023-02-29", "the snapshot has no valid time `savedAt`"],
    ["ab12", "ab13", "the snapshot was saved with other API keys"],
    ["client-evaluated", "server-evaluated", "the snapshot was saved with other API keys"],
    ['"0"', '"1"', "the snapshot was saved for another context"],
    ["snapshot/1", "snapshot/2", "the file is not a snapshot of the format featurehub-snapshot/1"],
    ['"context":"0",', "", incomplete],
    ['"features":[],', "", incomplete],
    ['"id":""', '"id":5', incomplete],
    [',"environments"', ',"x"', incomplete],
    ["{", "[{", "the file cannot be read: it is no JSON document with a format"],
  ] as const) {
    expect(read(good.replace(from, to)), to).toBe(why);
  }
});

test("a bootstrap document has the members of its format, each once", () => {
  const good =
    '{"format":1,"generation":3,"time":"2026-11-21T00:00:00.500Z","context":null,"features":[{"key":"A","type":"NUMBER","value":"1e400","version":1,"reason":"STATIC","variant":"default"}]}';
  const again = (document: string) => {
    const read = parseBootstrap(document);
    return "why" in read ? undefined : writeBootstrap(read.bootstrap);
  };
  expect(again(good)).toBe(good);
  for (const [from, to, written] of [
    ["2026-11-21T00:00:00.500Z", "2024-02-29t23:59+01:00", "2024-02-29T22:59:00.000Z"],
    ['"1e400"', "7.50", "7.5"],
    ['"1e400"', "true", "true"],
    ['"1e400"', '"seven"', '"seven"'],
    ['"1e400"', "null", "null"],
    ['"NUMBER","value":"1e400"', '"JSON","value":"[1]"', '"JSON","value":"[1]"'],
    ['"version":1', '"version":-7', '"version":-7'],
    ['"NUMBER"', "null", "null"],
    [',"features"', ',"later":{},"features"', ',"features"'],
  ] as const) {
    expect(again(good.replace(from, to)), to).toBe(good.replace(from, written));
  }
  for (const [from, to] of [
    ['"format":1', '"format":2'],
    ['"format":1', '"format":1.0'],
    ['"generation":3', '"generation":-1'],
    ['"generation":3', '"generation":3,"generation":4'],
    ["2026-11-21", "2023-02-29"],
    ['"context":null', '"context":1'],
    ["STATIC", "BECAUSE"],
    ['"NUMBER"', '"COLOUR"'],
    ['"1e400"', "[1]"],
    ['"version":1', '"version":1.5'],
    ['"key":"A"', '"key":"\\ud800"'],
    ['"variant":"default"', '"variant":null'],
    ["}]", "},7]"],
  ] as const) {
    expect(again(good.replace(from, to)), to).toBeUndefined();
  }
});

test("baggage keeps the first value of each key, sorted, within 8 KiB", () => {
  const flags = Flags.parse("b=1,A=a+b%20c,A=2,,=x,K+EY=%zz%F0,C,\u{1f422}=3");
  expect(flags.entries()).toEqual([
    ["A", "a b c"],
    ["C", undefined],
    ["K+EY", "%zz\ufffd"],
    ["b", "1"],
    ["\u{1f422}", "3"],
  ]);
  expect([flags.add("New key", "x, y"), flags.add("", "x"), flags.add("A", "x")]).toEqual([
    "yes",
    "left_out",
    "was_there",
  ]);
  expect(String(flags)).toBe("A=a%20b%20c,C,K+EY=%25zz%EF%BF%BD,New%20key=x%2C%20y,b=1,🐢=3");
  const long = Flags.parse(`a=1,${"b".repeat(8_190)}=2,c`);
  expect([long.entries(), long.leftOut.count]).toEqual([[["a", "1"]], 2]);
});

test("variables override features if they are switched on, the long form first", () => {
  const set = [
    ["FEATUREHUB_FEATURE_TITLE", "long"],
    ["FEATUREHUB_TITLE", "short"],
    ["FEATUREHUB_TWO_WORDS", ""],
    ["FEATUREHUB_EDGE_URL", "no"],
    ["FEATUREHUB_FEATURE_", "y"],
  ] as const;
  const overrides = EnvironmentOverrides.fromVariables([...set, ["FEATUREHUB_OVERRIDE_FEATURES", "true"]]);
  const keys = ["TITLE", "FEATURE_TITLE", "title", "TWO WORDS", "EDGE_URL", "FEATURE_", ""];
  expect(keys.map((key) => overrides?.text(key))).toEqual([
    "long",
    "long",
    undefined,
    "",
    undefined,
    "y",
    undefined,
  ]);
  expect(
    [set, [...set, ["FEATUREHUB_OVERRIDE_FEATURES", "TRUE"]] as const].map((each) =>
      EnvironmentOverrides.fromVariables(each),
    ),
  ).toEqual([undefined, undefined]);
});

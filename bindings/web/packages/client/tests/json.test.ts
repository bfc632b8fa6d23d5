import { describe, expect, test } from "vitest";
import { asText, elements, held, integer, member, members, parse } from "../src/json.ts";

describe("JSON keeps the texts of its parts", { timeout: 60_000 }, () => {
  test("lists are cut into their elements", () => {
    for (const [json, cut] of [
      ["[]", []],
      [" [ ] ", []],
      ['[1.50, "a,]\\"[", {"b": [2, {}]},[ ],null]', ["1.50", '"a,]\\"["', '{"b": [2, {}]}', "[ ]", "null"]],
      ['\t["\\\\",\n"\\\\\\"]" ,true\r]', ['"\\\\"', '"\\\\\\"]"', "true"]],
    ] as const) {
      expect(elements(json), json).toEqual(cut);
      expect(elements(json)?.map((part) => parse(part))).toEqual(parse(json));
    }
    for (const json of ["{}", "7", '"[1]"', "null"]) expect(elements(json)).toBeUndefined();
  });

  test("objects are cut into their members, and equal names are kept", () => {
    const json =
      ' { "a" : 1.0 ,"a\\u0062":{"c":[]},"a":"x:,}", "\\ud800\\ud83d\\udc22":-0 , "__proto__":{}} ';
    expect(members(json)).toEqual([
      ["a", "1.0"],
      ["ab", '{"c":[]}'],
      ["a", '"x:,}"'],
      ["\ufffd🐢", "-0"],
      ["__proto__", "{}"],
    ]);
    expect(members("{ }")).toEqual([]);
    for (const json of ["[]", "7", '"{}"', "null"]) expect(members(json)).toBeUndefined();
  });

  test("deep and long parts are cut in linear time", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(members(`{"x":${deep}}`)).toEqual([["x", deep]]);
    expect(parse(deep)).toBeDefined();
    const quotes = `"${'\\"'.repeat(200_000)}${"\\\\".repeat(200_000)}"`;
    expect(elements(`[${quotes},1]`)).toEqual([quotes, "1"]);
  });

  test("what is no JSON has no value, and a byte order mark is no JSON", () => {
    for (const json of ["", "{", "{} 1", "\ufeff{}", "01", "'a'", '"\n"', "NaN"])
      expect(parse(json)).toBeUndefined();
    expect(parse("null")).toBeNull();
  });

  test("members of an object are its own", () => {
    const object = parse('{"__proto__":{"key":1},"id":"a\\udc00"}');
    const of = (name: string) => (typeof object === "object" ? member(object as never, name) : object);
    expect(of("key")).toBeUndefined();
    expect(of("constructor")).toBeUndefined();
    expect(of("__proto__")).toEqual({ key: 1 });
    expect(asText(of("id"))).toBe("a\ufffd");
    expect(asText(7)).toBeUndefined();
  });

  test("integers are exact", () => {
    const last = Number.MAX_SAFE_INTEGER;
    for (const [json, expected] of [
      ["20", 20],
      ["20.0", 20],
      ["2e1", 20],
      ["-5", -5],
      ["20.5", undefined],
      ['"20"', undefined],
      ["true", undefined],
      ["null", undefined],
      ["1e999", undefined],
      ["-1e999", undefined],
      ["1e-400", undefined],
      ["0e-400", 0],
      ["20.00000000000000000000000000001", undefined],
      ["2000000.0e-4", 200],
      ["100.5E+1", 1005],
      ["1.25e1", undefined],
      ["-0.0", 0],
      ["1e30", last],
      ["-1e30", -last],
      ["9007199254740993", last],
    ] as const) {
      expect(integer(json), json).toBe(expected);
    }
    expect([held(-0), held(3), held(1e300)]).toEqual([0, 3, last]);
  });
});

import { expect, test } from "vitest";

import { isTooDense } from "../src/text/weight.ts";

function list(element: string, count: number): string {
  return `[${Array<string>(count).fill(element).join(",")}]`;
}

/** The table of `fh-eval/src/json/weight.rs`, and objects with many names, which take more memory in JavaScript. */
const FLAG = '{"key":"new-checkout","type":"BOOLEAN","version":1,"value":true}';
const names = (count: number): string =>
  `{${Array.from({ length: count }, (_, at) => `"n${at + 1e6}":1`).join(",")}}`;

test.each([
  [FLAG, 100_000],
  ['"user-0001"', 1_000_000],
  ["123456", 1_000_000],
  ['"a[1,2]\\"{}:,,,,"', 1_000_000],
  // 350,000 bytes, which may take 34.8 MB.
  ["{}", 116_666],
])("lists of %s are read", (element, count) => {
  expect(isTooDense(list(element, count))).toBe(false);
});

test.each(["1", "{}", "[]", '""', "-2e3", '{"a":1}'])("1,000,000 of %s are too many", (element) => {
  expect(isTooDense(list(element, 1_000_000))).toBe(true);
});

test("the size is that of UTF-8", () => {
  // 31 bytes for each element, and 21 units.
  const element = `{"a":1,"b":1,"${"é".repeat(10)}":1}`;
  expect([isTooDense(list(element, 150_000)), isTooDense(list(element.replace(/é/g, "e"), 150_000))]).toEqual(
    [false, true],
  );
});

test("objects with many names are too large earlier", () => {
  expect([isTooDense(names(100_000)), isTooDense(names(400_000))]).toEqual([false, true]);
  expect(isTooDense(list(names(1_000), 300))).toBe(false);
});

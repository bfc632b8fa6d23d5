import { expect, test } from "vitest";
import { NO_ATTRIBUTES, sameAttributes } from "../src/attributes.ts";

test("contexts are equal if their attributes have the same values in the same order", () => {
  const fred = new Map([
    ["userkey", ["fred"]],
    ["plan", ["gold", "beta"]],
  ]);
  expect(sameAttributes(fred, new Map([...fred].reverse()))).toBe(true);
  for (const other of [
    NO_ATTRIBUTES,
    new Map([["userkey", ["fred"]]]),
    new Map([...fred, ["plan", ["beta", "gold"]]]),
    new Map([...fred, ["plan", ["gold"]]]),
    new Map([...fred, ["age", ["7"]]]),
    new Map([
      ["userkey", ["fred"]],
      ["Plan", ["gold", "beta"]],
    ]),
  ] as const) {
    expect(sameAttributes(fred, other)).toBe(false);
    expect(sameAttributes(other, fred)).toBe(false);
  }
});

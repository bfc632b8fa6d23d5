import { expect, test } from "vitest";

import TEXTS from "../../../../../conformance/attribute-texts.json" with { type: "json" };
import { NO_ATTRIBUTES, sameAttributes } from "../src/attributes.ts";
import { attributesIn, attributesOf } from "../src/repository/lib.ts";

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

test.each(TEXTS.cases.flatMap(({ instant, text }) => (instant ? [[instant, text]] : [])))(
  "the time %s is the text %s",
  (instant, text) => {
    expect(attributesIn({ at: new Date(instant) }).get("at")).toEqual([text]);
    expect(attributesOf([["at", ["", new Date(instant)]]]).get("at")).toEqual(["", text]);
  },
);

import { expect, test } from "vitest";

import TEXTS from "../../../../../conformance/attribute-texts.json" with { type: "json" };
import { NO_ATTRIBUTES, sameAttributes } from "../src/attributes.ts";
import { attributesIn, attributesOf, type AttributeValue } from "../src/repository/lib.ts";

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

/** Returns the value of a row of the table of texts, which is that of the clients in all languages. */
function made(kind: string, given: string): unknown {
  if (kind === "text") return given;
  if (kind === "boolean") return given === "true";
  if (kind === "integer" || kind === "double") return Number(given);
  if (kind === "time") return new Date(given);
  if (kind === "URL") return new URL(given);
  if (kind === "nothing") return null;
  if (kind === "mixed list") return ["a", 1, true, 2.5];
  if (kind === "list of nothing") return [null, undefined];
  if (kind === "list in a list") return [[given]];
  if (kind === "map") return { a: 1 };
  if (kind === "object") return Symbol("object");
  throw new Error(kind);
}

const OWN = TEXTS.cases.filter(({ kind }) =>
  TEXTS.kinds[kind as keyof typeof TEXTS.kinds].includes("TypeScript"),
);

test.each(OWN)("%j has the text of the table", ({ kind, of, given, sent, but = {} }) => {
  const value = (
    Array.isArray(given) ? given.map((item) => made(of ?? "", item)) : made(kind, given)
  ) as AttributeValue;
  const expected = "TypeScript" in but ? but.TypeScript : sent;
  const texts = [expected ?? []].flat() as string[];
  const attributes = new Map(texts.length > 0 ? [["at", texts]] : []);
  expect(attributesIn({ at: value }).map).toEqual(attributes);
  expect(attributesOf([["at", value]]).map).toEqual(attributes);
});

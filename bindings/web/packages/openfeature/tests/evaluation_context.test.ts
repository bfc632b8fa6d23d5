import type { EvaluationContext } from "@openfeature/core";
import { expect, test, vi } from "vitest";

import TABLE from "../../../../../conformance/evaluation-contexts.json" with { type: "json" };
import { attributesOf } from "../src/evaluation_context.ts";
import { CLIENT_KEY, clientOf, edgeWith } from "./features.ts";

/** Returns the texts of the attributes, as rules read them. */
function textsOf(context: unknown): Record<string, readonly string[]> {
  const reads = clientOf(edgeWith(), CLIENT_KEY).context(attributesOf(context as EvaluationContext));
  return Object.fromEntries(reads.attributes);
}

test.each(TABLE.cases)("of the table of OFREP and all languages: $title", ({ context, attributes }) => {
  expect(textsOf(context)).toEqual(attributes);
});

test("leaves fields without a form out, and warns once of each", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const deep = { mark: Symbol("x"), ok: true };
  let far: object = {};
  for (let level = 0; level < 9; level++) far = { f: far };
  for (let round = 0; round < 2; round++) {
    const odd = {
      time: new Date(NaN),
      big: 5n,
      nan: NaN,
      call: () => 1,
      list: [1, NaN],
      nested: [[1]],
      deep,
      far,
    };
    expect(textsOf(odd)).toEqual({ list: ["1"], "deep.ok": ["true"] });
  }
  const names = warn.mock.calls.map(([text]) => /the field (\S+)/.exec(String(text))?.[1]);
  expect(names).toEqual([
    "time",
    "big",
    "nan",
    "call",
    "list",
    "nested",
    "deep.mark",
    `far${".f".repeat(8)}`,
  ]);
  warn.mockRestore();
});

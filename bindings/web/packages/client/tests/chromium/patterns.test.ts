import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { Fixture } from "./fixture.ts";

const chromium = Fixture.register();

/** The columns of a text, and of the answers of JavaScript to a search and to a match of the whole text; null if it refuses the pattern. */
type Answers = readonly [text: string, unknown, unknown, search: number | null, whole: number | null];
interface Recording {
  readonly pattern: string;
  readonly texts: readonly Answers[];
}

test("patterns that look around have the answers of JavaScript", async () => {
  const file = new URL(
    "../../../../../../conformance/data/imported/look-around/written.json",
    import.meta.url,
  );
  const { patterns } = JSON.parse(readFileSync(file, "utf8")) as { patterns: Recording[] };
  const { compared, differences } = await chromium.page.evaluate(async (patterns) => {
    const features = patterns.flatMap(({ pattern }, at) =>
      [pattern, `\\A(?:${pattern})\\z`].map((value, form) => {
        const attributes = [{ fieldName: "text", type: "STRING", conditional: "REGEX", values: [value] }];
        return {
          key: `F${at}-${form}`,
          type: "BOOLEAN",
          value: false,
          strategies: [{ id: "s", value: true, attributes }],
        };
      }),
    );
    const ruleset = await fh.Ruleset.compile(features);
    const refused = new Set(ruleset.diagnostics.map(({ feature }) => feature));
    const differences: [string, string, string][] = [];
    let compared = 0;
    for (const [at, { pattern, texts }] of patterns.entries()) {
      for (const [text, , , ...recorded] of texts) {
        for (const [form, answer] of recorded.slice(0, 2).entries()) {
          const key = `F${at}-${form}`;
          if (answer === null || refused.has(key)) continue;
          compared++;
          const ours = ruleset.context({ text }).isEnabled(key);
          if (ours !== (answer === 1)) differences.push([pattern, text, `${form}: ${ours}`]);
        }
      }
    }
    return { compared, differences };
  }, patterns);
  // A pair of surrogates is one character here.
  expect(differences).toEqual([["^(?=.$)", "😀", "0: true"]]);
  expect(compared).toBe(19_170);
});

import { Ruleset } from "fh-client";

import { calls, type Clock, type Row } from "./timing.ts";

/** Patterns whose engine keeps many states alive while it reads the letter `a`. */
const HOSTILE = {
  "100 nodes": "(?:a?){33}a{33}b",
  "1,000 nodes": "(?:a?){333}a{333}b",
  "look-around": "(?:[a-z]?(?!q)){8}(?<=[a-z]*)[0-9]",
  "look-around of many states": `(?!${"[a-z]?".repeat(60)}[0-9])q`,
  "10,000 nodes": `(?:${Array.from({ length: 230 }, (_, at) => `a{0,20}b${at}`).join("|")})+c`,
};
/** Number of features whose patterns together have about the largest number of nodes of a ruleset. */
const FEATURES = 20;

/** The names of the rows. */
export const PATTERNS = {
  searches: Object.keys(HOSTILE).map((size) => `search, ${size}`),
  values: "values(), hostile patterns",
} as const;

/** Returns the rows of searches as long as the limit for the work of one search allows, and of `values()` with many such patterns. */
export async function patternRows(clock: Clock): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [at, pattern] of Object.values(HOSTILE).entries()) {
    const { ruleset, text } = await atTheLimit([pattern]);
    const read = (): unknown => ruleset.context({ text }).string("F0", "none");
    rows.push(calls(PATTERNS.searches[at] ?? "", read, clock));
  }
  const many = Array.from({ length: FEATURES }, (_, at) => `${HOSTILE["10,000 nodes"]}d{${at + 1}}`);
  const { ruleset, text } = await atTheLimit(many);
  rows.push(calls(PATTERNS.values, () => ruleset.context({ text }).values(), clock));
  return rows;
}

/** Compiles a feature for each pattern. Returns the longest text of `a` that the first pattern may search. */
async function atTheLimit(patterns: readonly string[]): Promise<{ ruleset: Ruleset; text: string }> {
  const features = patterns.map((pattern, at) => ({
    key: `F${at}`,
    type: "STRING",
    value: "no",
    strategies: [
      {
        id: "s",
        value: "yes",
        attributes: [
          { fieldName: "text", type: "STRING", conditional: "REGEX", values: [`${pattern}|^e+$`] },
        ],
      },
    ],
  }));
  const ruleset = await Ruleset.compile(features);
  if (ruleset.diagnostics.length > 0) throw new Error(JSON.stringify(ruleset.diagnostics));
  const isSearched = (length: number): boolean =>
    ruleset.context({ text: "e".repeat(length) }).string("F0", "none") === "yes";
  let [searched, tooLong] = [1, 1_000_000];
  while (tooLong - searched > 1) {
    const length = (searched + tooLong) >> 1;
    if (isSearched(length)) searched = length;
    else tooLong = length;
  }
  return { ruleset, text: "a".repeat(searched) };
}

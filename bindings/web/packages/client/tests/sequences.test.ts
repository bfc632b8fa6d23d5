import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import { WasmEngine } from "../src/engine/engine.ts";
import type { Engine } from "../src/repository/engine.ts";
import { describeEngine, full } from "./engine/built.ts";
import { SEQUENCES } from "./repeat.ts";
import { type Sequence, World } from "./sequences/world.ts";

const { committed, further, only, commands } = SEQUENCES;

/** The folders of the committed sequences, and of those that the variable names. */
const folders = [committed, ...[further].filter((folder) => folder !== undefined)];

const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl.gz"))
    .map((name) => `${folder}/${name}`),
);

/** Returns the lines of a file's sequences whose features have rules, or of those whose features have none. */
function linesOf(file: string, hasRules: boolean): string[] {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  return lines.filter((line) => line.includes(`"hasRules":${hasRules},`));
}

/** Returns these sequences of a file, or only the one whose name is given. */
function sequencesOf(file: string, hasRules: boolean): Sequence[] {
  const sequences = linesOf(file, hasRules).map((line) => JSON.parse(line) as Sequence);
  return only === undefined ? sequences : sequences.filter(({ name }) => name === only);
}

/** Takes the steps of a sequence with kept answers and without, and compares the results with Rust's. */
function replay(sequence: Sequence, file: string, engine?: () => Engine): void {
  for (const keepsAnswers of [true, false]) {
    const world = new World(sequence, keepsAnswers, engine?.());
    for (const [at, { step, gives, log, after }] of sequence.steps.entries()) {
      const expected = { gives, log, after };
      let actual: unknown;
      try {
        actual = world.step(step);
      } catch (thrown) {
        actual = `throws ${String(thrown)}`;
      }
      if (isDeepStrictEqual(actual, expected)) continue;
      const kept = keepsAnswers ? "with kept answers" : "without kept answers";
      const difference = [
        `${sequence.name}, step ${at}, ${kept}`,
        `input: ${JSON.stringify(step)}`,
        `expected: ${JSON.stringify(expected)}`,
        `actual:   ${JSON.stringify(actual)}`,
        commands(sequence.name, file),
      ].join("\n");
      expect.fail(difference);
    }
  }
}

/** A file of the full set has 500 sequences. */
const TIMEOUT = 120_000;

describe("the repository does what Rust's does", { timeout: TIMEOUT }, () => {
  test.each(files)("in the sequences of %s", (file) => {
    for (const sequence of sequencesOf(file, false)) replay(sequence, file);
  });
});

describeEngine("with the engine, the repository does what Rust's does", () => {
  test.each(files)(
    "in the sequences of %s whose features have rules",
    async (file) => {
      const module = await full();
      for (const sequence of sequencesOf(file, true)) replay(sequence, file, () => new WasmEngine(module));
    },
    TIMEOUT,
  );
});

test.skipIf(only).each([
  [true, 40],
  [false, 100],
])("there are sequences, with rules (%s) at least %d", (hasRules, least) => {
  expect(files.flatMap((file) => linesOf(file, hasRules)).length).toBeGreaterThanOrEqual(least);
});

test.runIf(only)("a file has the sequence that FH_SEQUENCE names", () => {
  const found = files.flatMap((file) => [true, false].flatMap((hasRules) => sequencesOf(file, hasRules)));
  expect(found.length, `sequences with the name ${only ?? ""}`).toBeGreaterThan(0);
});

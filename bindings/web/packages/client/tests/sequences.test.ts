import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import { WasmEngine } from "../src/engine/engine.ts";
import type { Engine } from "../src/repository/engine.ts";
import { describeEngine, full } from "./engine/built.ts";
import { type Sequence, World } from "./sequences/world.ts";

/** The folders of the committed sequences, and of those that the variable names. */
const folders = [
  new URL("../../../equality/data/sequences", import.meta.url).pathname,
  ...[process.env["FH_SEQUENCES"]].filter((folder) => folder !== undefined),
];

/** The line that gives the sequences of a tree whose Rust code was changed. */
const COMMIT = "cargo xtask web sequences --commit";

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

function sequencesOf(file: string, hasRules: boolean): Sequence[] {
  return linesOf(file, hasRules).map((line) => JSON.parse(line) as Sequence);
}

/** Takes the steps of a sequence with kept answers and without, and compares the results with Rust's. */
function replay(sequence: Sequence, engine?: () => Engine): void {
  for (const keepsAnswers of [true, false]) {
    const world = new World(sequence, keepsAnswers, engine?.());
    for (const [at, { step, gives, log, after }] of sequence.steps.entries()) {
      const actual = world.step(step);
      if (isDeepStrictEqual(actual, { gives, log, after })) continue;
      const kept = keepsAnswers ? "with kept answers" : "without kept answers";
      const where = `step ${at} of ${sequence.name} ${kept}: ${JSON.stringify(step)}; for changed Rust code: ${COMMIT}`;
      expect(actual, where).toEqual({ gives, log, after });
    }
  }
}

/** A file of the full set has 500 sequences. */
const TIMEOUT = 120_000;

describe("the repository does what Rust's does", { timeout: TIMEOUT }, () => {
  test.each(files)("in the sequences of %s", (file) => {
    for (const sequence of sequencesOf(file, false)) replay(sequence);
  });
});

describeEngine("with the engine, the repository does what Rust's does", () => {
  test.each(files)(
    "in the sequences of %s whose features have rules",
    async (file) => {
      const module = await full();
      for (const sequence of sequencesOf(file, true)) replay(sequence, () => new WasmEngine(module));
    },
    TIMEOUT,
  );
});

test.each([
  [true, 40],
  [false, 100],
])("there are sequences, with rules (%s) at least %d", (hasRules, least) => {
  expect(files.flatMap((file) => linesOf(file, hasRules)).length).toBeGreaterThanOrEqual(least);
});

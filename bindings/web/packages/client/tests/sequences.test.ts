import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

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

function read(file: string): Sequence[] {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Sequence);
}

/** A file of the full set has 500 sequences. */
const TIMEOUT = 60_000;

describe.each([true, false])("with kept answers: %s", (keepsAnswers) => {
  test.each(files)(
    "the repository does what Rust's does in the sequences of %s",
    (file) => {
      for (const sequence of read(file)) {
        const world = new World(sequence, keepsAnswers);
        for (const [at, { step, gives, log, after }] of sequence.steps.entries()) {
          const actual = world.step(step);
          const where = `step ${at} of ${sequence.name}: ${JSON.stringify(step)}; for changed Rust code: ${COMMIT}`;
          expect(actual, where).toEqual({ gives, log, after });
        }
      }
    },
    TIMEOUT,
  );
});

test("there are sequences", () => {
  expect(files.flatMap(read).length).toBeGreaterThanOrEqual(100);
});

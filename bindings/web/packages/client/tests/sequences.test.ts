import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import { type Sequence, World } from "./sequences/world.ts";

/** The committed sequences, or those of the folder that the variable names. */
const folder =
  process.env["FH_SEQUENCES"] ?? new URL("../../../equality/data/sequences", import.meta.url).pathname;

/** The line that gives the sequences of a tree whose Rust code was changed. */
const COMMIT = "FH_SEQUENCES=commit cargo test --locked -p fh-repository --test sequences";

const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl.gz"));

function read(file: string): Sequence[] {
  const lines = gunzipSync(readFileSync(`${folder}/${file}`))
    .toString()
    .trim()
    .split("\n");
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

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import type * as replayer from "../../packages/client/tests/replayer.ts";
import type { Sequence, World } from "../../packages/client/tests/sequences/world.ts";

/** The functions of the copy. */
type Copy = Pick<typeof replayer, "conversationsIn" | "filesIn" | "replay"> & {
  readonly World: typeof World;
  readonly switchOn: (mutant: string | undefined) => void;
};

/** The folders that a worker reads. */
export interface Folders {
  readonly copy: string;
  readonly data: string;
}

/** What a worker is to replay: the mutant, which is missing for the unchanged client, and its area. */
export interface Order {
  readonly mutant: string | undefined;
  readonly area: string;
}

/** The number of conversations and sequences that find a mutant, and the name of the first. */
export interface Found {
  readonly count: number;
  readonly first: string | undefined;
}

const { copy, data } = workerData as Folders;
const client = (await import(join(copy, "replay.mjs"))) as Copy;
const conversations = client
  .filesIn(join(data, "conversations"))
  .flatMap((file) => [...client.conversationsIn(file)]);
const sequences = readdirSync(join(data, "sequences"))
  .filter((name) => name.endsWith(".jsonl.gz"))
  .flatMap((name) =>
    gunzipSync(readFileSync(join(data, "sequences", name)))
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Sequence),
  )
  // The others need the built engine, which the copy is tried without.
  .filter(({ hasRules }) => !hasRules);

/** Returns true if the repository does what the Rust repository did. */
function isReplayed(sequence: Sequence, keepsAnswers: boolean): boolean {
  try {
    const world = new client.World(sequence, keepsAnswers);
    return sequence.steps.every(({ step, ...expected }) => isDeepStrictEqual(world.step(step), expected));
  } catch {
    return false;
  }
}

/** Returns the names of what the copy answers otherwise than Rust. A mutant of the session cannot change a sequence, and one of what only pages have can change neither. */
function* differing(area: string): Generator<string> {
  if (area === "session") {
    for (const conversation of conversations) {
      if (typeof client.replay(conversation) === "string") yield `conversation "${conversation.name}"`;
    }
  } else if (area === "repository") {
    for (const sequence of sequences) {
      if (![true, false].every((keepsAnswers) => isReplayed(sequence, keepsAnswers)))
        yield `"${sequence.name}"`;
    }
  }
}

parentPort?.on("message", ({ mutant, area }: Order) => {
  client.switchOn(mutant);
  const all = [...differing(area)];
  const found: Found = { count: all.length, first: all[0] };
  parentPort?.postMessage(found);
});

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { conversationsIn, filesIn, replay } from "./replayer.ts";

const COMMITTED = fileURLToPath(new URL("../../../equality/data/conversations", import.meta.url));
const FULL = process.env["FH_CONVERSATIONS"];

/** Number of conversations that differ after which a run stops. */
const MOST_SHOWN = 5;

/** Replays all conversations of a folder, and fails with those that differ. */
function replayAll(folder: string): { conversations: number; steps: number } {
  const count = { conversations: 0, steps: 0 };
  const different: string[] = [];
  for (const file of filesIn(folder)) {
    for (const conversation of conversationsIn(file)) {
      const steps = replay(conversation);
      count.conversations++;
      if (typeof steps === "number") count.steps += steps;
      else different.push(`${steps}\nfile: ${file}`);
      if (different.length === MOST_SHOWN) break;
    }
    if (different.length === MOST_SHOWN) break;
  }
  expect(different.join("\n\n"), "conversations differ").toBe("");
  return count;
}

describe("the session does what the Rust session did", { timeout: 900_000 }, () => {
  test("in the committed conversations", () => {
    expect(replayAll(COMMITTED).conversations).toBeGreaterThan(50);
  });

  test.runIf(FULL)("in all conversations of the folder that FH_CONVERSATIONS names", () => {
    const count = replayAll(FULL ?? "");
    console.log(`${count.conversations} conversations, ${count.steps} steps`);
    expect(count.conversations).toBeGreaterThan(0);
  });
});

import { describe, expect, test } from "vitest";
import { CONVERSATIONS } from "./repeat.ts";
import { conversationsIn, filesIn, replay } from "./replayer.ts";

const { committed, further, only, commands } = CONVERSATIONS;

/** Number of conversations that differ after which a run stops. */
const MOST_SHOWN = 5;

/** Replays all conversations of a folder, or only the one with the name that is given. Fails with those that differ. */
function replayAll(folder: string): { conversations: number; steps: number } {
  const count = { conversations: 0, steps: 0 };
  const different: string[] = [];
  for (const file of filesIn(folder)) {
    for (const conversation of conversationsIn(file)) {
      if (only !== undefined && conversation.name !== only) continue;
      const steps = replay(conversation);
      count.conversations++;
      if (typeof steps === "number") count.steps += steps;
      else different.push(`${steps}\n${commands(conversation.name, file)}`);
      if (different.length === MOST_SHOWN) break;
    }
    if (different.length === MOST_SHOWN) break;
  }
  if (different.length > 0) expect.fail(different.join("\n\n"));
  return count;
}

describe("the session does what the Rust session did", { timeout: 900_000 }, () => {
  test.skipIf(only)("in the committed conversations", () => {
    expect(replayAll(committed).conversations).toBeGreaterThan(50);
  });

  test.runIf(further !== undefined && only === undefined)(
    "in all conversations of the folder that FH_CONVERSATIONS names",
    () => {
      const count = replayAll(further ?? "");
      console.log(`${count.conversations} conversations, ${count.steps} steps`);
      expect(count.conversations).toBeGreaterThan(0);
    },
  );

  test.runIf(only)("in the conversation that FH_CONVERSATION names", () => {
    const folders = further === undefined ? [committed] : [committed, further];
    const counts = folders.map((folder) => replayAll(folder).conversations);
    expect(Math.max(...counts), `files with the conversation ${only ?? ""}`).toBeGreaterThan(0);
  });
});

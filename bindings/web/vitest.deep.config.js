import { defineConfig } from "vitest/config";

/** Tests that take long, and find only what `npm test` is unlikely to miss. */
export default defineConfig({
  test: {
    include: [
      // Traps of the real engine: an exhausted stack or memory, after which the instance is broken. `npm test` throws the error of a trap
      // in place of a call of the engine (`engine/engine.test.ts`, `engine/reuse.test.ts`).
      "packages/*/tests/**/traps.test.ts",
      // Messages of many small parts with all kinds of elements. `npm test` takes the two that take the most memory.
      "packages/client/tests/client/message_memory.test.ts",
      // Leaks of less than about 700 bytes for each client. `npm test` makes 2,000 clients in place of 10,000.
      "packages/client/tests/client/life.test.ts",
      // Bugs that only conversations and sequences find which are not committed. The variables name their folders.
      "packages/client/tests/conversations.test.ts",
      "packages/client/tests/sequences.test.ts",
    ],
    env: { FH_DEEP: "yes" },
    // The limits are for tests that hang. A busy machine must not reach them.
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});

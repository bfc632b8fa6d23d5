import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["examples/site/*.test.ts"],
    // The limits are for tests that hang. A busy machine must not reach them.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packaging/tests/**/*.test.ts"],
    // The limits are for tests that hang. A busy machine must not reach them.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/tests/chromium/**/*.test.{ts,tsx}", "examples/tests/**/*.test.ts"],
    // The limits are for tests that hang. A busy machine must not reach them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // Each file starts a browser of its own.
    maxWorkers: 2,
  },
});

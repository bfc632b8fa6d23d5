import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["runtimes/*.test.ts"],
    // The table is printed as it is.
    disableConsoleIntercept: true,
    // The limits are for tests that hang. A busy machine must not reach them.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

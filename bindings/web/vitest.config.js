import { defaultExclude, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/tests/**/*.test.ts"],
    // The tests in Chromium are a run of their own: `npm run test:chromium`.
    exclude: [...defaultExclude, "packages/*/tests/chromium/**"],
    // The limit is for tests that hang. A busy machine must not reach it.
    testTimeout: 60_000,
  },
});

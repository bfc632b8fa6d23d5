import { defineConfig } from "vitest/config";

export default defineConfig({
  // The limit is for tests that hang. A busy machine must not reach it.
  test: { include: ["packages/*/tests/**/*.test.ts"], testTimeout: 60_000 },
});

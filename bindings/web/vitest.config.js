import { availableParallelism } from "node:os";
import { defaultExclude, defineConfig } from "vitest/config";

/** The limits are for tests that hang. A busy machine must not reach them. */
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };
/** Tests that only `npm run test:deep` runs; the file `vitest.deep.config.js` gives the reason of each. */
const deep = ["packages/*/tests/**/traps.test.ts"];
/** The tests in Chromium are a run of their own: `npm run test:chromium`. */
const exclude = [...defaultExclude, "packages/*/tests/chromium/**", ...deep];
const reactTests = "packages/react/tests/**/*.test.{ts,tsx}";
const react18 = `${import.meta.dirname}/tests/react-18/node_modules/`;
const testingLibrary = `${import.meta.dirname}/node_modules/@testing-library/react/dist/@testing-library/react.esm.js`;

export default defineConfig({
  test: {
    // vitest leaves one core to its main process, which only waits. On two cores, the tests would run one file after the other.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "web",
          env: { REACT: "19.2.9" },
          include: ["packages/*/tests/**/*.test.{ts,tsx}", "examples/testing/vitest/*.test.ts"],
          exclude,
          ...limits,
        },
      },
      {
        // The oldest React with which fh-react works.
        resolve: {
          alias: [
            { find: /^(react|react-dom)(?=\/|$)/, replacement: `${react18}$1` },
            // The file that imports React, because the alias does not change calls of `require`.
            { find: "@testing-library/react", replacement: testingLibrary },
          ],
        },
        test: {
          name: "React 18",
          env: { REACT: "18.2.0" },
          include: [reactTests],
          exclude,
          ...limits,
          server: { deps: { inline: ["@testing-library/react"] } },
        },
      },
    ],
  },
});

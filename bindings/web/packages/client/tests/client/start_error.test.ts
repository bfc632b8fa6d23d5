import { expect, it } from "vitest";

import { parseSettings } from "../../src/start_error.ts";

const settingsOf = (options: Parameters<typeof parseSettings>[2]) =>
  parseSettings("http://localhost", "environment/key*", options, undefined);

it("takes delays in seconds", () => {
  const options = { healthyAfter: 2, returnWithin: [0.01, 0.1], streamAgainAfter: 60, pace: 0.25 } as const;
  const { healthyAfter, returnWithin, streamAgainAfter, pace } = settingsOf(options);
  expect({ healthyAfter, returnWithin, streamAgainAfter, pace }).toEqual({
    healthyAfter: 2_000,
    returnWithin: [10, 100],
    streamAgainAfter: 60_000,
    pace: 250,
  });
});

it("has the default delays of Rust's client", () => {
  const { healthyAfter, returnWithin, streamAgainAfter, pace } = settingsOf({});
  expect({ healthyAfter, returnWithin, streamAgainAfter, pace }).toEqual({
    healthyAfter: 60_000,
    returnWithin: [100, 1_000],
    streamAgainAfter: 600_000,
    pace: 1_000,
  });
});

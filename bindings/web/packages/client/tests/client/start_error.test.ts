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

it.each([
  [{}, { kind: "streaming" }],
  [{ mode: "streaming" }, { kind: "streaming" }],
  [{ mode: "polling" }, { kind: "polling", interval: 180_000 }],
  [
    { mode: "polling", interval: 0.5 },
    { kind: "polling", interval: 500 },
  ],
  [{ mode: "polling", interval: 0 }, { kind: "once" }],
  [{ mode: "passive" }, { kind: "passive", interval: 180_000 }],
  [
    { mode: "passive", interval: 30 },
    { kind: "passive", interval: 30_000 },
  ],
  [{ mode: "passive", interval: 0 }, { kind: "once" }],
  [{ mode: "once" }, { kind: "once" }],
  [{ mode: "offline" }, { kind: "offline" }],
] as const)("reads the mode of %o", (options, mode) => {
  expect(settingsOf(options).mode).toEqual(mode);
});

it("has the default delays of Rust's client", () => {
  const { healthyAfter, returnWithin, streamAgainAfter, pace } = settingsOf({});
  expect({ healthyAfter, returnWithin, streamAgainAfter, pace }).toEqual({
    healthyAfter: 10_000,
    returnWithin: [100, 1_000],
    streamAgainAfter: 600_000,
    pace: 1_000,
  });
});

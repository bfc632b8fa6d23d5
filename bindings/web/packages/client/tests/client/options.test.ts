import { afterEach, expect, test, vi } from "vitest";

import { Client } from "../../src/index.ts";
import { checkOptions } from "../../src/option_check.ts";
import { SERVER_KEY } from "./scripted_edge.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Starts a client with the options of a program in JavaScript, which no compiler checks. */
function start(options: object): void {
  new Client("http://edge.invalid", SERVER_KEY, { storage: null, ...options }).close();
}

test.each([
  [{ intervall: 30 }, "there is no option intervall: write interval"],
  [
    { hydrated: "", Mode: "polling" },
    "there is no option hydrated: write hydrate; there is no option Mode: write mode",
  ],
  [{ colour: "red" }, "there is no option colour"],
  [{ limits: { idel: 5 } }, "there is no option limits.idel: write limits.idle"],
  [{ backoff: { max: 5 } }, "there is no option backoff.max: write backoff.cap"],
  [
    { mode: "polling", interval: 30_000 },
    "the interval is 30000 seconds, not milliseconds: for 30 seconds, write 30",
  ],
])("%o is one warning of all clients", (options, text) => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  for (let times = 0; times < 3; times++) start(options);
  expect(warn.mock.calls).toEqual([[`fh-client: ${text}`]]);
});

test("a page, in which the checks are loaded with the storage, warns of a wrong form", () => {
  const mistakes: string[] = [];
  checkOptions({ onNotice: 5, storage: undefined, context: null }, (name, why) =>
    mistakes.push(`${name}: ${why}`),
  );
  expect(mistakes).toEqual(["onNotice: write a value of the type function"]);
});

test("options of all names and forms are no doubt", () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  start({
    ...{
      mode: "polling",
      interval: 30,
      context: { userkey: "mara" },
      headers: { a: "b" },
      identification: "Shop",
    },
    ...{
      contextPlacement: "query",
      whileSwitching: "keep",
      backoff: { initial: 1 },
      backoffWhenRefused: { cap: 600 },
    },
    ...{
      healthyAfter: 1,
      returnWithin: [0, 1],
      streamAgainAfter: 1,
      pace: 1,
      limits: { bytes: 9 },
      observers: [],
    },
    ...{
      interceptors: [],
      storageMaxAge: 1,
      overrideLink: false,
      shareAcrossTabs: true,
      catchUpdates: false,
    },
    ...{ eventQueue: 9, clock: Date.now, fetch, keepAlive: false, whenHidden: "pause", profile: "edge" },
    ...{
      onNotice: undefined,
      onReadiness: null,
      onStatus: () => undefined,
      integrity: "",
      fullIntegrity: "",
    },
  });
  expect(warn.mock.calls).toEqual([]);
});

import { afterEach, expect, test, vi } from "vitest";

import { Client } from "../../src/index.ts";
import { checkOptions } from "../../src/options/check.ts";
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
  const mistake = vi.fn();
  checkOptions({ onNotice: 5, storage: undefined, context: null }, mistake);
  expect(mistake.mock.calls).toEqual([["onNotice", "write a value of the type function"]]);
});

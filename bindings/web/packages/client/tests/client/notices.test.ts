import { afterEach, expect, test, vi } from "vitest";

import {
  type Client,
  type ClientOptions,
  type ContextAttributes,
  type Notice,
  noticeText,
} from "../../src/index.ts";
import { partsOf } from "../../src/reads/live.ts";
import { queue } from "../../src/repository/lib.ts";
import { offline } from "./offline.ts";
import { feature } from "./scripted_edge.ts";

let client: Client;

afterEach(() => {
  vi.restoreAllMocks();
});

function start(options: ClientOptions = {}): void {
  client = offline([feature("COLOUR", "red")], options);
}

/** Changes the feature, which calls listeners, and waits until they were called. */
async function changed(version: number): Promise<void> {
  client.offerFeature("test", "environment", feature("COLOUR", `version ${version}`, version));
  await new Promise(setImmediate);
}

test("a value of an attribute that is no text, number, boolean or valid time is left out with one notice for each name", async () => {
  const seen: Notice[] = [];
  const wrong = (context: unknown): ContextAttributes => context as ContextAttributes;
  const context = wrong({
    userkey: "mara",
    born: new Date(NaN),
    plan: ["gold", {}],
    missing: null,
    none: undefined,
  });
  start({ context, onNotice: (notice) => seen.push(notice) });
  const made = client.context({ ...context, born: "1970", nan: NaN, call: (() => 1) as never });
  expect([...made.attributes]).toEqual([
    ["userkey", ["mara"]],
    ["born", ["1970"]],
    ["plan", ["gold"]],
  ]);
  await new Promise(setImmediate);
  expect(seen.map(noticeText)).toEqual(
    ["born", "plan", "call"].map(
      (name) => `the attribute ${name} was left out: its value is no text, number, boolean or valid time`,
    ),
  );
});

test.each([
  [new Error("the listener's"), "Error: the listener's"],
  [Object.create(null), "an object without a text"],
])("the notice of an error has a text: %#", (error: unknown, text) => {
  expect(noticeText({ kind: "callback_threw", error })).toBe(`a listener or an observer threw: ${text}`);
});

test("a listener for notices that throws is not called for its own error without end", async () => {
  let calls = 0;
  start({
    onNotice: () => {
      calls += 1;
      throw new Error("the listener's");
    },
  });
  client.onChange("COLOUR", () => {
    throw new Error("another listener's");
  });
  await changed(2);
  await changed(3);
  expect(calls).toBe(1);
});

test("without a listener, the console gets one warning for each kind of notice that is trouble", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  start();
  client.onChange("COLOUR", () => {
    throw new Error("the listener's");
  });
  client.context({ first: new Date(NaN), second: new Date(NaN) });
  queue(partsOf(client).repository, { kind: "notice", of: { kind: "ignored", what: "no trouble" } });
  await changed(2);
  expect(warn.mock.calls.map(([, notice]) => (notice as Notice).kind)).toEqual([
    "attribute_ignored",
    "callback_threw",
  ]);
});

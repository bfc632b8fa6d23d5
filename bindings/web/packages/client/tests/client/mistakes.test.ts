import { afterEach, expect, test, vi } from "vitest";

import { Client, type ContextAttributes, type Notice } from "../../src/index.ts";
import { closest } from "../../src/text/spelling.ts";
import { testClient } from "../../src/testing/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { becomes } from "../eventually.ts";
import { closing, offline } from "./offline.ts";
import { CLIENT_KEY, feature, SERVER_KEY } from "./scripted_edge.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A read of a missing feature without and with a near name, and one as another type. */
function misread(client: Client): void {
  client.isEnabled("PRICES");
  client.string("COLOR");
  client.number("COLOUR");
}

test.each([["in the console"], ["as notices"]])(
  "misspelt reads are reported %s, each once",
  async (place) => {
    const info = vi.spyOn(console, "info").mockReturnValue();
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const seen: Notice[] = [];
    const listens = place === "as notices";
    using client = new Client("", SERVER_KEY, {
      mode: "offline",
      ...(listens && { onNotice: (notice: Notice) => seen.push(notice) }),
    });
    misread(client);
    client.offerFeatures("test", "environment", `[${feature("COLOUR", "red")}]`);
    client.exists("PRICE");
    client.peek("PRICE");
    for (let time = 0; time < 3; time++) misread(client);
    const expected = [
      { kind: "feature_not_found", feature: "PRICES" },
      { kind: "feature_not_found", feature: "COLOR", meant: "COLOUR" },
      { kind: "type_mismatch", feature: "COLOUR", type: "STRING", readAs: "NUMBER" },
    ];
    const reported = (): unknown[] =>
      listens ? seen : [...info.mock.calls, ...warn.mock.calls].map(([, notice]) => notice as unknown);
    await becomes(() => reported().length, 3);
    misread(client);
    await new Promise(setImmediate);
    expect(reported()).toEqual(expected);
    if (!listens) expect(info.mock.calls).toEqual([["fh-client:", expected[0]]]);
  },
);

test("a loop of reads of a missing feature takes little memory until its report is loaded", async () => {
  const info = vi.spyOn(console, "info").mockReturnValue();
  using client = offline([feature("COLOUR", "red")]);
  const before = process.memoryUsage().heapUsed;
  for (let read = 0; read < 100_000; read++) client.isEnabled("PRICES");
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  await becomes(() => info.mock.calls.length, 1);
});

test("a short program that reads another context and closes its client gets the warning", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  const client = offline([feature("COLOUR", "red")]);
  for (const userkey of ["mara", "fred"]) client.context({ userkey }).string("COLOUR");
  client.close();
  await becomes(
    () => warn.mock.calls,
    [["fh-client:", { kind: "other_context", use: "key with *, setContext" }]],
  );
});

test("of many missing features, 20 are reported, and one notice stands for the others", async () => {
  const seen: Notice[] = [];
  const client = offline([feature("COLOUR", "red")], { onNotice: (notice) => seen.push(notice) });
  client.isEnabled("MISSING_0");
  await becomes(() => seen.length, 1);
  for (let at = 0; at < 30; at++) client.isEnabled(`MISSING_${at}`);
  await new Promise(setImmediate);
  expect(seen).toHaveLength(21);
  expect(seen.at(-1)).toEqual({ kind: "notices_left_out", of: "feature_not_found", reported: 20 });
});

describeEngine("an attribute of a client-evaluated key", () => {
  /** Starts a client with one feature, and returns its notices and the function that reads the feature for a context. */
  async function start(...strategies: readonly object[]) {
    const seen: Notice[] = [];
    const options = { engine: bytes("lean.wasm"), onNotice: (notice: Notice) => seen.push(notice) };
    const client = closing(new Client("", CLIENT_KEY, { mode: "offline", ...options }));
    client.offerFeatures("test", "environment", `[${feature("A", false, 1, { strategies })}]`);
    await client.ready();
    return { client, seen, read: (context: ContextAttributes) => client.context(context).isEnabled("A") };
  }
  const ruleOn = (fieldName: string): object => {
    const rule = { fieldName, type: "STRING", conditional: "EQUALS", values: ["gold"] };
    return { id: fieldName, value: true, attributes: [rule] };
  };

  test("of a bounded number of contexts is compared", async () => {
    const { seen, read } = await start(ruleOn("user_plan"));
    // A context with the same names is compared once.
    for (let time = 0; time < 2_000; time++) read({ country: "x" });
    read({ userPlan: "x" });
    await becomes(() => seen, [{ kind: "attribute_not_read", attribute: "userPlan", meant: "user_plan" }]);
    for (let at = 0; at < 2_000; at++) read({ [`${at}_column_${at}`]: "x" });
    read({ "user-plan": "x" });
    await new Promise(setImmediate);
    expect(seen).toHaveLength(1);
  });

  test("is reported if no rule reads it and a rule reads one of nearly the same name", async () => {
    const share = { id: "a", percentage: 500_000, value: true, attributes: [] };
    const { client, seen, read } = await start(share, ruleOn("plan"));
    client.context({ userKye: "mara" }).peek("A");
    for (let time = 0; time < 2; time++)
      for (const context of [{ userKey: "mara" }, { userkey: "mara", sessionId: "1", Plan: "gold", now: "" }])
        read(context);
    const attributes = [
      ["userKey", "userkey"],
      ["Plan", "plan"],
    ];
    await becomes(
      () => seen,
      attributes.map(([attribute, meant]) => ({ kind: "attribute_not_read", attribute, meant })),
    );
  });
});

test("a client for tests reports none", async () => {
  const seen: Notice[] = [];
  using client = testClient<Readonly<Record<string, unknown>>>(
    { COLOUR: "red" },
    { onNotice: (notice) => seen.push(notice) },
  );
  misread(client);
  await import("../../src/client/mistakes.ts");
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
});

test.each([
  ["new-checkout", "NEW_CHECKOUT"],
  ["SERCH_RANKNG", "SEARCH_RANKING"],
  ["PRICES", undefined],
  ["kitten", undefined],
  ["kittens", "sitten"],
  ["ab", "ab"],
  ["A".repeat(300), "A".repeat(300)],
])("the nearest name to %s is %s, as in Rust", (name, nearest) => {
  const names = ["NEW_CHECKOUT", "SEARCH_RANKING", "sitten", "sitting", "ac", "ab", "ad", "A".repeat(300)];
  expect(closest(name, name === "kitten" ? ["sitting"] : names)).toBe(nearest);
});

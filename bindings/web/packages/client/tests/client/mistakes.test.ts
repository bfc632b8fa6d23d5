import { afterEach, expect, test, vi } from "vitest";

import { Client, type ContextAttributes, type Notice } from "../../src/index.ts";
import { closest } from "../../src/spelling.ts";
import { testClient } from "../../src/testing/index.ts";
import { bytes, describeEngine } from "../engine/built.ts";
import { becomes, eventually } from "../eventually.ts";
import { offline } from "./offline.ts";
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

test("reads that an interceptor answers are not reported", async () => {
  const seen: Notice[] = [];
  const client = offline([feature("COLOUR", "red")], { onNotice: (notice) => seen.push(notice) });
  const interceptor = client.intercept({
    name: "answers",
    intercept: ({ key }) => (key === "OTHER" ? undefined : "blue"),
  });
  misread(client);
  // The first report loads the code.
  client.string("OTHER");
  await eventually(() => {
    expect(seen).not.toEqual([]);
  });
  expect(seen).toEqual([{ kind: "feature_not_found", feature: "OTHER" }]);
  interceptor.unsubscribe();
  client.number("COLOUR");
  await new Promise(setImmediate);
  expect(seen).toHaveLength(2);
});

describeEngine("an attribute of a client-evaluated key", () => {
  test("of a bounded number of contexts is compared", async () => {
    const seen: Notice[] = [];
    using client = new Client("", CLIENT_KEY, {
      mode: "offline",
      engine: bytes("lean.wasm"),
      onNotice: (notice) => seen.push(notice),
    });
    const rule = { fieldName: "user_plan", type: "STRING", conditional: "EQUALS", values: ["gold"] };
    const strategies = [{ id: "a", value: true, attributes: [rule] }];
    const byPlan = { key: "BY_PLAN", id: "b", type: "BOOLEAN", value: false, version: 1, strategies };
    client.offerFeatures("test", "environment", JSON.stringify([byPlan]));
    await client.ready();
    const read = (name: string): boolean => client.context({ [name]: "x" }).isEnabled("BY_PLAN");
    // A context with the same names is compared once.
    for (let time = 0; time < 2_000; time++) read("country");
    read("userPlan");
    await becomes(() => seen, [{ kind: "attribute_not_read", attribute: "userPlan", meant: "user_plan" }]);
    for (let at = 0; at < 2_000; at++) read(`${at}_column_${at}`);
    read("user-plan");
    await new Promise(setImmediate);
    expect(seen).toHaveLength(1);
  });

  test("is reported if no rule reads it and a rule reads one of nearly the same name", async () => {
    const seen: Notice[] = [];
    using client = new Client("", CLIENT_KEY, {
      mode: "offline",
      engine: bytes("lean.wasm"),
      onNotice: (notice) => seen.push(notice),
    });
    const share = { key: "SHARE", id: "s", type: "BOOLEAN", value: false, version: 1 };
    const rule = { fieldName: "plan", type: "STRING", conditional: "EQUALS", values: ["gold"] };
    const strategies = [
      { id: "a", percentage: 500000, value: true, attributes: [] },
      { id: "b", value: true, attributes: [rule] },
    ];
    client.offerFeatures("test", "environment", JSON.stringify([{ ...share, strategies }]));
    await client.ready();
    const read = (context: ContextAttributes): boolean => client.context(context).isEnabled("SHARE");
    client.context({ userKye: "mara" }).peek("SHARE");
    for (let time = 0; time < 2; time++)
      for (const context of [{ userKey: "mara" }, { userkey: "mara", sessionId: "1", Plan: "gold", now: "" }])
        read(context);
    await becomes(
      () => seen,
      [
        { kind: "attribute_not_read", attribute: "userKey", meant: "userkey" },
        { kind: "attribute_not_read", attribute: "Plan", meant: "plan" },
      ],
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
  await import("../../src/late/mistakes.ts");
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
});

test("the nearest name is that of Rust", () => {
  const names = ["NEW_CHECKOUT", "SEARCH_RANKING", "A"];
  expect(closest("new-checkout", names)).toBe("NEW_CHECKOUT");
  expect(closest("SERCH_RANKNG", names)).toBe("SEARCH_RANKING");
  expect(closest("PRICES", names)).toBeUndefined();
  expect(closest("kitten", ["sitting"])).toBeUndefined();
  expect(closest("kittens", ["sitten"])).toBe("sitten");
  expect(closest("ab", ["ac", "ab", "ad"])).toBe("ab");
  const long = "A".repeat(300);
  expect(closest(long, [long])).toBe(long);
});

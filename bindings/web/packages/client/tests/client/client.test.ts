import { afterEach, describe, expect, test, vi } from "vitest";

import {
  Client,
  type ClientOptions,
  type Interceptor,
  noticeText,
  type UsageEvent,
} from "../../src/index.ts";
import { VERSION } from "../../src/version.ts";
import manifest from "../../package.json" with { type: "json" };
import { feature } from "./scripted_edge.ts";

const SERVER_KEY = "environment/the-secret-part";
const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Returns an offline client that serves these features. */
function offline(features: readonly string[], options: ClientOptions = {}): Client {
  const client = new Client("", SERVER_KEY, { ...options, mode: "offline" });
  client.offerFeatures("test", "environment", `[${features.join(",")}]`);
  clients.push(client);
  return client;
}

describe("the constructor", () => {
  const URL = "http://edge.example";
  test.each<[string, string, string | string[], ClientOptions, string]>([
    ["no URL", "", SERVER_KEY, {}, "the Edge's URL is empty: write https://edge.example"],
    [
      "another scheme",
      "ftp://edge",
      SERVER_KEY,
      {},
      "the Edge's URL begins with neither http:// nor https://: write https://edge.example",
    ],
    ["no key", URL, "", {}, "the API key is missing or empty: write ENVIRONMENT/KEY"],
    ["no keys", URL, [], {}, "the API key is missing or empty: write ENVIRONMENT/KEY"],
    ["a key without a slash", URL, "the-secret-part", {}, "an API key looks like ENVIRONMENT/KEY"],
    [
      "keys of both kinds",
      URL,
      [SERVER_KEY, "other/the*secret-part"],
      {},
      "API keys with and without a `*` cannot be mixed: write keys of one kind",
    ],
    [
      "streaming with several keys",
      URL,
      [SERVER_KEY, "other/the-secret-part"],
      { mode: "streaming" },
      "several API keys cannot be streamed: use polling",
    ],
    [
      "a header of the client",
      URL,
      SERVER_KEY,
      { headers: { Host: "other" } },
      'the header "Host" cannot be sent: leave it to the client',
    ],
    [
      "a cap below the initial delay",
      URL,
      SERVER_KEY,
      { backoff: { initial: 2, cap: 1 } },
      "the setting backoff can never work: write a cap of at least the initial delay, and a jitter from 0 to 1",
    ],
    [
      "a limit of zero",
      URL,
      SERVER_KEY,
      { limits: { head: 0 } },
      "the setting limits.head can never work: write a positive number",
    ],
  ])("throws a TypeError without the key for %s", (_name, url, key, options, text) => {
    const construct = (): Client => new Client(url, key, options);
    expect(construct).toThrow(new TypeError(text));
    expect(text).not.toContain("the-secret-part");
  });

  test.each<[unknown, unknown, Record<string, unknown>, ...string[]]>([
    [undefined, SERVER_KEY, {}, "the Edge's URL is empty", "write https://"],
    [null, SERVER_KEY, {}, "the Edge's URL is empty", "write https://"],
    [5, SERVER_KEY, {}, "the Edge's URL begins with neither", "write https://"],
    ["https://edge.example?x", SERVER_KEY, {}, "the Edge's URL contains a query", "write https://"],
    ["http://edge:99999", SERVER_KEY, {}, "the port in the Edge's URL", "a number from 1 to 65535"],
    ["http://me:pw@edge", SERVER_KEY, {}, "the Edge's URL contains credentials", "send them as a header"],
    [URL, undefined, {}, "the API key is missing", "write ENVIRONMENT/KEY"],
    [URL, 5, {}, "an API key looks like", "ENVIRONMENT/KEY"],
    [URL, "environment/the-secret-part!' ", {}, "the API key contains", "copy it again"],
    [URL, SERVER_KEY, { mode: "polling", interval: -1 }, "the setting interval", "write a positive number"],
    [
      URL,
      SERVER_KEY,
      { mode: "polling", interval: Number.NaN },
      "the setting interval",
      "write a positive number",
    ],
    [
      URL,
      SERVER_KEY,
      { mode: "passive", interval: "soon" },
      "the setting interval",
      "write a positive number",
    ],
    [URL, SERVER_KEY, { interval: 30 }, "the setting interval", 'write mode "polling" or "passive"'],
    [URL, SERVER_KEY, { mode: "once", interval: 30 }, "the setting interval", 'write mode "polling"'],
    [URL, SERVER_KEY, { mode: "offline", interval: 30 }, "the setting interval", 'write mode "polling"'],
    [URL, SERVER_KEY, { mode: "poll", interval: 30 }, "the setting mode", "write streaming, polling"],
    [URL, SERVER_KEY, { pace: -1 }, "the setting pace", "write a positive number"],
    [URL, SERVER_KEY, { healthyAfter: {} }, "the setting healthyAfter", "write a positive number"],
    [URL, SERVER_KEY, { returnWithin: [0, -1] }, "the setting returnWithin", "write a positive number"],
    [URL, SERVER_KEY, { limits: { head: -1 } }, "the setting limits.head", "write a positive number"],
    [URL, SERVER_KEY, { backoff: { initial: Number.NaN } }, "the setting backoff", "write a positive number"],
    [URL, SERVER_KEY, { backoffWhenRefused: { jitter: 2 } }, "the setting backoffWhenRefused", "write a cap"],
    [URL, SERVER_KEY, { identification: "a\n" }, "the setting identification", "remove control characters"],
    [URL, SERVER_KEY, { headers: { "a b": "x" } }, 'the header "a b"', "remove invalid characters"],
    [URL, SERVER_KEY, { headers: { a: "x\n" } }, 'the header "a"', "remove invalid characters"],
  ])("says what is wrong, where, and what to write (%#)", (url, key, options, ...parts) => {
    let text = "";
    try {
      new Client(url as string, key as string, options).close();
    } catch (error) {
      if (error instanceof TypeError) text = error.message;
    }
    for (const part of parts) expect(text).toContain(part);
    expect(text).not.toContain("the-secret-part");
  });

  test("of an offline client ignores the interval of other clients", () => {
    using client = Client.offline({ interval: 30 });
    expect(client.status.connection).toBe("offline");
  });

  test("has the version of the package", () => {
    expect(VERSION).toBe(manifest.version);
  });
});

describe("reads", () => {
  test("of a client without features give defaults with the reason NOT_READY", () => {
    const client = new Client("", [], { mode: "offline" });
    clients.push(client);
    expect([client.isEnabled("A"), client.boolean("A", true), client.string("A")]).toEqual([
      false,
      true,
      undefined,
    ]);
    expect([client.number("A", 3), client.decimal("A", "7.50"), client.json("A", null)]).toEqual([
      3,
      "7.50",
      null,
    ]);
    expect(client.detail("A")).toMatchObject({
      value: undefined,
      reason: "NOT_READY",
      version: -1,
      exists: false,
    });
  });

  test("keep false, 0, the empty text and the digits of numbers", () => {
    const number = (key: string, text: string): string =>
      `{"id":"${key}","key":"${key}","type":"NUMBER","version":1,"value":${text}}`;
    const json = '{"id":"J","key":"J","type":"JSON","version":1,"value":"{\\"a\\":[1]}"}';
    const broken = '{"id":"B","key":"B","type":"JSON","version":1,"value":"{"}';
    const client = offline([
      ...[feature("NO", false), feature("EMPTY", ""), json, broken],
      ...[number("ZERO", "0"), number("PRICE", "7.50"), number("HUGE", "1e400")],
    ]);
    expect([client.boolean("NO", true), client.string("EMPTY", "x"), client.number("ZERO", 1)]).toEqual([
      false,
      "",
      0,
    ]);
    expect([client.decimal("PRICE"), client.number("PRICE"), client.number("HUGE")]).toEqual([
      "7.50",
      7.5,
      Infinity,
    ]);
    expect(client.json("J")).toEqual({ a: [1] });
    expect(client.json("J")).toBe(client.json("J"));
    expect(Object.isFrozen(client.json("J"))).toBe(true);
    expect([client.json("B", "default"), client.rawJson("B"), client.value("B")]).toEqual([
      "default",
      "{",
      "{",
    ]);
    expect(client.string("NO", "default")).toBe("default");
    expect(client.detailAs("NO", "STRING").reason).toBe("TYPE_MISMATCH");
    expect(client.detail("PRICE")).toMatchObject({
      value: 7.5,
      text: "7.50",
      kind: "NUMBER",
      variant: "default",
    });
    expect(client.values().map(({ key }) => key)).toEqual(client.keys());
    expect(JSON.parse(client.dehydrate())).toMatchObject({ format: 1, features: { length: 7 } });
  });

  test("by a handle are those of its key", () => {
    const client = offline([feature("COLOUR", "red", 4)]);
    const colour = client.feature("COLOUR");
    expect([colour.string(), colour.exists, colour.isSet, colour.version, colour.kind]).toEqual([
      "red",
      true,
      true,
      4,
      "STRING",
    ]);
    expect([colour.boolean(true), colour.isLocked, client.feature("NONE").exists]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("listeners", () => {
  test("are called in a microtask, and may subscribe, read and unsubscribe", async () => {
    const client = offline([feature("COLOUR", "red")]);
    const seen: unknown[] = [];
    const watch = client.onChange("COLOUR", (change) => {
      seen.push(change.new, client.string("COLOUR"));
      watch.unsubscribe();
      client.onReady(() => seen.push("ready"));
    });
    client.offerFeature("test", "environment", feature("COLOUR", "blue", 2));
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual(["blue", "blue", "ready"]);
    client.offerFeature("test", "environment", feature("COLOUR", "green", 3));
    await Promise.resolve();
    expect(seen).toHaveLength(3);
  });

  test("of a stream of changes get merged changes, until the signal or the client ends it", async () => {
    const client = offline([feature("COLOUR", "red")]);
    const stop = new AbortController();
    const [changes, stopped] = [client.changes("COLOUR"), client.changes("COLOUR", { signal: stop.signal })];
    for (const [version, colour] of ["blue", "green"].entries()) {
      client.offerFeature("test", "environment", feature("COLOUR", colour, version + 2));
      await Promise.resolve();
    }
    expect((await changes.next()).value).toMatchObject({ old: "red", new: "green" });
    const waiting = changes.next();
    client.offerFeature("test", "environment", feature("COLOUR", "red", 4));
    expect((await waiting).value).toMatchObject({ old: "green", new: "red" });
    stop.abort();
    client.offerFeature("test", "environment", feature("COLOUR", "blue", 5));
    // The value was red again when the signal was aborted.
    expect(await stopped.next()).toEqual({ done: true, value: undefined });
    client.close();
    expect((await changes.next()).value).toMatchObject({ old: "red", new: "blue" });
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  test("of notices replace the warning, of which there is one for each kind", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const notices: string[] = [];
    const broken = (options: ClientOptions): void => {
      const client = offline([], options);
      client.offerFeatures("test", "environment", "{");
      client.offerFeatures("test", "environment", "{");
    };
    broken({ onNotice: (notice) => notices.push(noticeText(notice)) });
    await Promise.resolve();
    expect([notices.length, warn.mock.calls.length]).toEqual([2, 0]);
    broken({});
    await Promise.resolve();
    const source = { kind: "store", name: "test" };
    expect(warn.mock.calls).toEqual([
      ["fh-client:", { kind: "store_ignored", source, why: "the text is not JSON" }],
    ]);
    warn.mockRestore();
  });
});

test("interceptors override values, and observers see the reads", async () => {
  const events: UsageEvent[] = [];
  let colour = "blue";
  const interceptor: Interceptor = {
    name: "test",
    intercept: ({ key }) => (key === "COLOUR" ? colour : undefined),
  };
  const client = offline([feature("COLOUR", "red")], {
    interceptors: [{ interceptor }],
    observers: [{ observer: { dispatch: "inline", observe: (event) => events.push(event) } }],
  });
  expect(client.detail("COLOUR")).toMatchObject({
    value: "blue",
    interceptor: "test",
    reason: "INTERCEPTED",
  });
  expect(events.filter(({ kind }) => kind === "evaluated")).toHaveLength(1);
  const change = new Promise((resolve) => client.onChange("COLOUR", resolve));
  colour = "green";
  client.overridesChanged();
  expect(await change).toMatchObject({ old: "blue", new: "green" });
  client.intercept({ name: "late", intercept: () => "late" }).unsubscribe();
  expect(client.string("COLOUR")).toBe("green");
});

test("a block of `using` closes the client", async () => {
  const client = offline([feature("COLOUR", "red")]);
  {
    await using inBlock = client;
    expect(inBlock.isReady).toBe(true);
  }
  expect(client.readiness).toBe("CLOSED");
  await client.closed();
});

test("closing closes interceptors and observers once", async () => {
  const closed: string[] = [];
  const close = (name: string) => () => void closed.push(name);
  const interceptor: Interceptor = { name: "test", intercept: () => "blue", close: close("interceptor") };
  const observer = { observe: () => undefined, close: close("observer") };
  const client = offline([feature("COLOUR", "red")], {
    interceptors: [{ interceptor }],
    observers: [{ observer }],
  });
  client.close();
  client.close();
  await client.closed();
  expect(closed.sort()).toEqual(["interceptor", "observer"]);
  expect(client.string("COLOUR")).toBe("blue");
});

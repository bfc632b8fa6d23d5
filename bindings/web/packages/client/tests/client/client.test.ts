import { afterEach, describe, expect, test, vi } from "vitest";

import { Client, type ClientOptions, type Interceptor, noticeText } from "../../src/index.ts";
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

describe("listeners", () => {
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

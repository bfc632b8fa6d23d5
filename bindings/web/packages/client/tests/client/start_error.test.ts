import { expect, test } from "vitest";

import { Client } from "../../src/index.ts";
import { parseHeaders, parseSettings } from "../../src/options/start_error.ts";

const URL = "http://edge.example";
const KEY = "environment/the-secret-part";
/** A server-evaluated key of another environment, and a client-evaluated one. */
const [OTHER, CLIENT] = ["other/server-evaluated", "other/client*evaluated"];

/** Makes a client with the arguments of a program in JavaScript, which no compiler checks. */
function start(options: object = {}, url: unknown = URL, key: unknown = KEY): void {
  new Client(url as string, key as string, { storage: null, ...options }).close();
}

/** Returns a context with so many attributes. */
function attributes(count: number): object {
  return { context: Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, "x"])) };
}

const EMPTY = "the Edge's URL is empty: write https://";
const MISSING = "the API key is missing or empty: write ENVIRONMENT/KEY";

test.each<[text: string, ...given: Parameters<typeof start>]>([
  [EMPTY, {}, ""],
  [EMPTY, {}, null],
  ["the Edge's URL begins with neither http:// nor https://: write https://edge.example", {}, 5],
  ["the Edge's URL begins with neither", { mode: "offline" }, "ftp://edge"],
  ["the Edge's URL contains a query", {}, "https://edge.example?x"],
  ["the port in the Edge's URL", {}, "http://edge:99999"],
  ["the Edge's URL contains credentials", {}, "http://me:pw@edge"],
  [MISSING, {}, URL, ""],
  [MISSING, {}, URL, []],
  ["an API key looks like ENVIRONMENT/KEY", {}, URL, 5],
  ["the API key contains", {}, URL, `${KEY}!' `],
  ["API keys with and without a `*` cannot be mixed: write keys of one kind", {}, URL, [KEY, CLIENT]],
  ["several API keys cannot be streamed: use polling", { mode: "streaming" }, URL, [KEY, OTHER]],
  ["the context has 31 attributes; an Edge evaluates at most 30 attributes", attributes(31)],
  ['the header "a b" cannot be sent: remove invalid characters', { headers: { "a b": "x" } }],
  ['the header "a" cannot be sent: remove invalid characters', { headers: { a: "x\n" } }],
  ['the header "X-FeatureHub" cannot be sent: leave it to the client', { headers: { "X-FeatureHub": "x" } }],
])("a client is not made: %s", (text, ...given) => {
  expect(() => {
    start(...given);
  }).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(text) as string }),
  );
  expect(() => {
    start(...given);
  }).not.toThrow("the-secret-part");
});

const [POSITIVE, POLLING] = ["write a positive number", 'write mode "polling" or "passive"'];
const BACKOFF = "write a cap of at least the initial delay, and a jitter from 0 to 1";
const OBJECT = "write an object of names and texts";

test.each([
  [{ mode: "stream" }, "mode", "write streaming, polling, passive, once, offline"],
  [{ contextPlacement: "body" }, "contextPlacement", "write header, query"],
  [{ whileSwitching: true }, "whileSwitching", "write hide, keep"],
  [{ overrides: "local" }, "overrides", "write session"],
  [{ whenHidden: "stop" }, "whenHidden", "write continue, pause"],
  [{ profile: "server" }, "profile", "write client, edge"],
  [{ mode: "polling", interval: "30" }, "interval", POSITIVE],
  [{ mode: "passive", interval: true }, "interval", POSITIVE],
  [{ mode: "polling", interval: -1 }, "interval", POSITIVE],
  [{ mode: "polling", interval: Number.NaN }, "interval", POSITIVE],
  [{ interval: 30 }, "interval", POLLING],
  [{ mode: "once", interval: 30 }, "interval", POLLING],
  [{ mode: "offline", interval: 30 }, "interval", POLLING],
  [{ pace: null }, "pace", POSITIVE],
  [{ healthyAfter: {} }, "healthyAfter", POSITIVE],
  [{ returnWithin: [0, -1] }, "returnWithin", POSITIVE],
  [{ returnWithin: [2, 1] }, "returnWithin", "write the shorter delay first"],
  [{ limits: { idle: 0 } }, "limits.idle", POSITIVE],
  [{ limits: { head: "90" } }, "limits.head", POSITIVE],
  [{ backoff: { initial: Number.NaN } }, "backoff", POSITIVE],
  [{ backoff: { initial: 40 } }, "backoff", BACKOFF],
  [{ backoff: { jitter: -0.1 } }, "backoff", BACKOFF],
  [{ backoffWhenRefused: { jitter: 2 } }, "backoffWhenRefused", BACKOFF],
  [{ identification: "a\n" }, "identification", "remove control characters"],
  [{ onNotice: "log" }, "onNotice", "write a value of the type function"],
  [{ clock: 5 }, "clock", "write a value of the type function"],
  [{ catchUpdates: "yes" }, "catchUpdates", "write a value of the type boolean"],
  [{ keepAlive: 0 }, "keepAlive", "write a value of the type boolean"],
  [{ eventQueue: "9" }, "eventQueue", "write a value of the type number"],
  [
    { context: "userkey=mara" },
    "context",
    'write an object of names and values, such as { userkey: "mara" }',
  ],
  [{ storage: "localStorage" }, "storage", "write a value of the type object"],
  [{ headers: new Headers({ a: "b" }) }, "headers", OBJECT],
  [{ headers: new Map([["a", "b"]]) }, "headers", OBJECT],
])("the setting %o can never work", (options, name, cure) => {
  expect(() => {
    start(options);
  }).toThrow(new TypeError(`the setting ${name} can never work: ${cure}`));
});

test("settings at their bounds are valid, and an offline client ignores the interval of other clients", () => {
  start({
    backoff: { initial: 0, cap: 0, jitter: 1 },
    returnWithin: [1, 1],
    limits: { head: 0.001, bytes: 1 },
  });
  start({ mode: "offline" }, "", "");
  start({}, URL, [KEY, OTHER]);
  start(attributes(30));
  start(attributes(31), URL, CLIENT);
  using client = Client.offline({ interval: 30 });
  expect(client.status.connection).toBe("offline");
  const headers = { a: "tab\tin it", B: "" };
  expect(parseHeaders(headers)).toEqual(Object.entries({ a: "tab\tin it", b: "" }));
});

const settingsOf = (options: Parameters<typeof parseSettings>[2]) =>
  parseSettings(URL, KEY, options, undefined);

const USUAL = settingsOf({});

test.each([
  [{}, { returnWithin: [100, 1_000] }],
  [{ returnWithin: [0.01, 0.1] }, { returnWithin: [10, 100] }],
  ...Object.entries(USUAL)
    .filter(([, usual]) => typeof usual === "number")
    .map(([name]): [object, object] => [{ [name]: 0.25 }, { [name]: 250 }]),
])("the delays of %o are read in seconds", (options, delays) => {
  expect(settingsOf(options)).toEqual({ ...USUAL, ...delays });
});

test.each([
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
] as const)("the mode of %o is read", (options, mode) => {
  expect(settingsOf(options).mode).toEqual(mode);
});

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { percentEncoded } from "../src/text/text.ts";
import { contextHeader, contextSha, valuesWithCommas } from "../src/session/context_header.ts";
import { EdgeUrl, redirected, SecretUrl, shownUrl } from "../src/session/edge_url.ts";
import { namesAnother } from "../src/session/feature_set/foreign.ts";
import { ApiKey, ApiKeys } from "../src/session/key.ts";
import { maxAge, responseClass, retryAfter } from "../src/session/response_class.ts";
import { updateUrl } from "../src/test_updates/update.ts";
import { valid } from "./valid.ts";

test.each([
  ["HTTP://X:8085/y//", "http://x:8085/y"],
  ["https://x/features", "https://x"],
  ["https://x/y/features/env/key*", "https://x/y"],
  ["https://x/features-of-mine", "https://x/features-of-mine"],
  ["\u3000http://[::ffff:1.2.3.4]:80/a\u0085", "http://[::ffff:1.2.3.4]:80/a"],
  ["http://x:65535", "http://x:65535"],
  ["http://x:/y", "http://x:/y"],
])("the base URL %j is normalised", (text, base) => {
  expect(valid(EdgeUrl.parse(text)).expose()).toBe(base);
});

test.each([
  ["empty", " \u2003"],
  ["scheme", "edge.example ftp://edge.example"],
  [
    "host",
    "https:// https:///x https://:80 http://[::1 http://[::1]x http://[::g] http://[1::2::3] http://[] http://::1 http://a%b",
  ],
  ["character", "https://é"],
  ["port", "http://edge:65536/x http://edge:0 http://edge:8o http://[::1]:-1"],
  ["credentials", "https://me:pw@x"],
  ["query", "https://x?a=b https://x#a"],
])("base URLs are invalid because of %s: %s", (error, texts) => {
  for (const text of error === "empty" ? [texts] : texts.split(" ")) expect(EdgeUrl.parse(text)).toBe(error);
});

test("requests have the keys and the context in their URLs", () => {
  const edge = valid(EdgeUrl.parse("https://x/p/"));
  const keys = valid(ApiKeys.parse(["e/a*b", "default/f/c&d?*"]));
  const poll = "https://x/p/features?apiKey=e/a*b&apiKey=default/f/c%26d%3F*&contextSha=0";
  expect(edge.poll(keys, "").expose()).toBe(poll);
  const stream = "https://x/p/features/e/a*b?xfeaturehub=userkey%3Da%2520b%2Cx%3Dy";
  expect(edge.stream(keys.first, "userkey=a%20b,x=y").expose()).toBe(stream);
  expect(updateUrl(edge, keys.first, "A B/C")?.expose()).toBe("https://x/p/features/e/a*b/A%20B%2FC");
  expect([".", "..", "..."].map((key) => updateUrl(edge, keys.first, key) !== undefined)).toEqual([
    false,
    false,
    true,
  ]);
  expect(percentEncoded("a b~-_.!*'()é😀\ud800")).toBe("a%20b~-_.%21%2A%27%28%29%C3%A9%F0%9F%98%80%EF%BF%BD");
});

test.each([
  ["/b#f", "https://x:1/b"],
  ["c/d:e", "https://x:1/a/features/e/c/d:e"],
  ["//X:1/e?from=https://y/", "https://X:1/e?from=https://y/"],
  ["?r", "https://x:1/a/features/e/k?r"],
  ["#f", "https://x:1/a/features/e/k?q"],
  ["mailto:x//https://x:1/", undefined],
  ["https:/b", undefined],
  ["https://x:443/d", undefined],
  ["http://x:1/d", undefined],
  ["https://x:1@evil/", undefined],
  ["//evil/e", undefined],
  ["", undefined],
  ["/a\r\nb", undefined],
])("a redirect to %j stays within the origin", (location, target) => {
  expect(redirected(new SecretUrl("https://x:1/a/features/e/k?q"), location)?.expose()).toBe(target);
});

test("the default port is that of the scheme, and shown URLs have no secret", () => {
  const follow = (home: string, to: string) => redirected(new SecretUrl(home), to)?.expose();
  expect(follow("https://x/a", "https://X:443/b")).toBe("https://X:443/b");
  expect(follow("http://x", "http://x:80/b")).toBe("http://x:80/b");
  expect(follow("http://x/a", "http://x:443/b")).toBeUndefined();
  expect(follow("https://x", "b")).toBe("https://x/b");
  const shown = ["https://u:p@x:1/a?q", "https://edge.example", "nonsense"].map((url) =>
    shownUrl(new SecretUrl(url)),
  );
  expect(shown).toEqual(["https://x:1/***", "https://edge.example", "***"]);
});

test.each([
  ["empty", ["", "  "]],
  ["shape", ["key", "/k", "e/", "a/b/", "a//b", "a/b/c/d"]],
  ["dots", ["e/..", "./e/k"]],
  ["character", ["e/k y", "e/k\u0007", "e/k\u0085y", '"e/k"', "'e/k'"]],
  ["too_long", [`e/${"é".repeat(512)}`]],
])("API keys are invalid because of %s", (error, texts) => {
  expect(texts.map((text) => ApiKey.parse(text))).toEqual(texts.map(() => error));
});

test("API keys have an environment and show no secret, and lists are of one kind and have no duplicates", () => {
  const environments = [" e/k\n", "default/e/k*y", "/e/k", `e/${"é".repeat(511)}`].map(
    (key) => valid(ApiKey.parse(key)).environment,
  );
  expect(environments).toEqual(["e", "e", "e", "e"]);
  expect(String(valid(ApiKey.parse("e/secret*")))).toBe("e/***");
  const keys = valid(ApiKeys.parse(["e/a*", "f/b*", "e/a*"]));
  expect([keys.list.map((key) => key.expose()), keys.areSeveral, keys.kind]).toEqual([
    ["e/a*", "f/b*"],
    true,
    "client",
  ]);
  expect(keys.fingerprint()).toBe(createHash("sha256").update("e/a*\nf/b*").digest("hex"));
  expect([
    valid(ApiKeys.parse(["e/a", "e/a"])).areSeveral,
    ApiKeys.parse(["e/a*", "f/b"]),
    ApiKeys.parse([]),
  ]).toEqual([false, "mixed", "empty"]);
});

test("contexts are one header, whose attributes cannot inject others", () => {
  const context = new Map([
    ["userkey", ["a b,c=d é", "x"]],
    ["k=,\r\n&", ["v\r\nX-Evil: 1"]],
  ]);
  const header = "k%3D%2C%0D%0A%26=v%0D%0AX-Evil%3A%201,userkey=a%20b%2Cc%3Dd%20%C3%A9%2Cx";
  expect([contextHeader(context), valuesWithCommas(context)]).toEqual([header, ["userkey"]]);
  const sha = "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b";
  expect([contextSha(""), contextSha("userkey=fred")]).toEqual(["0", sha]);
  const many = (count: number) =>
    contextHeader(new Map(Array.from({ length: count }, (_, at) => [`${at}`, ["x"]])));
  expect([many(30) !== undefined, many(31)]).toEqual([true, undefined]);
});

test("only UUIDs name another environment", () => {
  const [id, other] = ["71ed3c04-122b-4312-9ea8-06b2b8d6ceac", "71ed3c04-122b-4312-9ea8-06b2b8d6cead"];
  expect([namesAnother(id, other), namesAnother("1-1-1-1-1", other)]).toEqual([true, true]);
  const same = [
    id.toUpperCase(),
    "production",
    "",
    `${other}-d`,
    other.replace("06b", "0006b"),
    other.replace("06", "+6"),
  ];
  expect(same.map((said) => namesAnother(id, said))).toEqual(same.map(() => false));
  expect(namesAnother("1-1-1-1-0", "00000001-0001-0001-0001-000000000000")).toBe(false);
});

test.each([
  ['bork, s-maxage=9, MAX-AGE ="7", max-age=5', 7],
  ["max-age=0, max-age=5", undefined],
  ["max-age=x", undefined],
  ["max-age=-1", undefined],
  ["max-age=1=1", undefined],
  ["max-age=99999999999999999999999999", 86_400],
])("the interval of %j is %j seconds", (value, expected) => {
  expect(maxAge({ status: 200, headers: [["cache-control", value]] })).toBe(expected && expected * 1_000);
});

test.each([
  [" 3 ", 3],
  ["99999999", 3600],
  ["whatever, 20 Nov 2026 12:00:30.5 GMT", 30.5],
  ["Fri, 20 Nov 2026 12:01 GMT", 60],
  ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
  ["Sat, 29 Feb 2025 12:00:30 GMT", undefined],
  ["Fri, x, 20 Nov 2026 12:00:30 GMT", undefined],
  ["20 Nov 2026 12:00:30 GMT", undefined],
  ["Fri, 20 anF 2026 12:00:30 GMT", undefined],
  ["Fri, 20 Nov 2026 24:00:30 GMT", undefined],
  ["-5", undefined],
])("the delay of %j is %j seconds", (value, expected) => {
  const headers = [
    ["date", "Fri, 20 Nov 2026 12:00:00 GMT"],
    ["retry-after", value],
  ] as const;
  expect(retryAfter({ status: 503, headers })).toBe(expected && expected * 1_000);
});

test("a date needs the header Date, and seconds do not", () => {
  const delays = ["3", "Fri, 20 Nov 2026 12:00:30 GMT"].map((value) =>
    retryAfter({ status: 503, headers: [["retry-after", value]] }),
  );
  expect(delays).toEqual([3_000, undefined]);
});

test.each([
  ["poll", 200, "application/json; charset=utf-8", "features"],
  ["poll", 200, "application/geo+JSON", "features"],
  ["poll", 200, "", "features"],
  ["poll", 200, " TEXT/plain;x", "features"],
  ["poll", 200, "application/octet-stream", "features"],
  ["poll", 200, "text/html", "content_type"],
  ["stream", 236, "Text/Event-Stream;charset=utf-8", "features"],
  ["stream", 200, "application/json", "content_type"],
  ["poll", 304, "", "unexpected_status"],
  ["poll", 499, "", "unexpected_status"],
  ["poll", 500, "", "server_error"],
  ["stream", 599, "", "server_error"],
  ["poll", 600, "", "unexpected_status"],
] as const)("a %s of status %d and type %j is %s", (kind, status, type, expected) => {
  const headers = type === "" ? [] : ([["content-type", type]] as const);
  const found = responseClass(kind, false, { status, headers });
  expect("problem" in found ? found.problem.code : found.kind).toBe(expected);
});

test("a problem has 100 characters of a content type", () => {
  const headers = [["content-type", "x".repeat(101)]] as const;
  const problem = { code: "content_type", text: `${"x".repeat(100)}…` };
  expect(responseClass("poll", false, { status: 200, headers })).toEqual({ kind: "trouble", problem });
});

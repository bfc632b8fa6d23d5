import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { attributesOf } from "../src/repository/attributes.ts";
import { contextHeader, contextSha, valuesWithCommas } from "../src/session/context_header.ts";
import { Delays, shortest, within } from "../src/session/delay.ts";
import { updateUrl } from "../src/test_updates/update.ts";
import { EdgeUrl, redirected, SecretUrl, shownUrl } from "../src/session/edge_url.ts";
import { ApiKey, ApiKeys } from "../src/session/key.ts";
import { maxAge, responseClass, retryAfter } from "../src/session/response_class.ts";
import { Secrets } from "../src/session/secrets.ts";
import type { Input } from "../src/session/action.ts";
import { type Config, defaultConfig } from "../src/session/config.ts";
import { Session } from "../src/session/session/mod.ts";
import { utf8 } from "../src/text.ts";
import { splitmix64 } from "./replayer.ts";

/** Returns the value, or fails with the error that took its place. */
function valid<T extends object>(value: T | string): T {
  if (typeof value === "string") throw new Error(value);
  return value;
}

describe("URLs of an Edge", () => {
  test("base URLs are normalised", () => {
    for (const [text, base] of [
      ["http://x/y", "http://x/y"],
      ["http://x/y/", "http://x/y"],
      ["HTTP://X:8085/", "http://x:8085"],
      ["https://x/features", "https://x"],
      ["https://x/features/", "https://x"],
      ["https://x/y/features/env/key*", "https://x/y"],
      ["https://x/features-of-mine", "https://x/features-of-mine"],
      [" http://[::1]:80/a/b ", "http://[::1]:80/a/b"],
      ["http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]"],
      ["http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]"],
      ["http://[1:2:3:4:5:6:7::]", "http://[1:2:3:4:5:6:7::]"],
      ["http://[1:2:3:4:5:6:1.2.3.4]", "http://[1:2:3:4:5:6:1.2.3.4]"],
      ["http://x:65535", "http://x:65535"],
      ["http://x:/y", "http://x:/y"],
      ["\u3000https://X/Y//\u0085", "https://x/Y"],
    ] as const) {
      expect(valid(EdgeUrl.parse(text)).expose(), text).toBe(base);
    }
  });

  test("invalid base URLs are refused with their reason", () => {
    for (const [text, error] of [
      ["", "empty"],
      [" \u2003", "empty"],
      ["edge.example", "scheme"],
      ["ftp://edge.example", "scheme"],
      ["https://", "host"],
      ["https:///x", "host"],
      ["https://:80", "host"],
      ["https://a b", "character"],
      ["https://é", "character"],
      ["http://edge:99999", "port"],
      ["http://edge:65536/x", "port"],
      ["http://edge:0", "port"],
      ["http://edge:8o", "port"],
      ["http://[::1]:-1", "port"],
      ["http://[::1", "host"],
      ["http://[::g]", "host"],
      ["http://[::1]x", "host"],
      ["http://[:::]", "host"],
      ["http://[1::2::3]", "host"],
      ["http://[1:2:3:4:5:6:7]", "host"],
      ["http://[1:2:3:4:5:6:7:8::]", "host"],
      ["http://[1.2.3.4::]", "host"],
      ["http://[::1.2.3]", "host"],
      ["http://[::1.2.3.256]", "host"],
      ["http://[::1.2.3.04]", "host"],
      ["http://[]", "host"],
      ["http://::1", "host"],
      ["http://a%b", "host"],
      ["https://me:pw@x", "credentials"],
      ["https://x?a=b", "query"],
      ["https://x#a", "query"],
    ] as const) {
      expect(EdgeUrl.parse(text), text).toBe(error);
    }
  });

  test("requests have the keys and the context in their URLs", () => {
    const edge = valid(EdgeUrl.parse("https://x/p/"));
    const keys = valid(ApiKeys.parse(["e/a*b", "default/f/c&d?*"]));
    expect(edge.poll(keys, "").expose()).toBe(
      "https://x/p/features?apiKey=e/a*b&apiKey=default/f/c%26d%3F*&contextSha=0",
    );
    expect(edge.stream(keys.first).expose()).toBe("https://x/p/features/e/a*b");
    expect(edge.stream(keys.first, "userkey=a%20b,x=y").expose()).toBe(
      "https://x/p/features/e/a*b?xfeaturehub=userkey%3Da%2520b%2Cx%3Dy",
    );
    expect(updateUrl(edge, keys.first, "A B/C")?.expose()).toBe("https://x/p/features/e/a*b/A%20B%2FC");
    for (const elsewhere of [".", ".."]) expect(updateUrl(edge, keys.first, elsewhere)).toBeUndefined();
    expect(updateUrl(edge, keys.first, "...")).toBeDefined();
  });

  test("redirects stay within the origin", () => {
    const url = new SecretUrl("https://x:1/a/features/e/k?q");
    for (const [location, target] of [
      ["/b", "https://x:1/b"],
      ["c", "https://x:1/a/features/e/c"],
      ["https://X:1/d", "https://X:1/d"],
      ["//x:1/e", "https://x:1/e"],
      ["/b?from=https://y/", "https://x:1/b?from=https://y/"],
      ["c?from=https://y/", "https://x:1/a/features/e/c?from=https://y/"],
      ["?r", "https://x:1/a/features/e/k?r"],
      ["#f", "https://x:1/a/features/e/k?q"],
      ["/b#f", "https://x:1/b"],
      ["?r#f", "https://x:1/a/features/e/k?r"],
      ["c/d:e", "https://x:1/a/features/e/c/d:e"],
      ["/b:c", "https://x:1/b:c"],
      ["mailto:x", undefined],
      ["mailto:x//https://x:1/", undefined],
      ["https:/b", undefined],
      ["ftp://x:1/d", undefined],
      ["https://x:443/d", undefined],
      ["http://x:1/d", undefined],
      ["https://x/d", undefined],
      ["https://y:1/d", undefined],
      ["//evil/e", undefined],
      ["https://x:1@evil/", undefined],
      ["", undefined],
      ["/a\r\nb", undefined],
    ] as const) {
      expect(redirected(url, location)?.expose(), location).toBe(target);
    }
    for (const [home, location] of [
      ["https://x/a", "https://x:443/b"],
      ["https://x:443/a", "https://X/b"],
      ["http://x/a", "http://x:80/b"],
      ["https://x", "https://x/b"],
    ] as const) {
      expect(redirected(new SecretUrl(home), location)?.expose()).toBe(location);
    }
    expect(redirected(new SecretUrl("https://x"), "b")?.expose()).toBe("https://x/b");
    for (const [home, location] of [
      ["http://x/a", "http://x:443/b"],
      ["http://x/a", "https://x/b"],
      ["http://x/a", "http://x:8080/"],
    ] as const) {
      expect(redirected(new SecretUrl(home), location), location).toBeUndefined();
    }
  });

  test("texts of URLs and keys show no secret", () => {
    expect(shownUrl(new SecretUrl("https://u:p@x:1/a?q"))).toBe("https://x:1/***");
    expect(shownUrl(new SecretUrl("nonsense"))).toBe("***");
    expect(shownUrl(valid(EdgeUrl.parse("https://edge.example/fh")))).toBe("https://edge.example/***");
    expect(shownUrl(valid(EdgeUrl.parse("https://edge.example/")))).toBe("https://edge.example");
    const key = valid(ApiKey.parse("e/secret*"));
    expect(`${String(key)} ${JSON.stringify(key)}`).not.toContain("secret");
  });
});

describe("API keys", () => {
  test("valid keys have an environment, and invalid ones a reason", () => {
    for (const text of ["e/k", " e/k\n", "default/e/k", "e/k*y", "/e/k"]) {
      expect(valid(ApiKey.parse(text)).environment, text).toBe("e");
    }
    for (const [text, error] of [
      ["", "empty"],
      ["  ", "empty"],
      ["key", "shape"],
      ["/k", "shape"],
      ["e/", "shape"],
      ["a/b/", "shape"],
      ["a//b", "shape"],
      ["a/b/c/d", "shape"],
      ["e/..", "dots"],
      ["../k*", "dots"],
      ["./e/k", "dots"],
      ["e/k y", "character"],
      ["e/k\u0007", "character"],
      ["e/k\u0085y", "character"],
      ['"e/k"', "character"],
      [`e/${"é".repeat(512)}`, "too_long"],
    ] as const) {
      expect(ApiKey.parse(text), text).toBe(error);
    }
    expect(typeof ApiKey.parse(`e/${"é".repeat(511)}`)).toBe("object");
  });

  test("lists are of one kind and have no duplicates", () => {
    const keys = valid(ApiKeys.parse(["e/a*", "f/b*", "e/a*"]));
    expect(keys.list.map((key) => key.expose())).toEqual(["e/a*", "f/b*"]);
    expect(keys.areSeveral).toBe(true);
    expect(valid(ApiKeys.parse(["e/a", "e/a"])).areSeveral).toBe(false);
    expect(ApiKeys.parse(["e/a*", "f/b"])).toBe("mixed");
    expect(ApiKeys.parse([])).toBe("empty");
    const digest = createHash("sha256").update("e/a*\nf/b*").digest("hex");
    expect(keys.fingerprint()).toBe(digest);
  });
});

describe("contexts in headers", () => {
  test("the example of the specification, in any order", () => {
    const example = {
      userkey: "DJElif",
      country: "turkey",
      city: "Istanbul",
      "musical styles": ["psychedelic", "deep"],
      session: "anjunadeep",
      device: "desktop",
      platform: "android",
      version: "2.3.7",
    };
    const header =
      "city=Istanbul,country=turkey,device=desktop,musical%20styles=psychedelic%2Cdeep," +
      "platform=android,session=anjunadeep,userkey=DJElif,version=2.3.7";
    const entries = Object.entries(example);
    expect(contextHeader(attributesOf(entries))).toBe(header);
    expect(contextHeader(attributesOf(entries.reverse()))).toBe(header);
  });

  test("attributes cannot inject headers", () => {
    const odd = attributesOf([
      ["k=,\r\n&", "v\r\nX-Evil: 1"],
      ["userkey", "a b,c=d é 😀!*'()\ud800"],
    ]);
    expect(contextHeader(odd)).toBe(
      "k%3D%2C%0D%0A%26=v%0D%0AX-Evil%3A%201," +
        "userkey=a%20b%2Cc%3Dd%20%C3%A9%20%F0%9F%98%80%21%2A%27%28%29%EF%BF%BD",
    );
    expect(valuesWithCommas(odd)).toEqual(["userkey"]);
  });

  test("digests of the specification, and too many attributes", () => {
    expect(contextSha("")).toBe("0");
    expect(contextSha("userkey=fred")).toBe(
      "6a1d1fa42d1c1917552a255a940792205cb62cc2efd6613ab5a3f75d0038518b",
    );
    const many = (count: number) => attributesOf(Array.from({ length: count }, (_, at) => [`a${at}`, at]));
    expect(contextHeader(many(30))).toBeDefined();
    expect(contextHeader(many(31))).toBeUndefined();
  });
});

describe("random delays", () => {
  const backoff = { initial: 1_000, cap: 30_000, jitter: 0.5 };

  test("are those of Rust for the same seed", () => {
    const random = splitmix64("42");
    const delays = new Delays();
    const drawn = Array.from({ length: 6 }, () => delays.next(backoff, backoff.cap, random));
    drawn.push(...Array.from({ length: 3 }, () => within([100, 1_000], random)));
    expect(drawn).toEqual([629, 1840, 3442, 6623, 15695, 16976, 296, 820, 405]);
  });

  test("stay within their bounds for odd settings", () => {
    const random = splitmix64("7");
    for (const jitter of [NaN, Infinity, -3, 9]) {
      const odd = { jitter, initial: Number.MAX_SAFE_INTEGER, cap: 5_000 };
      expect(new Delays().next(odd, odd.cap, random)).toBeLessThanOrEqual(5_000);
    }
    const endless = { jitter: 0, initial: Number.MAX_SAFE_INTEGER, cap: Number.MAX_SAFE_INTEGER };
    const delays = new Delays();
    for (let count = 0; count < 40; count++) {
      expect(delays.next(endless, endless.cap, random)).toBe(Number.MAX_SAFE_INTEGER);
    }
    expect(shortest({ ...backoff, initial: 3 })).toBe(3);
    expect(within([2_000, 1_000], random)).toBe(2_000);
  });
});

describe("responses", () => {
  const head = (status: number, ...headers: [string, string][]) => ({ status, headers });

  test("are classified by status and content type", () => {
    const json = ["content-type", "application/json; charset=utf-8"] as [string, string];
    const sse = ["content-type", "Text/Event-Stream;charset=utf-8"] as [string, string];
    const html = ["content-type", "text/html"] as [string, string];
    const wrong = { kind: "trouble", problem: { code: "content_type", text: "text/html" } };
    for (const [kind, isConditional, given, expected] of [
      ["poll", false, head(200, json), { kind: "features", isLast: false }],
      ["poll", false, head(200), { kind: "features", isLast: false }],
      ["poll", false, head(200, ["content-type", "TEXT/plain"]), { kind: "features", isLast: false }],
      ["poll", false, head(200, html), wrong],
      ["poll", true, head(236, json), { kind: "features", isLast: true }],
      ["poll", true, head(304), { kind: "unchanged" }],
      ["poll", false, head(304), { kind: "trouble", problem: { code: "unexpected_status", status: 304 } }],
      ["poll", false, head(501), { kind: "trouble", problem: { code: "server_error", status: 501 } }],
      ["stream", false, head(200, sse), { kind: "features", isLast: false }],
      ["stream", false, head(236, sse), { kind: "features", isLast: true }],
      ["stream", false, head(200, html), wrong],
      ["stream", true, head(304), { kind: "trouble", problem: { code: "unexpected_status", status: 304 } }],
      ["stream", false, head(501), { kind: "no_streaming" }],
      ["stream", false, head(204), { kind: "trouble", problem: { code: "unexpected_status", status: 204 } }],
      ["poll", false, head(308), { kind: "redirect" }],
      ["poll", false, head(400), { kind: "refused", problem: { code: "bad_request" } }],
      ["poll", false, head(403), { kind: "refused", problem: { code: "unauthorised", status: 403 } }],
      ["poll", false, head(404), { kind: "refused", problem: { code: "not_found" } }],
      ["poll", false, head(429), { kind: "trouble", problem: { code: "too_many_requests" } }],
      ["poll", false, head(599), { kind: "trouble", problem: { code: "server_error", status: 599 } }],
      ["poll", false, head(600), { kind: "trouble", problem: { code: "unexpected_status", status: 600 } }],
    ] as const) {
      expect(responseClass(kind, isConditional, given), `${kind} ${given.status}`).toEqual(expected);
    }
  });

  test("request intervals by max-age", () => {
    for (const [value, expected] of [
      ["bork, bork, max-age=20, sister", 20],
      ["public, max-age=2", 2],
      ["s-maxage=9, max-age=1", 1],
      ['MAX-AGE="7"', 7],
      [" max-age = 8 ", 8],
      ["max-age=0, max-age=5", undefined],
      ["max-age=x, max-age=5", undefined],
      ["no-store", undefined],
      ["max-age=-1", undefined],
      ["max-age=1.5", undefined],
      ["max-age=1=1", undefined],
      ["max-age=99999999999999", 86_400],
      ["max-age=99999999999999999999999999", 86_400],
    ] as const) {
      expect(maxAge(head(200, ["cache-control", value])), value).toBe(expected && expected * 1_000);
    }
    expect(maxAge(head(200))).toBeUndefined();
  });

  test("request delays by retry-after", () => {
    const date = ["date", "Fri, 20 Nov 2026 12:00:00 GMT"] as [string, string];
    for (const [value, expected] of [
      ["3", 3],
      [" 3 ", 3],
      ["0", 0],
      ["99999999", 3600],
      ["Fri, 20 Nov 2026 12:00:30 GMT", 30],
      ["whatever, 20 Nov 2026 12:00:30.5 GMT", 30.5],
      ["Fri, 20 Nov 2026 12:01 GMT", 60],
      ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
      ["Sat, 29 Feb 2025 12:00:30 GMT", undefined],
      ["Fri, x, 20 Nov 2026 12:00:30 GMT", undefined],
      ["Fri, 20 anF 2026 12:00:30 GMT", undefined],
      ["Fri, 20 Nov 2026 24:00:30 GMT", undefined],
      ["Fri, 20 Nov 2026 12:00:30Z GMT", undefined],
      ["soon", undefined],
      ["-5", undefined],
      ["Fri, 20 Foo 2026 12:00:30 GMT", undefined],
    ] as const) {
      expect(retryAfter(head(503, date, ["retry-after", value])), value).toBe(expected && expected * 1_000);
    }
    expect(retryAfter(head(503, ["retry-after", date[1]]))).toBeUndefined();
    expect(retryAfter(head(503, date))).toBeUndefined();
  });
});

describe("secrets are removed", () => {
  const secrets = (keys: string[], headers: string[] = []) =>
    new Secrets(valid(ApiKeys.parse(keys)).list, headers);

  test("in every spelling", () => {
    expect(
      secrets(["environment/s3cret*word", "default/other/hidden*1"]).wiped(
        "GET http://x/features/environment/s3cret*word, apiKey=other/hidden%2A1 or other/hidden%2a1: refused ❤️",
      ),
    ).toBe("GET http://x/features/environment/***, apiKey=other/*** or other/***: refused ❤️");
  });

  test("also if they were cut", () => {
    const found = secrets(["environment/s3cret*word-of-many"]);
    expect(found.wiped("environment/s3cret*word-o…, more")).toBe("environment/***…, more");
    expect(found.wiped("environment/s3cret%2Awo")).toBe("environment/***");
    expect(found.wiped("a s3cret")).toBe("a s3cret");
    expect(secrets(["e/😀😁😂🤣😃😄😅😆😉"]).wiped("x😀😁😂🤣😃😄😅😆y😀")).toBe("x***y😀");
  });

  test("of headers, with and without their scheme, and not if they are short", () => {
    const said = "'Bearer opensesame' is bad, opensesame too, and plainsecret; carry on, abcdef";
    const found = secrets(["e/abcdef"], ["Bearer opensesame ", "on", "plainsecret"]);
    expect(found.wiped(said)).toBe("'***' is bad, *** too, and ***; carry on, ***");
    expect(secrets(["e/k"]).wiped("kakapo")).toBe("kakapo");
  });

  test("from problems and notices", () => {
    const found = secrets(["e/abcdef"]);
    expect(found.wipedFrom({ code: "tls", text: "abcdef" })).toEqual({ code: "tls", text: "***" });
    expect(found.wipedFrom({ code: "stale" })).toEqual({ code: "stale" });
    expect(found.wipedOff({ kind: "ignored", what: "abcdef" })).toEqual({ kind: "ignored", what: "***" });
    expect(found.wipedOff({ kind: "store_ignored", source: { kind: "snapshot" }, why: "abcdef" })).toEqual({
      kind: "store_ignored",
      source: { kind: "snapshot" },
      why: "***",
    });
  });
});

/** A driver that answers the requests of a session. */
class Driver {
  readonly #session: Session;
  now = 0;
  /** The kinds of the requests that were sent. */
  readonly sent: string[] = [];

  constructor(settings: Partial<Config> = {}) {
    const edge = valid(EdgeUrl.parse("http://edge"));
    const config = defaultConfig(edge, valid(ApiKeys.parse(["e/k*"])));
    this.#session = new Session({ ...config, ...settings }, splitmix64("1"), redirected);
    this.handle({ type: "start" });
  }

  handle(input: Input): void {
    for (const action of this.#session.handle(this.now, input)) {
      if (action.type === "send") this.sent.push(action.request.kind);
    }
  }

  get status() {
    return this.#session.status;
  }

  get deadline(): number {
    return this.#session.deadline ?? NaN;
  }

  get requestId(): number {
    return this.sent.length;
  }

  /** Waits for the next request, if none is in flight, and answers it with a head. */
  open(status: number, ...headers: [string, string][]): void {
    if (this.status.nextAttempt !== undefined) {
      this.now = this.deadline;
      this.handle({ type: "tick" });
    }
    this.handle({ type: "opened", requestId: this.requestId, head: { status, headers } });
  }

  openStream(): void {
    this.open(200, ["content-type", "text/event-stream"]);
  }

  openPage(): void {
    this.open(200, ["content-type", "text/html"]);
  }

  send(text: string): void {
    this.handle({ type: "bytes", requestId: this.requestId, bytes: utf8(text) });
  }
}

describe("the session", () => {
  test("waits at most 30 s because of retry:", () => {
    const driver = new Driver();
    driver.openStream();
    driver.send("retry: 99999999\n\nevent: features\ndata: []\n\n");
    driver.handle({ type: "closed", requestId: 1, end: { kind: "complete" } });
    expect(driver.status.nextAttempt).toBe(30_000);
  });

  test.each([
    [9_999, true, 30_000],
    [10_000, true, 1_000],
    [10_000, false, 30_000],
  ])("after %d ms of open stream (with features: %o), waits %d ms", (open, hasData, delay) => {
    const driver = new Driver({ backoff: { initial: 1_000, cap: 30_000, jitter: 0 } });
    for (let failures = 0; failures < 5; failures++) driver.open(503);
    driver.openStream();
    if (hasData) driver.send("event: features\ndata: []\n\n");
    driver.now += open;
    driver.send("event: feature\ndata: [\n\n");
    expect(driver.status.nextAttempt).toBe(driver.now + delay);
  });

  test("grants a slow list one second for each whole 1,024 bytes", () => {
    const driver = new Driver({
      limits: {
        connect: 5_000,
        head: 12_000,
        poll: 12_000,
        idle: 90_000,
        heldBack: 600_000,
        bytes: 1024 * 1024,
      },
    });
    driver.openStream();
    driver.now = 5_000;
    driver.send(`:${"x".repeat(92 * 1024 + 1021)}\n`);
    expect(driver.deadline).toBe(92_000);
    driver.send("\n");
    expect(driver.deadline).toBe(93_000);
    driver.now = 93_000;
    driver.handle({ type: "tick" });
    expect(driver.status.problem).toEqual({ code: "timed_out", stage: "first_event" });
  });

  test("polls after three answers of a wrong type, between which redirects do not count", () => {
    const driver = new Driver();
    driver.openPage();
    driver.openPage();
    driver.open(302, ["location", "/elsewhere"]);
    expect(driver.status.problem?.code).toBe("content_type");
    driver.openPage();
    expect(driver.status.problem?.code).toBe("no_streaming");
    expect(driver.sent.slice(0, 4)).toEqual(["stream", "stream", "stream", "stream"]);
  });

  test("counts answers of a wrong type anew after other keys, and after another answer", () => {
    for (const between of ["keys", "answer"]) {
      const driver = new Driver();
      driver.openPage();
      driver.openPage();
      if (between === "keys") {
        driver.handle({ type: "keys", commandId: 1, keys: valid(ApiKeys.parse(["e/other*"])) });
      } else {
        driver.open(500);
      }
      driver.openPage();
      expect(driver.status.problem?.code, between).toBe("content_type");
    }
  });

  test("keeps a piece of a body although the driver uses its memory again", () => {
    const driver = new Driver({ mode: { kind: "once" } });
    driver.open(200);
    const bytes = utf8('[{"id":"e","features":[]}]');
    driver.handle({ type: "bytes", requestId: 1, bytes });
    bytes.fill(0);
    driver.handle({ type: "closed", requestId: 1, end: { kind: "complete" } });
    expect([driver.status.readiness, driver.status.connection]).toEqual(["READY", "done"]);
  });
});

import { describe, expect, test } from "vitest";
import { maxAge, responseClass, retryAfter } from "../src/session/response_class.ts";

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

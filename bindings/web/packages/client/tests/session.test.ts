import { describe, expect, test } from "vitest";
import { Delays, shortest, within } from "../src/session/delay.ts";
import { EdgeUrl, redirected } from "../src/session/edge_url.ts";
import { ApiKeys } from "../src/session/key.ts";
import type { Input } from "../src/session/action.ts";
import { type Config, defaultConfig } from "../src/session/config.ts";
import { Session } from "../src/session/session/mod.ts";
import { utf8 } from "../src/text.ts";
import { splitmix64 } from "./replayer.ts";
import { valid } from "./valid.ts";

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

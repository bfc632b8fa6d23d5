import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { startBackgroundBrowser } from "./browser.ts";
import { BLUE, colourWithoutTimers as colour, Fixture, GREEN } from "./fixture.ts";

const chromium = Fixture.register();

/**
 * Starts a client whose Edge fails at once, and refreshes whenever a request has failed, without a timer. Returns the time of each of six
 * requests since the start in milliseconds.
 *
 * The session counts its time from the start. A request is noted after the session's time for it, so that each time is compared with the
 * start, and not with the request before.
 */
function sixFailures(page: Page): Promise<number[]> {
  chromium.edge.answer = (response) => response.destroy();
  return page.evaluate(
    async ([url, key]) => {
      const began = performance.now();
      const times: number[] = [];
      const send: typeof fetch = (input, init) => {
        times.push(performance.now() - began);
        return fetch(input, init);
      };
      tab.client = new fh.Client(url, key, { fetch: send, storage: null });
      while (times.length < 6) await tab.client.refresh().catch(() => undefined);
      return times;
    },
    [chromium.edge.url, SERVER_KEY] as const,
  );
}

/** Checks that the requests are at most two a second. The session counts whole milliseconds. */
function expectPace(times: readonly number[]): void {
  for (const [at, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(Math.floor(at / 2) * 995);
}

describe("a page whose processor is slow", () => {
  beforeEach(async () => {
    const control = await chromium.context.newCDPSession(chromium.page);
    await control.send("Emulation.setCPUThrottlingRate", { rate: 20 });
  });

  test("becomes ready, and gets each update", async () => {
    const { edge, page } = chromium;
    await chromium.start();
    await page.evaluate(() => tab.client.ready());
    await colour("red", page);
    for (const next of [BLUE, GREEN]) edge.update(next);
    await colour("green", page);
    expect([edge.requests.length, edge.streams.size]).toEqual([1, 1]);
  });

  test("sends at most two requests a second", async () => {
    expectPace(await sixFailures(chromium.page));
  });
});

describe("a tab behind another tab, whose timers Chromium calls once a second", () => {
  let context: BrowserContext;
  let hidden: Page;
  let front: Page;
  let end: () => Promise<void>;

  beforeEach(async () => {
    ({ context, end } = await startBackgroundBrowser());
    [hidden, front] = [await context.newPage(), await context.newPage()];
    for (const page of [hidden, front]) await page.goto(chromium.site.url);
    await front.bringToFront();
    // Each timer is set by the one before, until one is a second late.
    const visibility = await hidden.evaluate(async () => {
      for (let late = 0; late < 500;) {
        const began = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 10));
        late = performance.now() - began;
      }
      return document.visibilityState;
    });
    expect(visibility).toBe("hidden");
  });
  afterEach(() => end());

  test("becomes ready, and leads a stream on which each tab gets each update", async () => {
    const { edge } = chromium;
    await chromium.start({}, SERVER_KEY, hidden);
    await hidden.evaluate(() => tab.client.ready());
    await hidden.evaluate(async () => {
      while ((await navigator.locks.query()).held?.length !== 1);
    });
    await chromium.start({}, SERVER_KEY, front);
    await edge.until(() => edge.requests.length === 2 && edge.streams.size === 1);
    for (const next of [BLUE, GREEN]) edge.update(next);
    await Promise.all([hidden, front].map((page) => colour("green", page)));
    expect([edge.requests.length, edge.streams.size]).toEqual([2, 1]);
  });

  test("finds a restarted Edge again", async () => {
    const { edge } = chromium;
    await chromium.start({}, SERVER_KEY, hidden);
    await colour("red", hidden);
    await edge.kill();
    await hidden.evaluate(() => tab.client.statusWhen(({ problem }) => problem?.code === "unreachable"));
    edge.set(BLUE);
    await edge.listen();
    await colour("blue", hidden);
    edge.update(GREEN);
    await colour("green", hidden);
  });

  test("sends at most two requests a second", async () => {
    expectPace(await sixFailures(hidden));
  });
});

import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { feature, SERVER_KEY } from "../client/scripted_edge.ts";
import { startBackgroundBrowser } from "./browser.ts";
import { BLUE, colourWithoutTimers as colour, Fixture, GREEN, leads } from "./fixture.ts";

const chromium = Fixture.register();

/** The seconds after which a session takes a stream without a byte for a dead one. */
const IDLE = 2;

let heartbeats: ReturnType<typeof setInterval>;
beforeEach(() => {
  heartbeats = setInterval(() => {
    for (const stream of chromium.edge.streams) stream.write(": heartbeat\n");
  }, 100);
});
afterEach(() => {
  clearInterval(heartbeats);
});

/** Waits until the page has the lock of the leader. */
async function waitForLock(page: Page): Promise<void> {
  while (!(await leads(page)));
}

test("a leader that is silent for the idle limit, because its page hangs, is replaced by exactly one follower", async () => {
  const { edge, context, page: leader } = chromium;
  const options = { limits: { idle: IDLE } };
  await chromium.start(options);
  await chromium.colour("red");
  await waitForLock(leader);
  const followers = [await chromium.open(), await chromium.open(), await chromium.open()];
  for (const [at, follower] of followers.entries()) {
    await chromium.start(options, SERVER_KEY, follower);
    await edge.until(() => edge.requests.length === at + 2);
    await edge.until(() => edge.streams.size === 1);
  }
  edge.update(BLUE);
  await Promise.all(followers.map((follower) => chromium.colour("blue", follower)));

  // Chromium does not freeze a visible page. A page whose program is paused handles no event either.
  const control = await context.newCDPSession(leader);
  const paused = new Promise((resolve) => control.once("Debugger.paused", resolve));
  await control.send("Debugger.enable");
  await control.send("Debugger.pause");
  await paused;
  edge.update(GREEN);
  // One follower has the lock and a stream of its own, from which all get the change. All looked for the leader at the same time.
  await Promise.all(followers.map((follower) => chromium.colour("green", follower)));
  await Promise.any(followers.map(waitForLock));
  expect([edge.requests.length, edge.streams.size]).toEqual([5, 2]);

  await control.send("Debugger.resume");
  await chromium.colour("green", leader);
  await edge.until(() => edge.streams.size === 1);
  for (const page of [leader, ...followers])
    expect(await page.evaluate(() => tab.client.status.connection)).toBe("streaming");
  expect(edge.requests).toHaveLength(5);
});

describe("a leader behind another tab that Chromium freezes", () => {
  const options = { limits: { idle: IDLE } };
  let context: BrowserContext;
  let leader: Page;
  let followers: Page[];
  let control: CDPSession;
  let end: () => Promise<void>;

  beforeEach(async () => {
    ({ context, end } = await startBackgroundBrowser());
  });
  afterEach(() => end());

  /** Opens four tabs, of which the first one leads and the last one is in front, and freezes the first. */
  async function freeze(): Promise<void> {
    const { edge, site } = chromium;
    const pages: Page[] = [];
    for (let requests = 1; requests <= 4; requests++) {
      const page = await context.newPage();
      await page.goto(site.url);
      await page.bringToFront();
      await chromium.start(options, SERVER_KEY, page);
      await page.evaluate(() => {
        tab.client.onStatus(({ problem }) => problem && tab.seen.push(problem));
      });
      await edge.until(() => edge.requests.length === requests);
      if (requests === 1) await waitForLock(page);
      else await edge.until(() => edge.streams.size === 1);
      pages.push(page);
    }
    [leader, ...followers] = pages as [Page, ...Page[]];
    edge.update(BLUE);
    await Promise.all(pages.map((page) => colour("blue", page)));
    await leader.evaluate(() => {
      tab["ticks"] = 0;
      setInterval(() => (tab["ticks"] as number)++, 10);
    });
    control = await context.newCDPSession(leader);
    await control.send("Page.setWebLifecycleState", { state: "frozen" });
    const ticks = await leader.evaluate(() => tab["ticks"]);
    edge.update(GREEN);
    await Promise.all(followers.map((page) => colour("green", page)));
    expect(await leader.evaluate(() => tab["ticks"])).toBe(ticks);
  }

  /** Lets the leader go on, and checks that one stream is left, on which all tabs are updated. */
  async function thaw(): Promise<void> {
    const { edge } = chromium;
    await control.send("Page.setWebLifecycleState", { state: "active" });
    const woken = performance.now();
    await edge.until(() => edge.streams.size === 1);
    expect(performance.now() - woken).toBeLessThan(2_000);
    await colour("green", leader);
    edge.update(feature("COLOUR", "black", 4));
    await Promise.all([leader, ...followers].map((page) => colour("black", page)));
    expect(edge.streams.size).toBe(1);
  }

  test("is replaced at once, without a problem", async () => {
    await freeze();
    const { edge } = chromium;
    expect([edge.requests.length, edge.streams.size]).toEqual([5, 1]);
    for (const page of followers) expect(await page.evaluate(() => tab.seen)).toEqual([]);
    await thaw();
  });

  test("is replaced by exactly one follower if it does not hear of that, and the status says so meanwhile", async () => {
    await context.addInitScript(() => {
      const stop = (event: Event): void => {
        event.stopImmediatePropagation();
      };
      addEventListener("freeze", stop, true);
    });
    await freeze();
    const { edge } = chromium;
    // The frozen page has ended its stream when a follower asked.
    await edge.until(() => edge.streams.size === 1);
    expect(edge.requests.length).toBe(5);
    for (const page of followers)
      expect(await page.evaluate(() => tab.seen)).toContainEqual({ code: "timed_out", stage: "silence" });
    await thaw();
    expect(edge.requests.length).toBe(5);
  });
});

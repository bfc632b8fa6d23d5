import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture, GREEN } from "./fixture.ts";

const chromium = Fixture.register();

/** Gives the page another visibility. Playwright keeps all pages visible. */
async function setVisibility(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

/** Opens a page whose clock stands still until the test moves it, with a client that streams. */
async function openWithClock(options: object): Promise<Page> {
  const page = await chromium.context.newPage();
  await page.clock.install();
  await page.goto(chromium.site.url);
  await chromium.start(options, SERVER_KEY, page);
  await chromium.colour("red", page);
  await page.clock.pauseAt(Date.now() + 5_000);
  expect(chromium.edge.streams.size).toBe(1);
  return page;
}

test("a page that is hidden for 30 s suspends, and gets the changes when it is shown again", async () => {
  const { edge } = chromium;
  const page = await openWithClock({ whenHidden: "pause" });
  const connection = (): Promise<string> => page.evaluate(() => tab.client.status.connection);
  const before = edge.requests.length;
  await setVisibility(page, "hidden");
  await page.clock.runFor(29_999);
  expect([await connection(), edge.streams.size]).toEqual(["streaming", 1]);
  await page.clock.runFor(1);
  expect(await connection()).toBe("suspended");
  await edge.until(() => edge.streams.size === 0);
  edge.set(BLUE);
  await page.clock.runFor(600_000);
  expect([await connection(), edge.requests.length]).toEqual(["suspended", before]);
  expect(await page.evaluate(() => tab.client.string("COLOUR"))).toBe("red");
  await page.clock.resume();
  await setVisibility(page, "visible");
  await chromium.colour("blue", page);
  expect(edge.requests).toHaveLength(before + 1);
  edge.update(GREEN);
  await chromium.colour("green", page);
});

test("a page that is shown again within 30 s keeps its stream", async () => {
  const { edge } = chromium;
  const page = await openWithClock({ whenHidden: "pause" });
  const before = edge.requests.length;
  await setVisibility(page, "hidden");
  await page.clock.runFor(20_000);
  await setVisibility(page, "visible");
  await page.clock.runFor(20_000);
  edge.update(BLUE);
  await chromium.colour("blue", page);
  expect([edge.streams.size, edge.requests.length]).toEqual([1, before]);
});

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { startBrowser } from "./browser.ts";
import { BLUE, Fixture } from "./fixture.ts";

/** A name that the browser resolves to this machine. Unlike `127.0.0.1`, its pages on plain http are no secure context. */
const HOST = "shop.example";

const chromium = Fixture.register(() => startBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]));

test("tabs on plain http have a stream each, and no error", async () => {
  const { edge, context, site } = chromium;
  site.answers.set("/favicon.ico", (response) => response.writeHead(204).end());
  const errors: string[] = [];
  const pages = [await context.newPage(), await context.newPage()];
  // The fixture's own page, which this test does not use, may report that the site has no icon.
  const isOurs = (page: Page | null): boolean => page !== null && pages.includes(page);
  context.on("console", (message) => isOurs(message.page()) && errors.push(message.text()));
  context.on("weberror", (error) => isOurs(error.page()) && errors.push(error.error().message));
  for (const page of pages) {
    await page.goto(site.url.replace("127.0.0.1", HOST));
    expect(await page.evaluate(() => [isSecureContext, "locks" in navigator])).toEqual([false, false]);
    await chromium.start({}, SERVER_KEY, page);
    await chromium.colour("red", page);
  }
  await edge.until(() => edge.streams.size === 2);
  edge.update(BLUE);
  for (const page of pages) await chromium.colour("blue", page);
  // A page that shares streams loads the code for it after its first list.
  expect(site.requested.filter((path) => path.startsWith("/tabs-"))).toEqual([]);
  expect([edge.streams.size, edge.requests.length, errors]).toEqual([2, 2, []]);
});

import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture, GREEN } from "./fixture.ts";

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
  await page.waitForFunction(async () => {
    // A page learns its own id from a lock of its own.
    const own = await navigator.locks.request(`own${Math.random()}`, async (lock) => {
      const { held = [] } = await navigator.locks.query();
      return held.find(({ name }) => name === lock?.name)?.clientId;
    });
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name, clientId }) => name?.startsWith("fh:stream:") && clientId === own);
  });
}

test("a leader that is silent for the idle limit, because its page hangs, is replaced by a follower", async () => {
  const { edge, context, page: leader } = chromium;
  const options = { limits: { idle: IDLE } };
  await chromium.start(options);
  await chromium.colour("red");
  await waitForLock(leader);
  const follower = await chromium.open();
  await chromium.start(options, SERVER_KEY, follower);
  await edge.until(() => edge.requests.length === 2);
  await edge.until(() => edge.streams.size === 1);
  edge.update(BLUE);
  await chromium.colour("blue", follower);

  // Chromium does not freeze a visible page. A page whose program is paused handles no event either.
  const control = await context.newCDPSession(leader);
  const paused = new Promise((resolve) => control.once("Debugger.paused", resolve));
  await control.send("Debugger.enable");
  await control.send("Debugger.pause");
  await paused;
  edge.update(GREEN);
  // The follower gets the change with the list of a stream of its own, and then has the lock.
  await edge.until(() => edge.requests.length === 3);
  await chromium.colour("green", follower);
  await waitForLock(follower);

  await control.send("Debugger.resume");
  await chromium.colour("green", leader);
  await edge.until(() => edge.streams.size === 1);
  expect(await follower.evaluate(() => tab.client.status.connection)).toBe("streaming");
});

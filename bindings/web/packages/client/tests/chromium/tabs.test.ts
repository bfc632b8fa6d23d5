import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture, GREEN, leads } from "./fixture.ts";

const chromium = Fixture.register();

/** The time in milliseconds in which another tab takes over from a leader that has ended. A silent leader is replaced after 3 s only. */
const TAKEOVER = 2_000;

/** Opens further pages until there are `count`, each with a client, and waits until one stream is left. */
async function open(count: number, options: object = {}): Promise<Page[]> {
  const { edge } = chromium;
  const pages = [chromium.page];
  while (pages.length < count) pages.push(await chromium.open());
  for (const page of pages) {
    const before = edge.requests.length;
    await chromium.start(options, SERVER_KEY, page);
    // A page reads the stored colour before its own request arrives.
    await edge.until(() => edge.requests.length > before);
    await chromium.colour("red", page);
  }
  await edge.until(() => edge.streams.size === 1);
  return pages;
}

/** Waits until all pages read this colour. */
async function colours(expected: string, pages: readonly Page[]): Promise<void> {
  await Promise.all(pages.map((page) => chromium.colour(expected, page)));
}

/** Returns the page whose client has the lock of the leader. */
async function leaderOf(pages: readonly Page[]): Promise<Page> {
  const found = await Promise.all(pages.map(leads));
  const leader = pages[found.indexOf(true)];
  if (!leader) throw new Error("no page is the leader");
  return leader;
}

describe("tabs on HTTP/1.1", () => {
  test("share one stream, and all seven load and are updated", async () => {
    const pages = await open(7);
    const { edge } = chromium;
    edge.update(BLUE);
    await colours("blue", pages);
    expect(edge.streams.size).toBe(1);
    expect(edge.requests).toHaveLength(7);
    expect(await pages[6]?.evaluate(() => tab.client.status.connection)).toBe("streaming");
  });

  test("have a stream each if the program wants it", async () => {
    const other = await chromium.open();
    for (const page of [chromium.page, other])
      await chromium.start({ shareAcrossTabs: false }, SERVER_KEY, page);
    await colours("red", [chromium.page, other]);
    await chromium.edge.until(() => chromium.edge.streams.size === 2);
    expect(await other.evaluate(async () => (await navigator.locks.query()).held)).toEqual([]);
  });

  test("with other contexts have streams of their own", async () => {
    const other = await chromium.open();
    await chromium.start({ context: { userkey: "mara" } });
    await chromium.start({ context: { userkey: "fred" } }, SERVER_KEY, other);
    await colours("red", [chromium.page, other]);
    await other.waitForFunction(
      async () => new Set((await navigator.locks.query()).held?.map(({ name }) => name)).size === 2,
    );
    expect(chromium.edge.streams.size).toBe(2);
  });

  test("hold updates back each for itself", async () => {
    const [first, second] = await open(2);
    await second?.evaluate(() => {
      tab.client.catchUpdates();
    });
    chromium.edge.update(BLUE);
    await chromium.colour("blue", first);
    await second?.waitForFunction(() => tab.client.isHolding);
    expect(await second?.evaluate(() => tab.client.string("COLOUR"))).toBe("red");
    await second?.evaluate(() => {
      tab.client.release();
    });
    await chromium.colour("blue", second);
  });
});

describe("a leader", () => {
  test.each<[string, (page: Page) => Promise<unknown>]>([
    ["is closed", (page) => page.close()],
    ["crashes", (page) => page.goto("chrome://crash").catch(() => undefined)],
    ["is left for another page", (page) => page.goto("about:blank")],
    [
      "closes its client",
      (page) =>
        page.evaluate(() => {
          tab.client.close();
        }),
    ],
  ])("that %s is replaced within 2 s, and no change is lost", async (_name, end) => {
    const { edge } = chromium;
    const pages = await open(3);
    const leader = await leaderOf(pages);
    const others = pages.filter((page) => page !== leader);
    const before = edge.requests.length;
    const [stream] = edge.streams;
    // No event tells of this change: only the list of the next stream has it.
    edge.set(BLUE);
    // The browser ends the leader's stream together with its page. A page that crashes takes Chromium some time before.
    const ended = edge.until(() => !edge.streams.has(stream!)).then(() => performance.now());
    await Promise.race([end(leader), edge.until(() => edge.requests.length > before)]);
    await edge.until(() => edge.requests.length > before);
    expect(edge.requests[before]!.at - (await ended)).toBeLessThan(TAKEOVER);
    await colours("blue", others);
    await edge.until(() => edge.streams.size === 1);
    edge.update(GREEN);
    await colours("green", others);
    expect(edge.requests).toHaveLength(before + 1);
  });

  test("that is frozen does not keep a new tab from values and updates", async () => {
    const { edge, context } = chromium;
    const [leader] = await open(1);
    await leader?.waitForFunction(async () => (await navigator.locks.query()).held?.length === 1);
    const control = await context.newCDPSession(leader!);
    await control.send("Page.setWebLifecycleState", { state: "frozen" });
    const other = await chromium.open();
    await chromium.start({}, SERVER_KEY, other);
    await chromium.colour("red", other);
    edge.update(BLUE);
    await chromium.colour("blue", other);
    await control.send("Page.setWebLifecycleState", { state: "active" });
    await edge.until(() => edge.streams.size === 1);
    edge.update(GREEN);
    await colours("green", [leader!, other]);
  });
});

test("two leaders at once do no harm, and one of them ends within 2 s", async () => {
  const { edge, context } = chromium;
  // No page learns that it has lost the lock.
  await context.addInitScript(() => {
    const locks = navigator.locks as unknown as { request: (...values: unknown[]) => Promise<unknown> };
    const request = locks.request.bind(locks);
    locks.request = (...values) => request(...values).catch(() => new Promise(() => undefined));
  });
  await chromium.page.reload();
  const pages = await open(3);
  const leader = await leaderOf(pages);
  const before = edge.requests.length;
  // The page gives the lock back at once, and the next page of the queue gets it while the leader still streams.
  await leader.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    const name = held.find(({ name }) => name?.startsWith("fh:stream:"))?.name ?? "";
    await navigator.locks.request(name, { steal: true }, () => undefined);
  });
  await edge.until(() => edge.requests.length > before);
  const began = performance.now();
  await edge.until(() => edge.streams.size === 1);
  expect(performance.now() - began).toBeLessThan(2_000);
  edge.update(BLUE);
  await colours("blue", pages);
  expect([edge.streams.size, edge.requests.length]).toEqual([1, before + 1]);
  expect(await leaderOf(pages)).not.toBe(leader);
});

test("an Edge that restarts has one stream again", async () => {
  const { edge } = chromium;
  const pages = await open(3);
  await edge.kill();
  await Promise.all(
    pages.map((page) => page.waitForFunction(() => tab.client.status.connection !== "streaming")),
  );
  edge.set(BLUE);
  await edge.listen();
  await colours("blue", pages);
  await edge.until(() => edge.streams.size === 1);
  edge.update(GREEN);
  await colours("green", pages);
});

test("tabs that were offline have one stream again as soon as the browser is online", async () => {
  const { edge, context } = chromium;
  // Delays so long that only the event of the browser can cause the next request within the time of a test.
  const pages = await open(2, { backoff: { initial: 300, cap: 300, jitter: 0 } });
  await context.setOffline(true);
  for (const stream of edge.streams) stream.destroy();
  await Promise.all(pages.map((page) => chromium.problem("unreachable", page)));
  await colours("red", pages);
  edge.set(BLUE);
  await context.setOffline(false);
  await colours("blue", pages);
  await edge.until(() => edge.streams.size === 1);
  edge.update(GREEN);
  await colours("green", pages);
});

test("tabs whose machine has slept replace their stream by one new stream", async () => {
  const { edge } = chromium;
  const pages = await open(2);
  const [stale] = edge.streams;
  // The Edge has sent this change while the machine slept.
  edge.set(BLUE);
  await Promise.all(
    pages.map((page) =>
      page.evaluate(() => {
        const clock = Date.now.bind(Date);
        // The wall clock advances by ten minutes while the monotonic clock stops.
        Date.now = () => clock() + 600_000;
        document.dispatchEvent(new Event("visibilitychange"));
      }),
    ),
  );
  await colours("blue", pages);
  await edge.until(() => !edge.streams.has(stale!) && edge.streams.size === 1);
  edge.update(GREEN);
  await colours("green", pages);
});

test("a page in the back/forward cache gives the lock back, and is up to date when it is shown again", async () => {
  const { edge } = chromium;
  const pages = await open(2);
  const leader = await leaderOf(pages);
  const [other] = pages.filter((page) => page !== leader);
  await leader.goto(`${chromium.site.url}/?another-page`);
  edge.update(BLUE);
  await chromium.colour("blue", other);
  // A restored page is not loaded again.
  await leader.goBack({ waitUntil: "commit" });
  await chromium.colour("blue", leader);
  const restored = await leader.evaluate(
    () =>
      (performance.getEntriesByType("navigation")[0] as { notRestoredReasons?: unknown }).notRestoredReasons,
  );
  expect(restored ?? null).toBeNull();
  expect(await leader.evaluate(() => tab.seen)).toEqual([]);
  await edge.until(() => edge.streams.size === 1);
  edge.update(GREEN);
  await colours("green", pages);
});

test("the seventh tab of a program whose tabs share no stream stalls", async () => {
  // A browser opens at most six connections to one host over HTTP/1.1.
  const { edge } = chromium;
  const pages = [chromium.page];
  while (pages.length < 7) pages.push(await chromium.open());
  for (const page of pages.slice(0, 6)) {
    const before = edge.requests.length;
    await chromium.start({ shareAcrossTabs: false }, SERVER_KEY, page);
    // A page reads the stored colour before its own request arrives, and the seventh tab could get its connection.
    await edge.until(() => edge.requests.length > before);
  }
  const options = {
    shareAcrossTabs: false,
    limits: { head: 1 },
    backoff: { initial: 300, cap: 300, jitter: 0 },
  };
  await chromium.start(options, SERVER_KEY, pages[6]);
  await chromium.problem("timed_out", pages[6]);
  expect([edge.streams.size, edge.requests.length]).toEqual([6, 6]);
});

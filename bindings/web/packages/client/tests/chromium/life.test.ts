import type { CDPSession } from "playwright-core";
import { describe, expect, test } from "vitest";

import type { Client } from "../../src/index.ts";
import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture } from "./fixture.ts";

const chromium = Fixture.register();

/** The clients that a page makes and closes. The first measurement comes after a part of them, because V8 compiles and caches grow before. */
const [FIRST, ALL] = [600, 1_000];
/** The clients that a page has at the same time. A browser opens at most six connections to one host over HTTP/1.1. */
const AT_ONCE = 5;
/** The share by which memory may grow after the first clients. */
const GROWTH = 1.05;

/** Makes clients that stream, reads from them, and closes them. The numbers are those from `from` on, below `to`. */
async function live(from: number, to: number, options: { shareAcrossTabs: boolean }): Promise<void> {
  await chromium.page.evaluate(
    async ([url, keys, from, to, atOnce, options]) => {
      const start = async (number: number): Promise<Client> => {
        const client = new fh.Client(url, keys[number % keys.length] ?? "", options);
        client.onChange("COLOUR", () => undefined);
        client.onStatus(() => undefined);
        await client.ready();
        // A client with a stored state reads it before its stream is open.
        await client.statusWhen(({ connection }) => connection === "streaming");
        const reads = client.keyKind === "client" ? client.context({ userkey: "mara" }) : client;
        if (reads.string("COLOUR") !== "red") throw new Error("no value");
        return client;
      };
      /** Waits until each client has the lock of its stream, or waits for it. */
      const shared = async (): Promise<void> => {
        for (let number = 0; number < atOnce;) {
          const { held = [], pending = [] } = await navigator.locks.query();
          number = held.length + pending.length;
        }
      };
      for (let made = from; made < to; made += atOnce) {
        const clients = await Promise.all(Array.from({ length: atOnce }, (_, index) => start(made + index)));
        // Some clients are closed while the code for shared streams and for the storage is loaded.
        if (options.shareAcrossTabs && made % (2 * atOnce) === 0) await shared();
        for (const client of clients) client.close();
        await Promise.all(clients.map((client) => client.closed()));
      }
    },
    [chromium.edge.url, [CLIENT_KEY, SERVER_KEY], from, to, AT_ONCE, options] as const,
  );
}

/**
 * Returns the bytes that the page uses after collections: the heap, and the memory of the engines. The objects of Chromium itself do not
 * count, because its developer tools keep some for each request, also of a page without clients.
 */
async function used(control: CDPSession): Promise<number> {
  let lowest = Infinity;
  for (let times = 0; times < 5; times++) {
    await control.send("HeapProfiler.collectGarbage");
    const usage = (await control.send("Runtime.getHeapUsage")) as unknown as Record<string, number>;
    const { usedSize = NaN, backingStorageSize = NaN } = usage;
    lowest = Math.min(lowest, usedSize + backingStorageSize);
  }
  return lowest;
}

/** Returns the number of the page's listeners of events that are left after a collection. */
async function listeners(control: CDPSession): Promise<number> {
  await control.send("HeapProfiler.collectGarbage");
  return (await control.send("Memory.getDOMCounters")).jsEventListeners;
}

describe("1,000 clients that a page made and closed", () => {
  test.each([
    ["with streams that tabs share", { shareAcrossTabs: true }],
    ["with a stream each, and without storage", { shareAcrossTabs: false, storage: null }],
  ])("%s leave no memory, no listener and no connection", { timeout: 240_000 }, async (_name, options) => {
    const { edge, context, page } = chromium;
    const control = await context.newCDPSession(page);
    await live(0, FIRST, options);
    const first = await used(control);
    const listening = await listeners(control);
    await live(FIRST, ALL, options);
    await edge.until(() => edge.streams.size === 0);
    const last = await used(control);
    expect(last).toBeLessThanOrEqual(first * GROWTH);
    expect(await listeners(control)).toBe(listening);
    const locks = await page.evaluate(() => navigator.locks.query());
    expect([locks.held, locks.pending]).toEqual([[], []]);
    // No closed client answers the events of its page.
    const before = edge.requests.length;
    await page.evaluate(() => dispatchEvent(new Event("online")));
    edge.set(BLUE);
    await chromium.start(options);
    await chromium.colour("blue");
    expect([edge.requests.length, edge.streams.size]).toEqual([before + 1, 1]);
  });
});

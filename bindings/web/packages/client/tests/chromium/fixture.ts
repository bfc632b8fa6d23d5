import type { Browser, BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

import { feature, SERVER_KEY } from "../client/scripted_edge.ts";
import { startBrowser } from "./browser.ts";
import { PageEdge } from "./edge.ts";
import { bundle, Site } from "./site.ts";

/** The states of one feature. */
export const [RED, BLUE, GREEN] = [
  feature("COLOUR", "red"),
  feature("COLOUR", "blue", 2),
  feature("COLOUR", "green", 3),
];

/**
 * A browser for all tests of a file, and for each test a new browser context, a site, an Edge with the feature `COLOUR`, and a page. Site and
 * Edge have different origins. A request that a page sends while it is closed reaches neither the site nor the Edge of the next test.
 */
export class Fixture {
  browser!: Browser;
  site!: Site;
  edge!: PageEdge;
  context!: BrowserContext;
  page!: Page;

  /** Registers the hooks that fill the fixture. Another function may start the browser. */
  static register(start: () => Promise<Browser> = startBrowser): Fixture {
    const fixture = new Fixture();
    let files: Map<string, string>;
    beforeAll(async () => {
      [fixture.browser, files] = await Promise.all([start(), bundle("page.ts")]);
    });
    afterAll(async () => {
      await fixture.browser.close();
    });
    beforeEach(async () => {
      [fixture.site, fixture.edge] = await Promise.all([Site.start(files), PageEdge.start(RED)]);
      fixture.context = await fixture.browser.newContext();
      fixture.page = await fixture.open();
    });
    afterEach(async () => {
      await fixture.context.close();
      await Promise.all([fixture.edge[Symbol.asyncDispose](), fixture.site[Symbol.asyncDispose]()]);
    });
    return fixture;
  }

  /** Opens another page of the site. */
  async open(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.site.url);
    return page;
  }

  /** Starts a client in a page, with short delays. The options must have a JSON form. */
  async start(
    options: object = {},
    key = SERVER_KEY,
    page: Page | Frame = this.page,
    url = this.edge.url,
  ): Promise<void> {
    await page.evaluate(
      ([url, key, options]) => {
        const backoff = { initial: 0.02, cap: 0.05, jitter: 0 };
        tab.client = new fh.Client(url, key, { backoff, ...options });
      },
      [url, key, options] as const,
    );
  }

  /** Waits until the client of a page reads this colour. */
  async colour(expected: string, page: Page | Frame = this.page): Promise<void> {
    await page.waitForFunction((expected) => tab.client.string("COLOUR", "none") === expected, expected);
  }

  /** Waits until the client of a page has a problem with this code, and returns its text. */
  async problem(code: string, page = this.page): Promise<string> {
    const found = await page.waitForFunction((code) => {
      const { problem } = tab.client.status;
      return problem?.code === code && { text: "text" in problem ? problem.text : "" };
    }, code);
    return ((await found.jsonValue()) as { text: string }).text;
  }
}

/** Returns true if the client of a page has the lock of the leader. */
export function leads(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    // A page learns its own id from a lock of its own.
    const own = await navigator.locks.request(`own${Math.random()}`, async (lock) => {
      const { held = [] } = await navigator.locks.query();
      return held.find(({ name }) => name === lock?.name)?.clientId;
    });
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name, clientId }) => name?.startsWith("fh:stream:") && clientId === own);
  });
}

/** Waits until the client of a page reads this colour, without frames and without timers, which hidden pages lack. */
export async function colourWithoutTimers(expected: string, page: Page): Promise<void> {
  await page.evaluate(
    (expected) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (tab.client.string("COLOUR") === expected) resolve();
        };
        tab.client.onGeneration(check);
        check();
      }),
    expected,
  );
}

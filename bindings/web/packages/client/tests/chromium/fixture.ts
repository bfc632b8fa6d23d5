import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

import { feature, SERVER_KEY } from "../client/scripted_edge.ts";
import { startBrowser } from "./browser.ts";
import { PageEdge } from "./edge.ts";
import { Site } from "./site.ts";

/** The states of one feature. */
export const [RED, BLUE, GREEN] = [
  feature("COLOUR", "red"),
  feature("COLOUR", "blue", 2),
  feature("COLOUR", "green", 3),
];

/**
 * A browser and a site for all tests of a file, and for each test a new browser context, an Edge with the feature `COLOUR`, and a page. Page,
 * site and Edge have different origins.
 */
export class Fixture {
  browser!: Browser;
  site!: Site;
  edge!: PageEdge;
  context!: BrowserContext;
  page!: Page;

  /** Registers the hooks that fill the fixture. */
  static register(): Fixture {
    const fixture = new Fixture();
    beforeAll(async () => {
      [fixture.browser, fixture.site] = await Promise.all([startBrowser(), Site.start()]);
    });
    afterAll(async () => {
      await fixture.browser.close();
      await fixture.site[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      fixture.edge = await PageEdge.start(RED);
      fixture.context = await fixture.browser.newContext();
      fixture.page = await fixture.open();
    });
    afterEach(async () => {
      await fixture.context.close();
      await fixture.edge[Symbol.asyncDispose]();
      fixture.site.answers.clear();
      fixture.site.requested.length = 0;
      fixture.site.pageHeaders = {};
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
  async start(options: object = {}, key = SERVER_KEY, page = this.page, url = this.edge.url): Promise<void> {
    await page.evaluate(
      ([url, key, options]) => {
        const backoff = { initial: 0.02, cap: 0.05, jitter: 0 };
        tab.client = new fh.Client(url, key, { backoff, ...options });
      },
      [url, key, options] as const,
    );
  }

  /** Waits until the client of a page reads this colour. */
  async colour(expected: string, page = this.page): Promise<void> {
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

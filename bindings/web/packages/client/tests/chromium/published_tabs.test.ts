import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture } from "./fixture.ts";
import { bundle } from "./site.ts";

const chromium = Fixture.register();

/** Waits until the published SDK reads this colour in all pages. */
async function colour(expected: string, pages: readonly Page[]): Promise<void> {
  const waits = pages.map((page) =>
    page.waitForFunction((expected) => publishedColour() === expected, expected),
  );
  await Promise.all(waits);
}

// `tabs.test.ts` shows that seven tabs of this client load and are updated.
test("the seventh tab of the published SDK gets no features before another tab is closed", async () => {
  const { edge, site } = chromium;
  for (const [path, text] of await bundle("published_stream.ts"))
    site.set(path.replace("published_stream", "page"), text);
  const pages: Page[] = [];
  for (let number = 1; number <= 7; number++) {
    const page = await chromium.open();
    pages.push(page);
    await page.evaluate(
      ([url, key]) => {
        openPublished(url, key);
      },
      [edge.url, SERVER_KEY] as const,
    );
    if (number <= 6) await colour("red", [page]);
  }
  const [first, seventh] = [pages[0], pages[6]];
  edge.update(BLUE);
  await colour("blue", pages.slice(0, 6));
  expect(await seventh?.evaluate(() => publishedColour() ?? "none")).toBe("none");
  expect([edge.streams.size, edge.requests.length]).toEqual([6, 6]);
  await first?.close();
  await colour("blue", [seventh!]);
  expect(edge.requests).toHaveLength(7);
});

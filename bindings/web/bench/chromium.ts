import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { startBrowser } from "../packages/client/tests/chromium/browser.ts";
import { Site } from "../packages/client/tests/chromium/site.ts";
import { forPages } from "./bundles.ts";
import { efforts } from "./efforts.ts";
import { inTurn, type Measured, subjects } from "./measure.ts";
import { pagePeers } from "./page_peers.ts";

/** With these headers a page has a clock that is precise to 5 µs. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Measures each subject in a page of Chromium with a process of its own. Returns its version and its figures. */
export async function inChromium(
  payloads: string,
  isQuick: boolean,
  say: (text: string) => void,
): Promise<Measured & { readonly version: string }> {
  const site = await Site.start(await forPages("page.ts"));
  site.pageHeaders = ISOLATED;
  for (const name of ["regex.json", "regex-featurehub.json", ...pagePeers.map(({ payload }) => payload)])
    site.set(`/payloads/${name}`, await readFile(join(payloads, name), "utf8"));
  const browser = await startBrowser();
  try {
    const measured = await inTurn(
      subjects(pagePeers),
      async (name) => {
        // Pages of different contexts share no process.
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(site.url);
        await page.waitForFunction(() => "prepareInPage" in globalThis && crossOriginIsolated);
        const prepared = await page.evaluate((given) => prepareInPage(...given), [name, isQuick] as const);
        return { ...prepared, round: () => page.evaluate(() => round()), close: () => context.close() };
      },
      efforts(isQuick).effort,
      say,
    );
    return { ...measured, version: `Chromium ${browser.version()}` };
  } finally {
    await browser.close();
    await site[Symbol.asyncDispose]();
  }
}

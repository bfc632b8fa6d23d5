import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "playwright-core";

import { CLIENT_KEY, describeServe, Served, SERVER_KEY, state } from "../client/serve.ts";
import { showOutputs } from "../featurehub/outputs.ts";
import { startBrowser } from "./browser.ts";
import { bundle, Site } from "./site.ts";

describeServe("a page with the names of the published SDK", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  /** Runs a program in a page with the script. Returns the lines that it prints, and the names of the entries that it stores. */
  async function runIn(
    script: string,
    name: "run" | "runTags" = "run",
  ): Promise<{ lines: string[]; entries: string[] }> {
    await using site = await Site.start(await bundle(script));
    await using served = await Served.start();
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.exposeFunction("setColour", (colour: string) => served.change(state(colour)));
    if (name === "runTags")
      site.set("/", `${tags(served.url)}<script type="module" src="/page.js"></script>`);
    await page.goto(site.url);
    const edge = { url: served.url, clientKey: CLIENT_KEY, serverKey: SERVER_KEY };
    const lines = await page.evaluate(({ edge, name }) => globalThis[name](edge), { edge, name });
    return { lines, entries: await page.evaluate(() => Object.keys(localStorage)) };
  }

  test("prints the same with the layer", async () => {
    const { lines: theirs } = await runIn("featurehub_published.ts");
    const { lines: ours, entries } = await runIn("featurehub_layer.ts");
    showOutputs("Chromium", theirs, ours);
    expect(ours).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(60);
    // The two API keys have entries. A repository that a program fills has none, so it cannot serve the features of another one.
    expect(new Set(entries.flatMap((name) => name.match(/^fh:.{64}(?=:)/) ?? [])).size).toBe(2);
  });

  test("prints the same with the layer if its meta tags make the configuration", async () => {
    const { lines: theirs } = await runIn("featurehub_published.ts", "runTags");
    const { lines: ours } = await runIn("featurehub_layer.ts", "runTags");
    expect(ours).toEqual(theirs);
    expect(theirs).toContain('values: "blue" "red"');
  });
});

/** Returns a page with the `meta` tags that 1.4.0 reads. */
function tags(url: string): string {
  const settings = { url, apiKey: CLIENT_KEY, interval: "100", userkey: "mara", country: "new_zealand" };
  const lines = Object.entries(settings).map(
    ([name, content]) => `<meta name="featurehub-${name}" content="${content}">`,
  );
  return `<!doctype html><title>test</title>${lines.join("")}`;
}

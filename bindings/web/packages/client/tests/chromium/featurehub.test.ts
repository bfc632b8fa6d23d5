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

  /** The names of the entries that the last program stored. */
  let entries: string[] = [];

  /** Runs a program in a page with the script, and returns the lines that it prints. */
  async function printed(script: string, name: "run" | "runTags" = "run"): Promise<string[]> {
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
    entries = await page.evaluate(() => Object.keys(localStorage));
    return lines;
  }

  test("prints the same with the layer", async () => {
    const theirs = await printed("featurehub_published.ts");
    const ours = await printed("featurehub_layer.ts");
    showOutputs("Chromium", theirs, ours);
    expect(ours).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(60);
    // Those of the two API keys. A repository that the program fills stores nothing, and reads nothing that another one stored.
    expect(
      new Set(entries.map((name) => name.slice(0, 67)).filter((name) => name !== "fh:entries")).size,
    ).toBe(2);
  });

  test("prints the same with the layer if its meta tags make the configuration", async () => {
    const theirs = await printed("featurehub_published.ts", "runTags");
    expect(await printed("featurehub_layer.ts", "runTags")).toEqual(theirs);
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

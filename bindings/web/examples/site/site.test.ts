import { createReadStream, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { dirname, extname, join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { startBrowser } from "../../packages/client/tests/chromium/browser.ts";

/** The folder that `cargo xtask docs` wrote. */
const SITE = process.env["FH_SITE"] ?? "";
const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

let server: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let address = "";
/** Requests to other hosts, which are refused, failed requests, and errors in the console. */
let problems: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = join(SITE, decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname));
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const isThere = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    response.writeHead(isThere ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "text/plain" });
    if (isThere) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${String((server.address() as { port: number }).port)}/`;
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  problems = [];
  context = await browser.newContext();
  await context.route(
    (url) => /^(https?|wss?):/.test(url.protocol) && !url.href.startsWith(address),
    (route) => {
      problems.push(`other host: ${route.request().url()}`);
      return route.abort();
    },
  );
  page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${String(response.status())}: ${response.url()}`);
  });
});

/** Writes a screenshot into the folder of the variable `FH_SCREENSHOTS`, if it is set. */
async function screenshot(name: string): Promise<void> {
  const to = process.env["FH_SCREENSHOTS"];
  if (to !== undefined) await page.screenshot({ path: join(to, `site-${name}.png`) });
}

test("pages of each folder load from their own host only", async () => {
  const files = await readdir(SITE, { recursive: true });
  const pages = files.filter((file) => file.endsWith(".html") && file !== "404.html").sort();
  const folders = new Map(pages.map((file) => [dirname(file), file]));
  // The page with a diagram of Mermaid, which stays text.
  const chosen = [...folders.values(), "docs/project/architecture.html"];
  expect(chosen.length).toBeGreaterThan(20);
  for (const file of chosen) await page.goto(address + file);
  await page.getByText("flowchart TB").waitFor();
  expect(problems).toEqual([]);
  await page.evaluate(() => fetch("https://elsewhere.example/").catch(() => undefined));
  expect(problems[0], "the refusal is seen").toBe("other host: https://elsewhere.example/");
});

test("the search finds a page, and the list at the side folds", async () => {
  await page.goto(address);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await screenshot("start");
  await page.keyboard.press("s");
  await page.getByRole("searchbox").fill("percentage");
  const result = page.locator("#mdbook-searchresults a, #searchresults a").first();
  await result.waitFor();
  await screenshot("search");
  await result.click();
  await page.locator("main mark").first().waitFor();
  expect(problems).toEqual([]);
});

test("the playground is a page, wide, in 320 pixels and in the dark", async () => {
  for (const [name, width, colorScheme] of [
    ["wide", 1280, "light"],
    ["320", 320, "light"],
    ["dark", 1280, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.goto(`${address}docs/guide/playground.html`);
    const playground = page.frameLocator("iframe");
    await playground.getByRole("cell", { name: "blue" }).waitFor();
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(content, name).toBeLessThanOrEqual(window);
    await page.locator("iframe").scrollIntoViewIfNeeded();
    await screenshot(`playground-${name}`);
  }
  expect(problems).toEqual([]);
});

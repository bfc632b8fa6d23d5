import { Client } from "fh-client";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { startBrowser } from "../../../client/tests/chromium/browser.ts";
import {
  CLIENT_KEY,
  type Exchange,
  feature,
  list,
  ScriptedEdge,
} from "../../../client/tests/client/scripted_edge.ts";
import { Site } from "./site.tsx";

const PRICE = '{"id":"PRICE","key":"PRICE","type":"NUMBER","version":1,"value":7.5}';
const [RED, BLUE] = [
  [feature("COLOUR", "red"), PRICE],
  [feature("COLOUR", "blue", 2), PRICE],
];

let browser: Browser;
let edge: ScriptedEdge;
let serversStream: Exchange;
let client: Client;
let site: Site;
let page: Page;
let messages: string[];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  edge = await ScriptedEdge.start();
  client = new Client(edge.url, CLIENT_KEY);
  serversStream = await edge.stream(...RED);
  await client.ready();
  site = await Site.start(client, { edge: edge.url, key: CLIENT_KEY });
  page = await browser.newPage();
  messages = [];
  page.on("console", (message) => {
    if (!message.text().includes("Download the React DevTools")) messages.push(message.text());
  });
  page.on("pageerror", (error) => messages.push(error.message));
});
afterEach(async () => {
  await page.close();
  client.close();
  await site[Symbol.asyncDispose]();
  await edge[Symbol.asyncDispose]();
});

/** Answers the request of the page's client. */
async function answerPage(features: readonly string[]): Promise<void> {
  const { response } = await edge.next();
  response.writeHead(200, { "content-type": "text/event-stream", "access-control-allow-origin": "*" });
  response.write(list(...features));
}

/** Waits until the page's client has features, and returns all texts that each element has had. */
async function textsWhenReady(): Promise<unknown> {
  await page.waitForFunction(() => globalThis.client?.isReady);
  // React has rendered what the client delivered: its work is in the task queue before this one.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  return page.evaluate(() => (globalThis as unknown as { readonly texts: unknown }).texts);
}

test("a streamed page is hydrated without a message, and without another text", async () => {
  await page.goto(site.url, { waitUntil: "commit" });
  await page.waitForFunction(() => document.getElementById("colour")?.textContent === "red true");
  expect(await page.textContent("#root")).toContain("loading");
  site.finish();
  await answerPage(RED);
  await page.waitForSelector("#price");
  expect(await textsWhenReady()).toEqual({ colour: ["red true"], price: ["7.5"] });
  expect(messages).toEqual([]);
});

test.each(["client", "provider"] as const)(
  "an engine that comes late changes no text, with the values given to the %s",
  async (hydrates) => {
    site.hydrates = hydrates;
    let send: () => void = () => undefined;
    site.engineAfter = new Promise<void>((resolve) => (send = resolve));
    await page.goto(site.url, { waitUntil: "commit" });
    await page.waitForSelector("#colour");
    site.finish();
    await answerPage(RED);
    await page.waitForFunction(() => globalThis.client?.status.connection === "streaming");
    expect(await page.evaluate(() => globalThis.client?.isReady)).toBe(false);
    send();
    expect(await textsWhenReady()).toEqual({ colour: ["red true"], price: ["7.5"] });
    expect(messages).toEqual([]);
  },
);

test("a value that changed meanwhile changes its text once, after the hydration", async () => {
  await page.goto(site.url, { waitUntil: "commit" });
  await page.waitForSelector("#colour");
  // The server renders the rest of the page with the values of its beginning.
  const changed = new Promise((resolve) => client.onChange("PRICE", resolve));
  const later = PRICE.replace("7.5", "8").replace('"version":1', '"version":2');
  serversStream.response.write(`event: feature\ndata: ${later}\n\n`);
  await changed;
  site.finish();
  await page.waitForSelector("#price");
  await answerPage([BLUE[0] ?? "", later]);
  expect(await textsWhenReady()).toEqual({ colour: ["red true", "blue true"], price: ["7.5", "8"] });
  expect(messages).toEqual([]);
});

import { describe, expect, test } from "vitest";

import { CLIENT_KEY, SERVER_KEY } from "../client/scripted_edge.ts";
import { BLUE, Fixture } from "./fixture.ts";
import { bundle } from "./site.ts";

const chromium = Fixture.register();

describe("a dedicated worker", () => {
  test.each([
    ["server-evaluated", SERVER_KEY],
    ["client-evaluated", CLIENT_KEY],
  ])("has a client with a %s key, which is updated", async (_kind, key) => {
    const { site, page, edge } = chromium;
    site.set(
      "/worker.js",
      `
      import "/page.js";
      const client = new fh.Client(${JSON.stringify(edge.url)}, ${JSON.stringify(key)});
      await client.ready();
      postMessage(client.string("COLOUR"));
      client.onChange("COLOUR", (change) => postMessage(change.new));
    `,
    );
    await page.evaluate(() => {
      tab["worker"] = Object.assign(new Worker("/worker.js", { type: "module" }), {
        onmessage: (event: MessageEvent) => tab.seen.push(event.data),
      });
    });
    await page.waitForFunction(() => tab.seen[0] === "red");
    edge.update(BLUE);
    await page.waitForFunction(() => tab.seen[1] === "blue");
  });
});

describe("a service worker", () => {
  /** Registers the script as the page's service worker, and waits until it controls the page. */
  async function register(script: string): Promise<void> {
    const { site, page } = chromium;
    const takeOver =
      'addEventListener("install", () => skipWaiting()); addEventListener("activate", (event) => event.waitUntil(clients.claim()));';
    site.set("/service.js", takeOver + script);
    await page.evaluate(async () => {
      navigator.serviceWorker.addEventListener("message", ({ data }) => tab.seen.push(data));
      await navigator.serviceWorker.register("/service.js", { type: "module" });
      const { serviceWorker } = navigator;
      if (!serviceWorker.controller)
        await new Promise((resolve) => {
          serviceWorker.addEventListener("controllerchange", resolve, { once: true });
        });
    });
  }

  test.each([
    ["server-evaluated", SERVER_KEY],
    ["client-evaluated", CLIENT_KEY],
  ])("has a client with a %s key, if the program is one file", async (_kind, key) => {
    const { edge, site, page } = chromium;
    // Service workers forbid dynamic imports, so that their bundle must not be split.
    const [[, text] = ["", ""]] = await bundle("page.ts", "whole", false);
    site.set("/whole.js", text);
    await register(`
      import "/whole.js";
      const client = new fh.Client(${JSON.stringify(edge.url)}, ${JSON.stringify(key)});
      const tell = async (value) => { for (const page of await clients.matchAll()) page.postMessage(value); };
      addEventListener("message", async () => {
        await client.ready();
        tell(client.string("COLOUR"));
        client.onChange("COLOUR", (change) => tell(change.new));
      });
    `);
    await page.evaluate(() => navigator.serviceWorker.controller?.postMessage("begin"));
    await page.waitForFunction(() => tab.seen[0] === "red");
    edge.update(BLUE);
    await page.waitForFunction(() => tab.seen[1] === "blue");
  });

  test("between page and Edge passes streams on", async () => {
    const { edge, page } = chromium;
    await register('addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));');
    await chromium.start();
    await chromium.colour("red");
    edge.update(BLUE);
    await chromium.colour("blue");
    expect(edge.requests).toHaveLength(1);
    await page.evaluate(() => {
      tab.client.close();
    });
    await edge.until(() => edge.streams.size === 0);
  });
});

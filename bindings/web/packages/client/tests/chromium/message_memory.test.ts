import { describe, expect, test } from "vitest";

import { CLIENT_KEY } from "../client/scripted_edge.ts";
import { LONG_LISTS } from "../client/message_memory/long_lists.ts";
import { watchMemory } from "../client/message_memory/watch.ts";
import { startBrowser } from "./browser.ts";
import { Fixture } from "./fixture.ts";

const chromium = Fixture.register(() =>
  startBrowser(["--enable-precise-memory-info", "--js-flags=--expose-gc"]),
);

/** A list of as many bytes, which is refused. */
const DENSE = `[${Array<string>(4_000_000).fill("1").join(",")}]`;

describe("in a page", () => {
  test.each([...Object.entries(LONG_LISTS), ["a dense list", () => DENSE] as const])(
    "%s takes at most 8 times its size and 32 MB, with the memory of the engine",
    async (name, list) => {
      const { context, edge } = chromium;
      await context.addInitScript(watchMemory);
      const page = await chromium.open();
      // The engine is loaded before the memory is counted.
      await chromium.start({}, CLIENT_KEY, page);
      await chromium.colour("red", page);
      const message = list();
      const isDense = message === DENSE;
      edge.answer = (response) => {
        edge.answer = undefined;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`event: features\ndata: ${message}\n\n`);
      };
      await page.evaluate(() => {
        tab.client.close();
        watch.begin();
      });
      await chromium.start({}, CLIENT_KEY, page);
      if (isDense) await page.waitForFunction(() => tab.client.status.problem?.code === "too_large");
      // A client is ready with its stored features, before the message has come.
      else await page.waitForFunction(() => tab.client.status.source?.kind === "streaming");
      const { peak, features } = await page.evaluate(() => ({
        ...watch.end(),
        features: tab.client.status.features,
      }));
      // After the dense list, the client connects again, and the Edge sends one feature.
      if (!isDense) expect(features).toBe(name.startsWith("100,000 ") ? 100_000 : 1);
      expect(peak / 1e6).toBeGreaterThan(isDense ? 0 : message.length / 1e6);
      expect(peak / 1e6).toBeLessThan((message.length * 8) / 1e6 + 32);
    },
  );
});
